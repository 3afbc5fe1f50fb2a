#pragma once
#include "component/kind.h"

namespace keelson {

/// PostgreSQL 15 under Patroni 3.0 on etcd: one primary, the others replicas, synchronous by default. See README.md.
extern const Kind kPostgresql;

}  // namespace keelson
