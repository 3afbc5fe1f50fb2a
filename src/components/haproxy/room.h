#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "component/kind.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson::haproxy {

inline constexpr std::string_view kArtifact = "haproxy";
inline constexpr std::string_view kProgram = "usr/sbin/haproxy";
inline constexpr std::string_view kPidFile = "haproxy.pid";      ///< under Place::run; the master process
inline constexpr std::string_view kStateFile = "servers.state";  ///< under Place::run; what checks knew at the last reload

/// The endpoints that a balancer serves: those of its owner and of the owner's other companions, in the foundation's order.
std::vector<const Endpoint*> served(const Foundation& foundation, const Component& balancer);

Result<Shape> shape(const ShapeInput& input);
Result<void> render(const RenderInput& input, Member& member);
/// The provision verb: blocks until every endpoint has a server that fits.
Result<void> wait_for_servers(World&, const Foundation&, const Component& component);
Result<void> reload(World&, const Foundation&, const Component&, const Member&, const std::string& instance);

}  // namespace keelson::haproxy
