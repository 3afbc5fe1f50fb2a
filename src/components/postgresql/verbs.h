#pragma once
#include <map>
#include <string>
#include <vector>

#include "component/kind.h"

/// The verbs of kind `postgresql`, a file each. Contracts: component/kind.h.
namespace keelson::postgresql {

inline constexpr int kPort = 5432;
inline constexpr int kRestPort = 8008;  ///< Patroni

Result<Shape> shape(const ShapeInput& input);
Result<void> render(const RenderInput& input, Member& member);
Result<Development> develop(const DevelopmentInput& input);
Errors preflight(Files&, const Component&, const Member&);
Result<std::vector<LiveSetting>> observe_live(World&, const Foundation&, const Component&, const Member&);
Result<void> set_live(World&, const Foundation&, const Component&, const Member&, const LiveSetting&);
Result<std::vector<Provision>> observe_provision(World&, const Foundation&, const Component&);
Result<void> provision(World&, const Foundation&, const Component&);
Result<std::map<std::string, std::string>> roles(World&, const Foundation&, const Component&);
Result<void> reload(World&, const Foundation&, const Component&, const Member&, const std::string& instance);

}  // namespace keelson::postgresql
