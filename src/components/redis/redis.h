#pragma once
#include "component/kind.h"

namespace keelson {

/// Redis: one master and its replicas, watched by Sentinel when there are three or more.
extern const Kind kRedis;
/// The Sentinels of one Redis component; only ever its companion.
extern const Kind kRedisSentinel;

}  // namespace keelson
