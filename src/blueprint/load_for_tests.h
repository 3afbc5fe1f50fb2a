#pragma once
#include <gtest/gtest.h>

#include "blueprint/blueprint.h"
#include "blueprint/catalog_for_tests.h"

namespace keelson::load_for_tests {

/// One file, b.yaml, with the kinds of catalog_for_tests.h.
inline Checked<Blueprint> load(std::string text, std::string_view profile = "") {
  return load_blueprint({{"b.yaml", std::move(text)}}, profile, catalog_for_tests::kCatalog);
}

/// All of them, a line each.
inline std::string told(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += describe(error) + "\n";
  return text;
}

/// What must load; the test fails with what was told otherwise.
inline Blueprint good(std::string text, std::string_view profile = "") {
  auto blueprint = load(std::move(text), profile);
  EXPECT_TRUE(blueprint) << told(blueprint ? Errors{} : blueprint.error());
  return blueprint ? *blueprint : Blueprint{};
}

/// Settings of the first component.
inline const Settings& store(const Blueprint& blueprint) { return blueprint.components.at(0).settings; }

}  // namespace keelson::load_for_tests
