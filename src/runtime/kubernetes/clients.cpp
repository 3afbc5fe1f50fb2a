// Clients of a foundation in a cluster, and what they and its pods may do: what `verify` and drills ask the runtime for.
#include "runtime/container_image.h"
#include "runtime/container_layout.h"
#include "runtime/kubernetes/bindings.h"
#include "runtime/kubernetes/fitness.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "runtime/kubernetes/seat.h"
#include "system/digest.h"
#include "system/monotonic.h"

namespace keelson::kubernetes {
namespace {

constexpr int kPolicyMs = 15'000;  ///< until a policy is in force
constexpr int kRefusals = 4;

}  // namespace

Result<Question> KubernetesRuntime::question_of_client(const Json& asked) {
  Question question{.what = Question::What::client, .applied = site_.applied, .space = site_.cluster.space, .domain = site_.cluster.domain, .component = {}, .asked = asked};
  KEELSON_TRY(const std::vector<std::string> names, secrets_->names());
  for (const std::string& secret : names) {
    KEELSON_TRY(question.secrets[secret], secrets_->get(secret));
  }
  std::vector<std::string> paths;
  for (const TrustDomain domain : {TrustDomain::control, TrustDomain::members, TrustDomain::services})
    for (const std::string& path : {own_.trust_file(domain), own_.certificate_file(domain), own_.key_file(domain)}) paths.push_back(path);
  KEELSON_CHECK(hand_over(question, paths));
  for (const PlacedInstance& placed : instances_of(foundation_))
    for (const Certificate& certificate : placed.instance->certificates) {
      if (certificate.server || certificate.domain != TrustDomain::members) continue;  // what a member shows others to log in
      const LeafFiles leaf = world_->leaf_files(*placed.instance, certificate.name);
      KEELSON_TRY(std::string public_half, machine_.files.read(leaf.certificate));
      KEELSON_TRY(std::string private_half, machine_.files.read(leaf.key));
      question.files[leaf_name(placed.instance->name, certificate.name, ".crt")] = Secret(std::move(public_half));
      question.files[leaf_name(placed.instance->name, certificate.name, ".key")] = Secret(std::move(private_half));
    }
  return question;
}

/// One with keelson in it: of an artifact, or any ("").
Result<ContainerImage> KubernetesRuntime::an_image(const std::string& artifact) const {
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    const auto image = image_of(*placed.component, *placed.instance, site_.build);
    if (image && carries_keelson(*placed.component) && (artifact.empty() || placed.instance->artifact == artifact)) return *image;
  }
  return fail_as(ErrorCode::not_supported, "no client can be inside", site_.foundation, "keelson is in none of its images" + (artifact.empty() ? std::string() : " of " + artifact), "leave one component of `images:` out");
}

Result<std::unique_ptr<ClientSeat>> KubernetesRuntime::take_seat(const SeatWish& wish) {
  KEELSON_TRY(ContainerImage image, an_image(wish.artifact));
  SeatInput input{.name = "keelson-client-" + sha256_hex(machine_.random.bytes(8)).substr(0, 10), .foundation = site_.foundation, .space = site_.cluster.space, .owner = site_.owner, .image = std::move(image), .endpoint = wish.endpoint};
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    if (input.nearest.empty() && !placed.component->ports.empty()) input.nearest = placed.member->address + ":" + std::to_string(placed.component->ports.front());
  }
  if (const Endpoint* found = find_endpoint(foundation_, wish.endpoint)) input.nearest = found->address + ":" + std::to_string(found->port);
  return Seat::take(*kubectl_, std::move(input), [this](const Json& asked) { return question_of_client(asked); });
}

Result<std::vector<std::string>> KubernetesRuntime::excess_rights() {
  KEELSON_TRY(const Seen bindings, kubectl_->get({"rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"}, site_.cluster.space, {}));
  KEELSON_TRY(const Manifests made, wanted());
  std::vector<RoleBinding> declared;
  std::vector<std::string> accounts;
  for (const Object& object : made.shared) {
    if (const auto* binding = std::get_if<RoleBinding>(&object)) declared.push_back(*binding);
    if (const auto* account = std::get_if<ServiceAccount>(&object)) accounts.push_back(account->meta.name);
  }
  return excess_bindings(bindings.objects, site_.cluster.space, accounts, declared);
}

/// Whether the cluster's network does what policies say: a pod that reaches the API server, and then is forbidden to.
Fitness KubernetesRuntime::try_policies() {
  const std::string name = "network policy", asked = "kubernetes.default.svc." + site_.cluster.domain + ":443";
  const std::string own = "keelson-doctor-" + sha256_hex(machine_.random.bytes(8)).substr(0, 10);
  const ObjectName space{"Namespace", "", own};
  const auto made = kubectl_->apply(*list_of({Namespace{.meta = {own}}}, lookup()), Conflicts::refuse);
  if (!made) return {name, Fitness::Verdict::warn, "not tried: " + describe(made.error().front())};
  const auto verdict = [&]() -> Fitness {
    const auto image = an_image({});
    if (!image) return {name, Fitness::Verdict::warn, "not tried: " + describe(image.error())};
    const SeatInput input{.name = own, .foundation = site_.foundation, .space = own, .owner = site_.owner, .image = *image, .endpoint = "none", .nearest = asked};
    const auto seat = Seat::take(*kubectl_, input, [this](const Json& question) { return question_of_client(question); });
    if (!seat) return {name, Fitness::Verdict::warn, "not tried: " + describe(seat.error()), "an image of keelson's on a node: keelson images build, then import it"};
    const std::vector<std::string> look{std::string(kContainerProgram), "look", asked};
    const auto reaches = [&]() -> Result<bool> {
      KEELSON_TRY(const std::string said, (*seat)->run(look));
      KEELSON_TRY(const Json json, parse_json(said));
      return !json["open"].items().empty();
    };
    if (const auto before = reaches(); !before || !*before) return {name, Fitness::Verdict::warn, "not tried: a pod does not reach " + asked + " even without one"};
    const NetworkPolicy closed{.meta = {own, own}};
    if (const auto forbidden = kubectl_->apply(*list_of({closed}, lookup()), Conflicts::refuse); !forbidden) return {name, Fitness::Verdict::warn, "not tried: " + describe(forbidden.error().front())};
    int refused = 0;  // one refusal alone may be a slow answer
    for (const std::int64_t until = monotonic_ms() + kPolicyMs; monotonic_ms() < until && refused < kRefusals;) {
      const auto now = reaches();
      if (!now) return {name, Fitness::Verdict::warn, "not tried to the end: " + describe(now.error())};
      refused = *now ? 0 : refused + 1;
    }
    if (refused == kRefusals) return {name, Fitness::Verdict::ok, "in force: a pod that may not reach the API server does not"};
    return {name, Fitness::Verdict::fail, "not in force: a pod reaches the API server that may not", "install a network that enforces NetworkPolicy (Calico, Cilium …): without one NE-1 cannot be kept"};
  }();
  static_cast<void>(kubectl_->remove({}, {space}, Gone::later));
  return verdict;
}

std::vector<Fitness> KubernetesRuntime::fitness(const Foundation& foundation) {
  const auto versions = kubectl_->versions();
  if (!versions) return {{"cluster", Fitness::Verdict::fail, describe(versions.error()), versions.error().next}};
  const Asked asked = asked_by(foundation);
  const auto of = [&](const std::string& resource, const std::string& space, const auto& judge) -> Fitness {
    const auto seen = kubectl_->get({resource}, space, {});
    if (!seen) return {resource, Fitness::Verdict::warn, "not seen: " + describe(seen.error())};
    return judge(seen->objects);
  };
  const std::vector<Right> needed = needed_rights(site_.cluster.space);
  const auto lacking = kubectl_->lacking(needed);
  return {judge_versions(*versions),
          lacking ? judge_rights(*lacking, needed.size()) : Fitness{"rights", Fitness::Verdict::warn, "not seen: " + describe(lacking.error())},
          of("nodes", {}, [&](const std::vector<Json>& nodes) { return judge_nodes(nodes, asked); }),
          of("storageclasses.storage.k8s.io", {}, [&](const std::vector<Json>& classes) { return judge_storage(classes, site_.storage_class, asked); }),
          of("resourcequotas", site_.cluster.space, [&](const std::vector<Json>& quotas) { return judge_quotas(quotas, asked); }),
          try_policies()};
}

}  // namespace keelson::kubernetes
