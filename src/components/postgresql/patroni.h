#pragma once
#include <string>

#include "base/json.h"
#include "component/world.h"
#include "model/foundation.h"
#include "protocol/pg.h"

namespace keelson::postgresql {

/// One member's line of Patroni's GET /cluster.
struct ClusterMember {
  std::string name;
  std::string role;   ///< leader, sync_standby, replica
  std::string state;  ///< running, streaming, starting, stopped …
};

/// Talks to the Patroni processes of one component over their REST API (Patroni 3.0), with keelson's certificate of the control
/// domain. Blocking; holds nothing between calls.
class Patroni {
 public:
  Patroni(World& world, const Component& component) : world_(world), component_(component) {}

  /// The members as the consensus store has them, asked of the first member that answers, beginning with `asked`. A call costs
  /// Patroni (Python) a TLS handshake, tens of milliseconds on a busy machine: calls at one time should ask different members.
  Result<std::vector<ClusterMember>> cluster(const Member* asked = nullptr) const;
  /// The member that holds the leader key and runs; fails while there is none.
  Result<const Member*> leader() const;
  /// The same, of an answer of `cluster`.
  Result<const Member*> leader(const std::vector<ClusterMember>& seen) const;
  /// The dynamic configuration, asked like `cluster`.
  Result<Json> configuration(const Member* asked = nullptr) const;
  /// Merges `change` into it (null removes a key) and wakes the leader's loop, even when nothing changes.
  Result<void> change(const Json& change) const;
  /// Makes a member read its files again.
  Result<void> reload(const Member& member) const;

 private:
  Result<Json> first_answer(const std::string& path, const Member* asked) const;

  World& world_;
  const Component& component_;
};

/// A superuser session: over the member's local socket, where keelson's own user is `postgres` (pg_ident.conf), or where that is out of reach
/// by its address, where keelson's certificate is.
Result<PgConnection> open_admin(World& world, const Member& member, const std::string& database);

}  // namespace keelson::postgresql
