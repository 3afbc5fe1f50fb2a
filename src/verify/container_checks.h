#pragma once
#include "verify/verify.h"

/// What natively is asked of this machine's kernel, asked inside containers instead (container_look.h).
namespace keelson::checks {

Result<Finding> container_connections(CheckContext& context);  ///< NE-1
Result<Finding> container_rights(CheckContext& context);       ///< AC-1
/// What holds of all that could be looked into holds of all only when that was everybody.
Finding held(const Foundation& foundation, std::string evidence);
/// Sockets that listen in containers and that the inventory does not know: "redis-1 10.77.160.2:7000".
Result<std::vector<std::string>> unknown_container_listeners(CheckContext& context);

}  // namespace keelson::checks
