#include "runtime/kubernetes/seat.h"

#include <poll.h>

#include "runtime/client_program.h"
#include "runtime/container_layout.h"
#include "runtime/kubernetes/instance_objects.h"
#include "runtime/kubernetes/placement.h"
#include "runtime/kubernetes/pod.h"
#include "runtime/kubernetes/pods.h"
#include "runtime/kubernetes/policies.h"
#include "system/monotonic.h"

namespace keelson::kubernetes {
namespace {

constexpr int kLifeS = 3'600;
constexpr int kRunningMs = 60'000;
constexpr int kInForceMs = 15'000;
constexpr int kLookAgainMs = 300;
constexpr const char* kContainer = "client";
constexpr const char* kMemory = "/run/keelson";

constexpr ApiType kPod{"v1", "Pod", "pods"};

Labels labels_of(const SeatInput& input) {
  Labels out{{kManagedBy, kSeatManager}, {kOwner, input.owner}, {kInstance, input.name}};
  if (!input.endpoint.empty()) out[client_label(input.endpoint)] = "true";
  return out;
}

Secret list_of_one(Json object) {
  return Secret(Json::object().set("apiVersion", "v1").set("kind", "List").set("items", Json::array().push(std::move(object))).dump());
}

Result<Seen> make(Kubectl& kubectl, Json object) {
  auto made = kubectl.apply(list_of_one(std::move(object)), Conflicts::refuse);
  if (!made) return unexpected(made.error().front());
  return std::move(*made);
}

}  // namespace

Json seat_pod(const SeatInput& input) {
  Container container{.name = kContainer, .image = input.image.name, .pull = pull_policy(input.image)};
  container.command = {std::string(kContainerProgram), "pause", std::to_string(kLifeS)};
  container.requests = {50, 32 << 20};
  container.limits = {0, 256 << 20};
  container.mounts = {{"memory", kMemory}};
  PodTemplate pod{.labels = labels_of(input), .user = ContainerUsers::kFirst, .stop_s = 1};
  pod.dns_options = kNameOptions;
  pod.containers = {std::move(container)};
  pod.volumes = {{"memory", EmptyDir{Medium::memory, 16 << 20}}};
  Json spec = json(pod)["spec"];
  spec.set("restartPolicy", "Never").set("activeDeadlineSeconds", kLifeS);
  return head(kPod, {input.name, input.space, labels_of(input)}).set("spec", std::move(spec));
}

Json seat_policy(const SeatInput& input, const std::string& pod_uid) {
  NetworkPolicy policy{.meta = {input.name, input.space, labels_of(input)}, .pods = {{kPartOf, input.foundation}}};
  policy.ingress = {{{PodPeer{{{kInstance, input.name}}}}, {}}};
  Json out = json(policy);
  Json spec = out["spec"];
  spec.set("policyTypes", Json::array().push("Ingress"));  // it is about who comes in, and takes away nobody's way out
  const Json owner = Json::object().set("apiVersion", kPod.api_version).set("kind", kPod.kind).set("name", input.name).set("uid", pod_uid);
  Json meta = out["metadata"];
  meta.set("ownerReferences", Json::array().push(owner));
  return out.set("metadata", std::move(meta)).set("spec", std::move(spec));
}

Seat::Seat(Kubectl& kubectl, SeatInput input, MakeQuestion make_question) : kubectl_(kubectl), input_(std::move(input)), make_question_(std::move(make_question)) {}

/// Its policy belongs to the pod, and the cluster removes it.
Seat::~Seat() { static_cast<void>(kubectl_.remove(input_.space, {{"Pod", input_.space, input_.name}}, Gone::later)); }

Result<std::unique_ptr<ClientSeat>> Seat::take(Kubectl& kubectl, SeatInput input, MakeQuestion make_question) {
  KEELSON_TRY(const Seen made, make(kubectl, seat_pod(input)));
  std::unique_ptr<Seat> seat(new Seat(kubectl, std::move(input), std::move(make_question)));
  if (seat->input_.endpoint.empty()) KEELSON_CHECK(seat->open_everywhere(made.objects.empty() ? std::string() : made.objects.front()["metadata"]["uid"].as_string()));
  KEELSON_CHECK(seat->wait_until_running());
  const std::int64_t until = monotonic_ms() + kInForceMs;
  while (!seat->input_.nearest.empty() && monotonic_ms() < until) {
    KEELSON_TRY(const std::string looked, seat->run({std::string(kContainerProgram), "look", seat->input_.nearest}));
    KEELSON_TRY(const Json json, parse_json(looked));
    if (!json["open"].items().empty()) break;
    ::poll(nullptr, 0, kLookAgainMs);
  }
  return std::unique_ptr<ClientSeat>(std::move(seat));
}

Result<void> Seat::open_everywhere(const std::string& pod_uid) {
  KEELSON_CHECK(make(kubectl_, seat_policy(input_, pod_uid)));
  return {};
}

Result<void> Seat::wait_until_running() {
  std::string trouble;
  for (const std::int64_t until = monotonic_ms() + kRunningMs; monotonic_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) {
    KEELSON_TRY(const Seen seen, kubectl_.get({std::string(kPod.resource)}, input_.space, {{kInstance, input_.name}}));
    const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
    const auto pod = pods.find(input_.name);
    if (pod == pods.end()) continue;
    if (pod->second.started_ms > 0) return {};
    trouble = pod->second.trouble;
    if (pod->second.hopeless) break;
  }
  return fail_as(ErrorCode::not_healthy, "a client's pod does not run", input_.name, trouble, "kubectl --namespace " + input_.space + " describe pod " + input_.name);
}

Result<std::string> Seat::run(const std::vector<std::string>& words) { return kubectl_.run_inside({input_.space, input_.name, kContainer}, words, {}); }

std::string Seat::memory() const { return kMemory; }

Result<std::string> Seat::keep(const std::string& name, const Secret& content) {
  const std::string path = memory() + "/" + name;
  KEELSON_CHECK(kubectl_.run_inside({input_.space, input_.name, kContainer}, {std::string(kContainerProgram), "tell", path}, std::string(content.reveal())));
  return path;
}

std::vector<std::string> Seat::command(const std::vector<std::string>& words) const {
  std::vector<std::string> out = kubectl_.words(input_.space);
  out.insert(out.end(), {"exec", on_terminal(), input_.name, std::string("--container=") + kContainer, "--"});
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

Result<Json> Seat::ask(const Json& asked, const std::function<void(const std::string& line)>& on_line) {
  KEELSON_TRY(const Question question, make_question_(asked));
  const std::vector<std::string> words{std::string(kContainerProgram), "inside", kMemory};
  KEELSON_TRY(const std::string printed, kubectl_.run_inside({input_.space, input_.name, kContainer}, words, std::string(text_of(question).reveal()), {kLifeS * 1000, on_line}));
  const std::vector<std::string> lines = lines_of(printed);  // what it said before its answer was told already
  KEELSON_TRY(const Json json, parse_json(lines.empty() ? std::string() : lines.back()));
  return answer_from(json).told;
}

Result<void> Seat::remove_all(Kubectl& kubectl, const std::string& space, const std::string& owner) {
  return kubectl.remove_all({std::string(kPod.resource), std::string(NetworkPolicy::kType.resource), std::string(Role::kType.resource), std::string(RoleBinding::kType.resource)}, space,
                            {{kManagedBy, kSeatManager}, {kOwner, owner}}, Gone::later);
}

}  // namespace keelson::kubernetes
