#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/http.h"

namespace keelson {

/// How a program in a pod reaches the API of its cluster (kubernetes.io/docs/tasks/run-application/access-api-from-pod).
struct KubernetesPlace {
  std::string host;        ///< name or address, in the server's certificate
  int port = 443;
  std::string trust_file;  ///< PEM; "" = without TLS
  std::string token_file;  ///< of the pod's service account; read for each request, as the kubelet renews it
  std::string space;       ///< namespace
};
/// That of this very pod. Fails outside of one.
Result<KubernetesPlace> kubernetes_place_here(const std::string& space);

enum class KubernetesKind { config_map, pod };

/// Of an object, what its metadata says.
struct KubernetesObject {
  std::string name;
  std::int64_t revision = 0;  ///< resourceVersion; another one after each change
  std::map<std::string, std::string> annotations = {};
  bool ending = false;        ///< somebody has deleted it, and it is not gone yet
};

/// A client of Kubernetes' API for metadata alone: the rest of an object is neither asked for nor changed. Blocking, one thread at a time. Lists go over one
/// kept connection.
class KubernetesApi {
 public:
  explicit KubernetesApi(KubernetesPlace place) : place_(std::move(place)) {}

  enum class Age {
    latest,  ///< linearizable
    any,     ///< as the server has it in memory: cheap, and perhaps old
  };
  /// The objects with all of these labels, as of one revision.
  Result<std::vector<KubernetesObject>> list(KubernetesKind kind, const std::map<std::string, std::string>& labels, Age age);

  enum class Written { yes, changed_meanwhile, absent };
  /// Sets annotations, in one request, of an object that still has `revision` (nothing = whichever). Sent once, and over a connection of its own, as curl sends again
  /// what a kept one that has just ended did not answer. Without an answer it may or may not have happened, and may still happen.
  Result<Written> annotate(KubernetesKind kind, const std::string& name, const std::map<std::string, std::string>& annotations, std::optional<std::int64_t> revision);

 private:
  Result<HttpRequest> addressed(HttpRequest request) const;

  KubernetesPlace place_;
  HttpSession session_;
};

}  // namespace keelson
