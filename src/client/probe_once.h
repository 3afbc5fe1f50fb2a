#pragma once
#include <string>

#include "base/result.h"
#include "component/instance.h"
#include "protocol/tls_client.h"

namespace keelson::clients {

/// A probe asked once, by somebody who stands beside the instance with files instead of a secret store: a container's health check.
struct ProbeOnce {
  Probe probe;                        ///< `tls`, `trust`, `client_certificate` and `secret` are not used: files are named instead
  std::string trust_file = {};        ///< PEM; needed for redis; http goes over TLS when it is given
  std::string password_file = {};     ///< redis: its bytes are the password
  std::string certificate_file = {};  ///< http: client certificate and key, PEM; "" = none
  std::string key_file = {};
};

/// Ready, or why not; judged exactly as the native agent judges. Blocks at most until the deadline.
Result<void> ask_once(const ProbeOnce& ask, Deadline deadline);

}  // namespace keelson::clients
