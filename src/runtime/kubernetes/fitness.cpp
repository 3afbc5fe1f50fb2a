#include "runtime/kubernetes/fitness.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/units.h"
#include "runtime/kubernetes/instance_objects.h"

namespace keelson::kubernetes {
namespace {

constexpr int kOldest = 28;  ///< of Kubernetes 1.x: what every field that keelson writes needs
constexpr int kSkew = 1;     ///< minor versions that kubectl may differ from the server (kubernetes.io/releases/version-skew-policy)

using Verdict = Fitness::Verdict;

/// "v1.34.4" -> 34; -1 when it is no such version.
int minor_of(const std::string& version) {
  int minor = -1;
  return std::sscanf(version.c_str(), "v1.%d", &minor) == 1 ? minor : -1;
}

/// "16374268Ki" in bytes, as the API writes memory; 0 when it cannot be read.
std::int64_t bytes_of(const std::string& quantity) {
  const auto bytes = parse_bytes(quantity);
  return bytes ? *bytes : std::int64_t{0};
}

/// Whole mebibytes: nobody reads bytes.
std::string text_of(std::int64_t bytes) { return format_bytes(bytes >> 20 << 20); }

bool takes_pods(const Json& node) {
  if (node["spec"]["unschedulable"].as_bool()) return false;
  const auto& conditions = node["status"]["conditions"].items();
  return std::any_of(conditions.begin(), conditions.end(), [](const Json& one) { return one["type"].as_string() == "Ready" && one["status"].as_string() == "True"; });
}

}  // namespace

Asked asked_by(const Foundation& foundation) {
  Asked out;
  for (const Component& component : foundation.components) {
    out.members = std::max(out.members, static_cast<int>(component.members.size()));
    for (const Member& member : component.members)
      for (const Instance& instance : member.instances) {
        const std::int64_t memory = memory_request(instance);
        out.memory += memory;
        out.largest = std::max(out.largest, memory);
        out.volumes = out.volumes || instance.storage > 0;
      }
  }
  return out;
}

Fitness judge_versions(const Versions& versions) {
  Fitness out{"version", Verdict::ok, "Kubernetes " + versions.server + ", kubectl " + versions.client};
  const int server = minor_of(versions.server), client = minor_of(versions.client);
  if (server < kOldest) return {out.name, Verdict::fail, out.evidence, "use a cluster of version 1." + std::to_string(kOldest) + " or newer"};
  if (std::abs(server - client) > kSkew) return {out.name, Verdict::warn, out.evidence + ": further apart than they are made for", "use a kubectl of the cluster's version"};
  return out;
}

Fitness judge_storage(const std::vector<Json>& classes, const std::string& wanted, const Asked& asked) {
  const std::string name = "storage class";
  if (!asked.volumes) return {name, Verdict::ok, "none is needed"};
  std::string all, standard;
  for (const Json& one : classes) {
    const Json& meta = one["metadata"];
    all += (all.empty() ? "" : ", ") + meta["name"].as_string();
    if (meta["annotations"]["storageclass.kubernetes.io/is-default-class"].as_string() == "true") standard = meta["name"].as_string();
    if (!wanted.empty() && meta["name"].as_string() == wanted) return {name, Verdict::ok, wanted};
  }
  const std::string there = all.empty() ? "the cluster has none" : "there are: " + all;
  if (!wanted.empty()) return {name, Verdict::fail, wanted + " is not there; " + there, "--storage-class NAME"};
  if (standard.empty()) return {name, Verdict::fail, "none is the default; " + there, all.empty() ? "install a provisioner of volumes" : "--storage-class NAME"};
  return {name, Verdict::ok, standard + ", the default"};
}

Fitness judge_nodes(const std::vector<Json>& nodes, const Asked& asked) {
  std::int64_t memory = 0, largest = 0;
  std::set<std::string> zones;
  int ready = 0;
  for (const Json& node : nodes) {
    if (!takes_pods(node)) continue;
    ++ready;
    const std::int64_t room = bytes_of(node["status"]["allocatable"]["memory"].as_string());
    memory += room;
    largest = std::max(largest, room);
    zones.insert(node["metadata"]["labels"]["topology.kubernetes.io/zone"].as_string());
  }
  zones.erase("");
  Fitness out{"nodes", Verdict::ok, std::to_string(ready) + " of " + std::to_string(nodes.size()) + " nodes take pods, in " + std::to_string(zones.size()) + " zones, with " + text_of(memory) + " of memory; the foundation asks for " +
                                        text_of(asked.memory) + ", its largest pod for " + text_of(asked.largest)};
  if (ready == 0 || memory < asked.memory || largest < asked.largest) return {out.name, Verdict::fail, out.evidence, "larger nodes, or a smaller profile of the blueprint"};
  if (ready < asked.members) return {out.name, Verdict::warn, out.evidence + "; " + std::to_string(asked.members) + " members on fewer nodes: a node that is lost takes several", "as many nodes as members"};
  return out;
}

Fitness judge_quotas(const std::vector<Json>& quotas, const Asked& asked) {
  const std::string name = "quota";
  for (const Json& quota : quotas)
    for (const char* key : {"requests.memory", "memory", "limits.memory"}) {
      const Json& hard = quota["status"]["hard"][key];
      if (!hard.is_string()) continue;
      const std::int64_t left = bytes_of(hard.as_string()) - bytes_of(quota["status"]["used"][key].as_string());
      if (left < asked.memory)
        return {name, Verdict::warn, quota["metadata"]["name"].as_string() + " leaves " + text_of(std::max<std::int64_t>(left, 0)) + " of " + key + "; the foundation asks for " + text_of(asked.memory) + " in all",
                "fine if it stands already; else a larger quota, or a smaller profile of the blueprint"};
    }
  return {name, Verdict::ok, quotas.empty() ? "none" : "it leaves room"};
}

Fitness judge_rights(const std::vector<Right>& lacking, std::size_t asked_for) {
  const std::string name = "rights";
  if (lacking.empty()) return {name, Verdict::ok, "this user may do all " + std::to_string(asked_for) + " things that are needed"};
  std::string all;
  for (const Right& right : lacking)
    all += (all.empty() ? "" : ", ") + right.verb + " " + right.resource + (right.subresource.empty() ? "" : "/" + right.subresource) + (right.group.empty() ? "" : "." + right.group);
  return {name, Verdict::fail, "this user may not: " + all, "ask whoever runs the cluster; a namespace made ready for it needs no right to make one (guide 07)"};
}

std::vector<Right> needed_rights(const std::string& space) {
  std::vector<Right> out{{"create", "", "namespaces"}, {"get", "", "pods", {}, space}, {"list", "", "pods", {}, space}, {"create", "", "pods", {}, space}, {"delete", "", "pods", {}, space}, {"create", "", "pods", "exec", space}, {"get", "", "pods", "log", space}};
  for (const ApiType& type : kNamespacedTypes) {
    const std::string whole(type.resource);
    const std::size_t dot = whole.find('.');
    const std::string resource = whole.substr(0, dot), group = dot == std::string::npos ? std::string() : whole.substr(dot + 1);
    for (const char* verb : {"list", "create", "patch", "delete"}) out.push_back({verb, group, resource, {}, space});
  }
  return out;
}

}  // namespace keelson::kubernetes
