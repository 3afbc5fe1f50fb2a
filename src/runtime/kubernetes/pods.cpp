#include "runtime/kubernetes/pods.h"

#include "runtime/client_program.h"
#include "runtime/kubernetes/placement.h"

namespace keelson::kubernetes {
namespace {

/// Ended so often, it ends again.
constexpr int kHopelessRestarts = 3;

const Json& condition(const Json& pod, std::string_view type) {
  static const Json kNone;
  for (const Json& one : pod["status"]["conditions"].items())
    if (one["type"].as_string() == type) return one;
  return kNone;
}

std::string told(const Json& state) {
  const std::string& reason = state["reason"].as_string();
  const std::string& message = state["message"].as_string();
  return message.empty() ? reason : reason + ": " + message;
}

/// A reason as the kubelet gives it (pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go).
bool is_about_image(const std::string& reason) { return reason == "ErrImageNeverPull" || reason == "ImagePullBackOff" || reason == "ErrImagePull" || reason == "InvalidImageName"; }

/// A pod that no node takes, a container that waits or has just ended.
void add_trouble(const Json& pod, const Json& status, Pod& out) {
  const Json& scheduled = condition(pod, "PodScheduled");
  if (scheduled["status"].as_string() == "False") {
    out.unplaced = true;
    out.trouble = told(scheduled);
    out.next = "kubectl describe pod " + out.name;
    return;
  }
  const Json& waiting = status["state"]["waiting"];
  const std::string& reason = waiting["reason"].as_string();
  if (reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing") return;
  out.trouble = told(waiting);
  if (is_about_image(reason)) {
    out.hopeless = true;
    out.next = reason == "ErrImageNeverPull" ? "on node " + out.node + ": ctr --namespace k8s.io images import ARCHIVE (keelson images list --runtime kubernetes)"
                                             : "is it called so, and may node " + out.node + " have it from its registry? kubectl describe pod " + out.name;
    return;
  }
  const Json& ended = status["lastState"]["terminated"];
  if (!ended.is_object()) return;
  out.trouble = "its container ended with " + std::to_string(ended["exitCode"].as_int()) + " (" + ended["reason"].as_string() + "), restarted " + std::to_string(out.restarts) + " times";
  out.hopeless = out.restarts >= kHopelessRestarts;
}

Pod pod_of(const Json& json) {
  Pod out{.name = json["metadata"]["name"].as_string(), .phase = json["status"]["phase"].as_string()};
  out.ready = condition(json, "Ready")["status"].as_string() == "True";
  out.leaving = json["metadata"].has("deletionTimestamp");
  out.revision = json["metadata"]["labels"]["controller-revision-hash"].as_string();
  out.node = json["spec"]["nodeName"].as_string();
  static const Json kNone;
  const Json& status = json["status"]["containerStatuses"].items().empty() ? kNone : json["status"]["containerStatuses"].items().front();
  out.restarts = static_cast<int>(status["restartCount"].as_int());
  out.started_ms = wall_ms(status["state"]["running"]["startedAt"].as_string());
  add_trouble(json, status, out);
  return out;
}

}  // namespace

std::map<std::string, Pod> pods_by_instance(const std::vector<Json>& objects) {
  std::map<std::string, Pod> out;
  for (const Json& json : objects) {
    if (json["kind"].as_string() != "Pod") continue;
    const std::string& instance = json["metadata"]["labels"][kInstance].as_string();
    if (!instance.empty()) out[instance] = pod_of(json);
  }
  return out;
}

std::string first_away(const std::map<std::string, Pod>& pods, const std::vector<std::string>& instances) {
  for (const std::string& instance : instances)
    if (const auto pod = pods.find(instance); pod == pods.end() || !pod->second.ready || pod->second.leaving) return instance;
  return {};
}

}  // namespace keelson::kubernetes
