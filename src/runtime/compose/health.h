#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "component/instance.h"
#include "runtime/compose/file.h"

namespace keelson::compose {

/// Files of a health check, under /keelson/probe: whom to trust ("services.crt"), and the password it signs in with.
std::string probe_trust(TrustDomain domain);
inline constexpr std::string_view kProbePassword = "password";

/// A probe as a health check: `keelson probe` asks in the engine's own protocol, once, and exits with 0 or 1 (cli/verb_member.cpp).
/// Where a client certificate is asked for, the instance's own is shown: its container holds that anyway, and one more would be one more to
/// lose. ErrorCode::not_supported for probes that nobody can ask from inside a container.
Result<Healthcheck> healthcheck_of(const Instance& instance);

}  // namespace keelson::compose
