#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "component/instance.h"
#include "runtime/compose/file.h"

namespace keelson::compose {

/// Files of a health check, under /keelson/probe: whom to trust, and the password it signs in with.
inline constexpr std::string_view kProbeTrust = "services.crt";
inline constexpr std::string_view kProbePassword = "password";

/// A probe as a health check: `keelson probe` asks in the engine's own protocol, once, and exits with 0 or 1 (cli/verb_member.cpp).
/// ErrorCode::not_supported for probes that nobody can ask from inside a container yet.
Result<Healthcheck> healthcheck_of(const Probe& probe);

}  // namespace keelson::compose
