#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "protocol/http.h"

namespace keelson {

/// One key of etcd as read. Revisions are the store's own counters (etcd 3.4 API reference, mvccpb.KeyValue).
struct EtcdKey {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t lease = 0;  ///< 0 = none
  bool operator==(const EtcdKey&) const = default;
};

/// One condition of a transaction. A key that must not exist: create_revision equals 0.
struct EtcdCompare {
  enum class Target { value, create_revision, mod_revision, lease };
  std::string key;
  Target target;
  std::string text = {};        ///< Target::value
  std::int64_t number = 0;      ///< the others
};

/// Where and how to reach a cluster's members.
struct EtcdPlace {
  struct Voter {
    std::string name;     ///< in its certificate
    std::string address;
  };
  std::vector<Voter> voters;
  int port = 2379;
  std::string trust_file, certificate_file, key_file;
};

/// A client of etcd 3.4's JSON gateway (etcd docs, "gRPC gateway"). Blocking, one thread at a time. One kept connection, to the
/// member that last answered; when a request gets no answer within a second the next one is asked.
class Etcd {
 public:
  explicit Etcd(EtcdPlace place) : place_(std::move(place)) {}

  /// Every key that begins with `prefix`, as of one revision. Linearizable, or else (`any_age`) what the asked member has: cheap for
  /// the cluster, and perhaps old.
  Result<std::vector<EtcdKey>> read(const std::string& prefix, bool any_age = false);
  /// The revision of the write: the key's mod revision as long as nobody writes it again.
  Result<std::int64_t> put(const std::string& key, const std::string& value);
  /// Writes the keys, each under its lease (0 = none; revisions are not looked at), in one transaction if every condition holds; says
  /// whether it did. Sent once: without an answer it may or may not have happened, and may still happen.
  Result<bool> put_if(const std::vector<EtcdCompare>& conditions, const std::vector<EtcdKey>& keys);
  /// Seconds a lease still has; nothing when it does not exist any more.
  Result<std::optional<int>> lease_seconds(std::int64_t lease);
  /// Every lease the asked member knows: as fresh as the last linearizable read before it, which went to the same member.
  Result<std::vector<std::int64_t>> leases();
  /// The keys that end with a lease; none when it does not exist any more.
  Result<std::vector<std::string>> keys_of_lease(std::int64_t lease);
  /// Ends a lease and its keys: no write that names it can succeed any more. No error when it was over already.
  Result<void> revoke(std::int64_t lease);

 private:
  Result<Json> post(const std::string& path, const Json& body);
  Result<Json> post_to(std::size_t voter, const std::string& path, const std::string& body);

  EtcdPlace place_;
  HttpSession session_;
  std::size_t answered_ = 0;
};

/// The smallest key after all that begin with `prefix`: the `range_end` of a prefix (etcd docs, "Range").
std::string range_end(std::string prefix);
/// The body of the transaction `put_if` sends.
Json put_transaction(const std::vector<EtcdCompare>& conditions, const std::vector<EtcdKey>& keys);

}  // namespace keelson
