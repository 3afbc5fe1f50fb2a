#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "component/instance.h"

namespace keelson {

/// Common name of keelson's own client certificates, in every domain.
inline constexpr std::string_view kAgentName = "keelson-agent";

/// How keelson, as administrator, reaches the inside of an engine.
enum class Reach {
  socket,   ///< it opens the instance's own Unix sockets
  network,  ///< they are elsewhere, in a container: by the member's address, with keelson's certificate of the domain `members`
};

/// A certificate and its key, PEM, as this machine has them.
struct LeafFiles {
  std::string certificate;
  std::string key;
};

/// What a kind's verbs may reach of a running foundation: secrets by name, whom to trust, keelson's own client
/// certificates. Implemented by each runtime; thread-safe.
class World {
 public:
  virtual ~World() = default;
  virtual Result<Secret> secret(const std::string& name) = 0;
  /// Path of a PEM file with the root of the domain, readable by the caller.
  virtual std::string trust_file(TrustDomain domain) = 0;
  /// Paths of keelson's own certificate and key (CN kAgentName) of a domain.
  virtual std::string certificate_file(TrustDomain domain) = 0;
  virtual std::string key_file(TrustDomain domain) = 0;
  /// Where a leaf of an instance can be read by whoever brought the foundation up.
  virtual LeafFiles leaf_files(const Instance& instance, const std::string& certificate) const {
    const std::string path = instance.place.tls + "/" + certificate;
    return {path + ".crt", path + ".key"};
  }
  virtual Reach reach() const { return Reach::socket; }
  /// Asks a Unix socket of an instance one thing and returns what it answers before it closes. `path` is as the instance sees it.
  virtual Result<std::string> ask_socket(const std::string& instance, const std::string& path, const std::string& /*question*/) {
    return fail_as(ErrorCode::not_supported, "cannot ask " + path, instance, "this runtime reaches no sockets");
  }
  /// Sends a signal (SIGHUP …) to the main process of an instance, for engines whose only way to reload is one. Runtimes
  /// that cannot, say so.
  virtual Result<void> signal(const std::string& instance, int number) {
    return fail_as(ErrorCode::not_supported, "cannot send signal " + std::to_string(number), instance,
                   "this runtime reaches no processes");
  }
};

}  // namespace keelson
