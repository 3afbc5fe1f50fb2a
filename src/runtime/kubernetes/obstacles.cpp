#include "runtime/kubernetes/obstacles.h"

#include "runtime/kubernetes/refusal.h"
#include "runtime/kubernetes/seen.h"

namespace keelson::kubernetes {

/// Conditions as the namespace controller writes them (pkg/controller/namespace/deletion): "Some resources are remaining: configmaps. has 1 resource instances".
std::optional<Error> going_away(const Json& space) {
  if (!space["metadata"].has("deletionTimestamp")) return {};
  const std::string& name = space["metadata"]["name"].as_string();
  std::string why = "somebody deleted it";
  for (const Json& condition : space["status"]["conditions"].items())
    if (condition["status"].as_string() == "True") why += "; " + condition["message"].as_string();
  return Error{ErrorCode::preflight_refused, "the namespace " + name + " is going away, and nothing new can be made in it", text_of(name_of(space)), why,
               "run again when it is gone; an object with finalizers stays until whoever set them takes them away: kubectl --namespace " + name + " get RESOURCE -o yaml"};
}

/// The controller says it in an event alone: "create Pod redis-1-0 in StatefulSet redis-1 failed error: pods \"redis-1-0\" is forbidden: exceeded quota: …"
/// (pkg/controller/statefulset/stateful_pod_control.go).
std::optional<Error> refused_pod(const std::vector<Json>& events, const Json& set) {
  constexpr std::string_view kBefore = " failed error: ";
  std::optional<Error> out;
  std::string newest;  // times of one form sort as they follow each other
  for (const Json& event : events) {
    if (event["lastTimestamp"].as_string() < newest) continue;
    if (event["involvedObject"]["uid"].as_string() != set["metadata"]["uid"].as_string() || event["reason"].as_string() != "FailedCreate") continue;
    newest = event["lastTimestamp"].as_string();
    const std::string& message = event["message"].as_string();
    const std::size_t at = message.find(kBefore);
    out = refusals({1, {}, at == std::string::npos ? message : message.substr(at + kBefore.size())}, "its pod is refused").front();
  }
  return out;
}

}  // namespace keelson::kubernetes
