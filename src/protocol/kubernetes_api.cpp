#include "protocol/kubernetes_api.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/encoding.h"
#include "system/files.h"

namespace keelson {
namespace {

constexpr int kAnswerMs = 2'000;
constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";
// kubernetes.io/docs/reference/using-api/api-concepts, "Metadata-only fetches".
constexpr const char* kMetadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
constexpr const char* kMetadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

std::string_view plural(KubernetesKind kind) {
  switch (kind) {
    case KubernetesKind::config_map: return "configmaps";
    case KubernetesKind::pod: return "pods";
  }
  return {};
}

std::string selector(const std::map<std::string, std::string>& labels) {
  std::string out;
  for (const auto& [name, value] : labels) out += (out.empty() ? "" : ",") + name + "=" + value;
  return percent_encoded(out);
}

Result<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return fail("a resourceVersion is not a number", text);
  return out;
}

Result<KubernetesObject> object_of(const Json& json) {
  const Json& meta = json["metadata"];
  KubernetesObject out{.name = meta["name"].as_string(), .ending = meta.has("deletionTimestamp")};
  KEELSON_TRY(out.revision, number(meta["resourceVersion"].as_string()));
  out.annotations = string_map_from(meta["annotations"]);
  return out;
}

/// The kubelet replaces the token by another link (Kubernetes pkg/volume/util/atomic_writer.go).
Result<Secret> token_in(const std::string& path) {
  std::error_code error;
  const std::string file = std::filesystem::canonical(path, error).string();
  if (error) return fail("the service account's token cannot be read", path, error.message());
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(std::string token, files.read(file, 64 << 10));
  return Secret(std::move(token));
}

Error unasked(const HttpResponse& response, std::string what) {
  return {.what = std::move(what), .why = fmt::format("status {}: {}", response.status, response.body.substr(0, 200))};
}

}  // namespace

Result<KubernetesPlace> kubernetes_place_here(const std::string& space) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr) return fail("this is no pod", {}, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  KEELSON_TRY(const std::int64_t number_of_port, number(port));
  return KubernetesPlace{host, static_cast<int>(number_of_port), std::string(kAccount) + "ca.crt", std::string(kAccount) + "token", space};
}

Result<HttpRequest> KubernetesApi::addressed(HttpRequest request) const {
  KEELSON_TRY(request.bearer, token_in(place_.token_file));
  request.host = place_.host;
  request.port = place_.port;
  request.tls = !place_.trust_file.empty();
  request.trust_file = place_.trust_file;
  request.timeout_ms = kAnswerMs;
  return request;
}

Result<std::vector<KubernetesObject>> KubernetesApi::list(KubernetesKind kind, const std::map<std::string, std::string>& labels, Age age) {
  HttpRequest question;
  question.path = fmt::format("/api/v1/namespaces/{}/{}?labelSelector={}{}", place_.space, plural(kind), selector(labels), age == Age::any ? "&resourceVersion=0" : "");
  question.accept = kMetadataList;
  KEELSON_TRY(question, addressed(std::move(question)));
  KEELSON_TRY(const HttpResponse response, session_.request(question));
  if (response.status != 200) return unexpected(unasked(response, fmt::format("the cluster's API does not list {}", plural(kind))));
  KEELSON_TRY(const Json json, parse_json(response.body));
  std::vector<KubernetesObject> out;
  for (const Json& item : json["items"].items()) {
    KEELSON_TRY(KubernetesObject object, object_of(item));
    out.push_back(std::move(object));
  }
  return out;
}

Result<KubernetesApi::Written> KubernetesApi::annotate(KubernetesKind kind, const std::string& name, const std::map<std::string, std::string>& annotations,
                                                       std::optional<std::int64_t> revision) {
  Json meta = Json::object();
  // The server refuses a patch that names another revision than the object has (api-concepts, "Resource versions": optimistic locking).
  if (revision) meta.set("resourceVersion", std::to_string(*revision));
  HttpRequest change;
  change.method = "PATCH";
  change.path = fmt::format("/api/v1/namespaces/{}/{}/{}?fieldManager=keelson", place_.space, plural(kind), name);
  change.body = Json::object().set("metadata", meta.set("annotations", string_map_json(annotations))).dump();
  change.content_type = "application/merge-patch+json";
  change.accept = kMetadata;
  KEELSON_TRY(change, addressed(std::move(change)));
  KEELSON_TRY(const HttpResponse response, http_request(change));
  switch (response.status) {
    case 200: return Written::yes;
    case 404: return Written::absent;
    case 409: return Written::changed_meanwhile;
    default: return unexpected(unasked(response, "the cluster's API does not change " + name));
  }
}

}  // namespace keelson
