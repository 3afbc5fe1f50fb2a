#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "component/instance.h"

namespace keelson {

/// Files of a health check, under /keelson/probe: whom to trust ("services.crt"), and the password it signs in with.
std::string probe_trust(TrustDomain domain);
inline constexpr std::string_view kProbePassword = "password";

/// A probe as a command inside the instance's container: `keelson probe` asks in the engine's own protocol, once, and exits with 0 or 1
/// (cli/verb_member.cpp). Where a client certificate is asked for, the instance's own is shown: its container holds that anyway, and one more
/// would be one more to lose. ErrorCode::not_supported for probes that nobody can ask from inside a container.
Result<std::vector<std::string>> probe_command(const Instance& instance);

}  // namespace keelson
