#include "runtime/kubernetes/snapshot.h"

#include "system/monotonic.h"

namespace keelson::kubernetes {
namespace {

std::vector<std::string> resources() {
  std::vector<std::string> out{std::string(Namespace::kType.resource), "pods", std::string(VolumeClaim::kType.resource)};
  for (const ApiType& type : kNamespacedTypes) out.emplace_back(type.resource);
  return out;
}

}  // namespace

Result<Seen> Snapshot::look(int age_ms, std::int64_t since_ms) {
  const std::lock_guard guard(mutex_);
  if (looked_ms_ > 0 && monotonic_ms() - looked_ms_ <= age_ms && began_ms_ >= since_ms) return seen_;
  began_ms_ = monotonic_ms();
  KEELSON_TRY(seen_, kubectl_.get(resources(), space_, labels_));
  // Namespaces are in none: those of other foundations of this name come along.
  std::erase_if(seen_.objects, [&](const Json& object) { return object["kind"].as_string() == Namespace::kType.kind && object["metadata"]["name"].as_string() != space_; });
  looked_ms_ = monotonic_ms();
  return seen_;
}

}  // namespace keelson::kubernetes
