#pragma once
#include "component/kind.h"

namespace keelson {

/// etcd 3.4: the consensus store in which Patroni keeps the leader key. Only ever a companion (named `etcd`, shared by every
/// PostgreSQL component of a foundation). Nobody without a certificate of the control domain can talk to it.
extern const Kind kEtcd;

}  // namespace keelson
