#pragma once
#include <variant>

#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// Runs a program in the container; 0 is good. Words are literal, as in Container::command.
struct ExecCheck {
  std::vector<std::string> command;
};

/// Connects to a port of the pod.
struct TcpCheck {
  int port = 0;
};

/// GET; 200 to 399 is good. HTTPS is not verified.
struct HttpCheck {
  std::string path;
  int port = 0;
  enum class Scheme { http, https } scheme = Scheme::http;
};

/// A question that the kubelet asks a container again and again.
struct Probe {
  std::variant<ExecCheck, TcpCheck, HttpCheck> check;
  int period_s = 10;
  int timeout_s = 1;
  int failures = 3;       ///< this many in a row are a no
  int successes = 1;      ///< this many in a row are a yes; only readiness may have more than one
  int initial_delay_s = 0;
};

Json json(const Probe& probe);

}  // namespace keelson::kubernetes
