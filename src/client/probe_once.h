#pragma once
#include <string>

#include "base/result.h"
#include "component/instance.h"
#include "protocol/tls_client.h"

namespace keelson::clients {

/// A probe asked once, by somebody who stands beside the instance with files instead of a secret store: a container's health check.
struct ProbeOnce {
  Probe probe;               ///< tcp or redis; `secret` is not used
  std::string trust_file = {};     ///< PEM; needed for redis
  std::string password_file = {};  ///< its bytes are the password
};

/// Ready, or why not; judged exactly as the native agent judges. Blocks at most until the deadline.
Result<void> ask_once(const ProbeOnce& ask, Deadline deadline);

}  // namespace keelson::clients
