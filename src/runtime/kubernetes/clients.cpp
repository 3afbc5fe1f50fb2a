// Clients of a foundation in a cluster, and what they and its pods may do: what `verify` and drills ask the runtime for.
#include "runtime/container_image.h"
#include "runtime/kubernetes/bindings.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "runtime/kubernetes/seat.h"
#include "system/digest.h"

namespace keelson::kubernetes {

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

Result<std::unique_ptr<ClientSeat>> KubernetesRuntime::take_seat(const std::string& endpoint) {
  SeatInput input{.name = "keelson-client-" + sha256_hex(machine_.random.bytes(8)).substr(0, 10), .foundation = site_.foundation, .space = site_.cluster.space, .owner = site_.owner, .image = {}, .endpoint = endpoint};
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    const auto image = image_of(*placed.component, *placed.instance, site_.build);
    if (image && carries_keelson(*placed.component)) input.image = image->name;
    if (input.nearest.empty() && !placed.component->ports.empty()) input.nearest = placed.member->address + ":" + std::to_string(placed.component->ports.front());
  }
  if (!endpoint.empty())
    if (const Endpoint* found = find_endpoint(foundation_, endpoint)) input.nearest = found->address + ":" + std::to_string(found->port);
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

}  // namespace keelson::kubernetes
