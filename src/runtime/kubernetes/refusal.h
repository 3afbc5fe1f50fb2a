#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "system/commands.h"

namespace keelson::kubernetes {

/// Why kubectl did not do what was asked, one error for each object it names, each with what to do next. `what` is said where kubectl's own words fit
/// nothing known. Never empty. Pure. Read from what kubectl 1.32 and 1.34 say against an API server 1.34.
///
///   no server, certificate not valid, not logged in, not allowed    ErrorCode::preflight_refused
///   another manager's field, quota, namespace that is going away …  ErrorCode::failed
Errors refusals(const CommandOutput& output, const std::string& what);

/// What the API server remarks without refusing: "would violate PodSecurity …".
std::vector<std::string> warnings(std::string_view said);

}  // namespace keelson::kubernetes
