#include "pipeline/kubernetes_place.h"

#include "components/catalog.h"
#include "model/resolve.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr const char* kFile = "/kubernetes.json";
constexpr const char* kSchema = "keelson.kubernetes-place/v1";

/// What stands wins; `wished` "" = no wish.
Result<void> agree(const std::string& standing, const std::string& wished, const std::string& flag, const std::string& foundation) {
  if (wished.empty() || wished == standing) return {};
  return fail_as(ErrorCode::preflight_refused, foundation + " stands elsewhere: " + (standing.empty() ? "without one" : standing), flag, "asked for was " + wished,
                 "leave " + flag + " out; for a second foundation beside it: --state-dir DIR");
}

}  // namespace

Result<std::optional<ClusterPlace>> read_cluster_place(Files& files, const std::string& state_dir) {
  KEELSON_TRY(const auto there, files.info(state_dir + kFile));
  if (!there) return std::nullopt;
  KEELSON_TRY(const std::string text, files.read(state_dir + kFile));
  const auto json = parse_json(text);
  if (!json || (*json)["schema"].as_string() != kSchema || (*json)["namespace"].as_string().empty() || (*json)["owner"].as_string().empty())
    return fail("where the foundation stands is not known", state_dir + kFile, "the file is damaged", "restore it from a backup: the labels of its objects (keelson.dev/owner) and it must agree");
  return ClusterPlace{(*json)["context"].as_string(), (*json)["namespace"].as_string(), (*json)["storage-class"].as_string(), (*json)["owner"].as_string(), (*json)["cluster"].as_string()};
}

Result<void> write_cluster_place(Files& files, const std::string& state_dir, const ClusterPlace& place) {
  KEELSON_TRY(const auto standing, read_cluster_place(files, state_dir));
  if (standing == place) return {};
  const Json json = Json::object().set("schema", kSchema).set("context", place.context).set("namespace", place.space).set("storage-class", place.storage_class).set("owner", place.owner).set("cluster", place.cluster_id);
  return files.write(state_dir + kFile, json.dump(2) + "\n", 0600);
}

Result<ClusterPlace> cluster_place(const Request& request, const std::string& foundation, const std::optional<ClusterPlace>& standing, Random& random) {
  if (!standing) return ClusterPlace{request.context, kubernetes::namespace_of(foundation, request.namespace_prefix), request.storage_class, sha256_hex(random.bytes(16)).substr(0, 16), {}};
  KEELSON_CHECK(agree(standing->context, request.context, "--context", foundation));
  const std::string space = request.namespace_prefix.empty() ? std::string() : kubernetes::namespace_of(foundation, request.namespace_prefix);
  KEELSON_CHECK(agree(standing->space, space, "--namespace-prefix", foundation));
  KEELSON_CHECK(agree(standing->storage_class, request.storage_class, "--storage-class", foundation));
  return *standing;
}

Checked<Foundation> place_on_kubernetes(const Blueprint& blueprint, const kubernetes::Cluster& cluster) {
  const kubernetes::PodLayout layout(blueprint.foundation, cluster);
  AddressBook unused;
  return resolve({blueprint, catalog(), layout, {}, {}, [&](Foundation& foundation) { return kubernetes::give_names(foundation, cluster); }}, unused);
}

}  // namespace keelson
