#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "runtime/kubernetes/probe.h"
#include "runtime/kubernetes/volume.h"

namespace keelson::kubernetes {

enum class PullPolicy { always, if_not_present, never };

/// A fact of the pod itself, by the downward API: "metadata.name", "status.podIP".
struct FieldRef {
  std::string path;
};

/// Never a secret: whoever may look at the pod reads it.
struct Variable {
  std::string name;
  std::variant<std::string, FieldRef> value;
};

struct ContainerPort {
  std::string name;  ///< a DNS label of 15 characters at most
  int port = 0;
  Protocol protocol = Protocol::tcp;
};

struct Quantities {
  int cpu_millis = 0;       ///< 1000 = one core; 0 = nothing said
  std::int64_t memory = 0;  ///< bytes; 0 = nothing said
};

enum class Root { read_only, writable };

/// A container as Pod Security `restricted` allows it: no capability, no way to more rights.
struct Container {
  std::string name;
  std::string image;
  PullPolicy pull = PullPolicy::if_not_present;
  std::vector<std::string> command = {};  ///< program and arguments, instead of what the image says; literal: no `$(NAME)` is replaced
  std::vector<Variable> environment = {};
  std::vector<ContainerPort> ports = {};
  Quantities requests = {};
  Quantities limits = {};
  Root root = Root::read_only;
  std::optional<Probe> startup = {};    ///< until it says yes, the others are not asked
  std::optional<Probe> readiness = {};
  std::optional<Probe> liveness = {};
  std::vector<std::string> before_stop = {};  ///< runs to its end before the signal; its time counts as the pod's time to stop
  std::vector<VolumeMount> mounts = {};
};

Json json(const Container& container);

}  // namespace keelson::kubernetes
