#include "components/catalog.h"

#include "components/custom/custom.h"
#include "components/etcd/etcd.h"
#include "components/haproxy/haproxy.h"
#include "components/pgbouncer/pgbouncer.h"
#include "components/postgresql/postgresql.h"
#include "components/redis/redis.h"

namespace keelson {

Catalog catalog() {
  static constexpr const Kind* kKinds[] = {&kPostgresql, &kRedis, &kCustom, &kEtcd, &kPgbouncer, &kHaproxy, &kRedisSentinel};
  return kKinds;
}

}  // namespace keelson
