#pragma once

/// What tests of both container runtimes place.
namespace keelson::blueprints_for_tests {

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

}  // namespace keelson::blueprints_for_tests
