#pragma once
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// The levels of Pod Security Standards.
enum class PodSecurity { privileged, baseline, restricted };

/// A namespace in which the API server refuses pods that ask for more than `pods` allows, and warns of workloads whose pods it would refuse.
struct Namespace {
  static constexpr ApiType kType{"v1", "Namespace", "namespaces"};
  Meta meta;
  PodSecurity pods = PodSecurity::restricted;
};

Json json(const Namespace& name_space);

}  // namespace keelson::kubernetes
