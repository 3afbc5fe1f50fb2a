#include "runtime/kubernetes/namespace.h"

namespace keelson::kubernetes {
namespace {

std::string level(PodSecurity security) {
  switch (security) {
    case PodSecurity::privileged: return "privileged";
    case PodSecurity::baseline: return "baseline";
    case PodSecurity::restricted: return "restricted";
  }
  return {};
}

}  // namespace

Json json(const Namespace& name_space) {
  Meta meta = name_space.meta;
  for (const char* what : {"enforce", "warn"}) meta.labels[std::string("pod-security.kubernetes.io/") + what] = level(name_space.pods);
  return head(Namespace::kType, meta);
}

}  // namespace keelson::kubernetes
