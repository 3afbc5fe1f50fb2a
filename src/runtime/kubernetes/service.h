#pragma once
#include <optional>

#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

struct ServicePort {
  std::string name;  ///< a DNS label of 15 characters at most
  int port = 0;
  int target = 0;    ///< of the pod; 0 = the same
  Protocol protocol = Protocol::tcp;
};

/// Service::address of one that has none: its name is the addresses of its pods.
inline constexpr const char* kHeadless = "None";

enum class NotReady { left_out, published };

/// How a Service is reached from outside the cluster, as type LoadBalancer.
struct Outside {
  std::string address = {};             ///< wished for: "192.0.2.7"; "" = whichever there is
  std::vector<std::string> from = {};   ///< whose connections are taken: "192.0.2.0/24"
};

/// A name and an address inside the cluster, and with `outside` one more.
struct Service {
  static constexpr ApiType kType{"v1", "Service", "services"};
  Meta meta;
  Labels pods;  ///< which it leads to; empty = whatever an Endpoints object of its name says
  std::vector<ServicePort> ports;
  std::string address = {};  ///< "" = the cluster gives one; kHeadless; or one of the cluster's service range
  NotReady not_ready = NotReady::left_out;
  std::optional<Outside> outside = {};
};

Json json(const Service& service);

}  // namespace keelson::kubernetes
