#pragma once
#include <gtest/gtest.h>

#include <string>

#include "blueprint/blueprint.h"
#include "components/catalog.h"
#include "model/resolve.h"
#include "runtime/blueprints_for_tests.h"
#include "runtime/compose/folder.h"
#include "runtime/compose/network.h"
#include "runtime/container_layout.h"

namespace keelson::compose {

using blueprints_for_tests::kPostgresql;
using blueprints_for_tests::kPublishing;
using blueprints_for_tests::kRedis;
using blueprints_for_tests::kShop;

/// A foundation placed as `keelson render` places it. For tests of this room.
struct TestFoundation {
  Ipv4Range block = *parse_ipv4_network(default_block("demo"));
  Book book = {};
  Foundation foundation = {};

  explicit TestFoundation(const std::string& blueprint_text, Book known = {}) : book(std::move(known)) {
    const auto blueprint = load_blueprint({{"test", blueprint_text}}, "", catalog());
    if (!blueprint) { ADD_FAILURE() << describe(blueprint.error().front()); return; }
    const ContainerLayout layout;
    AddressBook unused;
    auto made = resolve({*blueprint, catalog(), layout, {}, {}, [&](Foundation& shapes) { number(shapes, book); return give_addresses(shapes, book, block); }}, unused);
    if (!made) { ADD_FAILURE() << describe(made.error().front()); return; }
    foundation = std::move(*made);
  }

  ContainerUsers users() const {
    ContainerUsers out;
    for (const auto& [component, one] : book.users) out.by_component[component] = ContainerUsers::kFirst + one;
    return out;
  }
  Checked<Folder> folder() const {
    const auto networks = networks_of(foundation, book, block);
    const ContainerUsers as = users();
    return folder_of({foundation, networks, as});
  }
};

}  // namespace keelson::compose
