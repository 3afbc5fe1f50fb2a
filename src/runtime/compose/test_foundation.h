#pragma once
#include <gtest/gtest.h>

#include <string>

#include "blueprint/blueprint.h"
#include "components/catalog.h"
#include "model/resolve.h"
#include "runtime/compose/folder.h"
#include "runtime/compose/network.h"
#include "runtime/container_layout.h"

namespace keelson::compose {

inline constexpr const char* kRedis = "foundation: demo\ncomponents:\n  redis: { members: 3, memory: 64Mi, storage: 1Gi }\n";

inline constexpr const char* kPostgresql =
    "foundation: demo\ncomponents:\n  postgresql: { members: 3, memory: 512Mi, storage: 1Gi, databases: [{ name: shop, owner: shop_app }] }\n";

/// A program of one's own, with an image of one's own, beside an engine; and a worker that listens nowhere and keeps nothing.
inline constexpr const char* kShop = R"(foundation: demo
images: { orders: "shop/orders:1.4", worker: "registry.example.org/shop/worker@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
components:
  redis: { members: 1, memory: 64Mi, storage: 1Gi }
  orders:
    kind: custom
    command: [/usr/bin/python3, /opt/shop/shop.py, "--at={address}:{port}"]
    members: 2
    ports: [{ name: https, port: 8443 }]
    ready: { protocol: https, path: /ready }
    uses: [redis-master]
    secrets: [{ name: redis/app, file: password }, { name: orders/token, file: token }]
    environment: { SHOP: open }
    memory: 128Mi
    storage: 2Gi
  worker: { kind: custom, command: [/usr/bin/worker], uses: [orders], memory: 64Mi, storage: 0 }
)";

/// Published to this machine, to a network, and beside it to everybody.
inline constexpr const char* kPublishing = R"(foundation: demo
components:
  redis: { members: 3, memory: 64Mi, storage: 1Gi }
publish:
  - { endpoint: redis-master, at: "127.0.0.1:6379" }
  - { endpoint: redis-master, at: "0.0.0.0:6380", from: [192.0.2.0/24, 127.0.0.1] }
  - { endpoint: redis-replica, at: "192.0.2.7:6379", from: [0.0.0.0/0, 198.51.100.7] }
)";

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
