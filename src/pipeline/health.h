#pragma once
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/foundation.h"
#include "runtime/runtime.h"

namespace keelson {

/// How a foundation, a component, a member or an endpoint is. The words are the JSON contract.
enum class Health { healthy, degraded, down, starting, stopped, failed, paused, unknown };
std::string_view name(Health state);

/// Pure. `keelson.status/v1` without schema and observed_at: {foundation, state, components:[{name, kind, state,
/// members:[{name, role, state, address, pids}]}], endpoints:[{name, address, port, state}]}.
///
/// A member is as its worst instance. A component is healthy only when all its members are; degraded while at least one
/// is; otherwise as its members are. An endpoint is healthy when one of its component's members that fits it is ready and,
/// where a balancer serves it (a companion `haproxy`), that balancer is too.
/// An instance the runtime does not mention is stopped.
Json status_json(const Foundation& foundation, const std::vector<InstanceStatus>& instances);

/// The same shape when no supervisor answers: every state is unknown, because processes outlive their supervisor.
Json unknown_status_json(const Foundation& foundation);

/// True when the foundation's state in a status document is healthy.
bool is_healthy(const Json& status);

}  // namespace keelson
