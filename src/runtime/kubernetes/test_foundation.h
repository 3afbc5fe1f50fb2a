#pragma once
#include <gtest/gtest.h>

#include "blueprint/blueprint.h"
#include "components/catalog.h"
#include "model/resolve.h"
#include "runtime/blueprints_for_tests.h"
#include "runtime/kubernetes/manifests.h"

namespace keelson::kubernetes {

using blueprints_for_tests::kPostgresql;
using blueprints_for_tests::kPublishing;
using blueprints_for_tests::kRedis;
using blueprints_for_tests::kShop;

/// A foundation placed as `keelson up --runtime kubernetes` places it. For tests of this room.
struct TestFoundation {
  Cluster cluster{.space = "demo"};
  Foundation foundation = {};

  explicit TestFoundation(const std::string& blueprint_text) {
    const auto blueprint = load_blueprint({{"test", blueprint_text}}, "", catalog());
    if (!blueprint) { ADD_FAILURE() << describe(blueprint.error().front()); return; }
    const PodLayout layout("demo", cluster);
    AddressBook unused;
    auto made = resolve({*blueprint, catalog(), layout, {}, {}, [&](Foundation& shapes) { return give_names(shapes, cluster); }}, unused);
    if (!made) { ADD_FAILURE() << describe(made.error().front()); return; }
    foundation = std::move(*made);
  }

  Result<Manifests> manifests(const std::string& owner = {}) const {
    return manifests_of({foundation, cluster, [](const std::string& path) -> Result<std::string> { return "contents of " + path + "\n"; }, owner});
  }
};

}  // namespace keelson::kubernetes
