#pragma once
#include <memory>
#include <optional>
#include <string>

#include "components/postgresql/leadership.h"

namespace keelson::postgresql {

/// Where the members' Patroni elect their leader, as a release needs it. Conditions and choice of the heir are leadership.h's and the same for
/// both; how a look and a guarded write are made, and what it takes to know that nothing of an attempt can take effect any more, is here.
///
///   etcd         one transaction compares all keys that were looked at and the attempt's token, and writes the leader key under the heir's lease.
///                Settled: the token is written anew, and every lease that only the dead member's processes can have named is revoked.
///   Kubernetes   the server compares one object, so the leader's is changed while it has the revision that was seen. Why the others cannot make that
///                wrong: docs/design/leader-release.md. Settled: the leader's object has got another revision.
///
/// Blocking, one thread at a time.
class ElectionStore {
 public:
  virtual ~ElectionStore() = default;
  enum class Look { fresh, glance };  ///< linearizable; or cheap, and perhaps old
  virtual Result<ClusterKeys> look(Look how) = 0;
  /// The attempt begins; before the look that it goes by.
  virtual Result<void> begin(const std::string& attempt) = 0;
  /// Gives the leader key to the heir if what the last fresh look showed is still so; says whether it did. An error: it may still happen.
  virtual Result<bool> hand_over(const ClusterKeys& seen, const std::string& heir) = 0;
  /// Whether a request of this attempt, or one of the dead member's own, may still take effect.
  virtual bool unsettled() const = 0;
  /// Makes sure that none can, of this or an earlier attempt. Idempotent.
  virtual Result<void> settle() = 0;
  /// Seconds that the lease of a leader key has, which the last fresh look showed; nothing = it is over.
  virtual Result<std::optional<int>> seconds_left(const ClusterKeys& seen) = 0;
  /// The condition of a release that it did not answer to.
  virtual std::string unreachable() const = 0;
};

std::unique_ptr<ElectionStore> election_store(World& world, const LeaderFacts& facts);
std::unique_ptr<ElectionStore> etcd_store(World& world, const LeaderFacts& facts);
/// `place`: of the pod this runs in; an error is told by every call.
std::unique_ptr<ElectionStore> kubernetes_store(Result<KubernetesPlace> place, const LeaderFacts& facts);

}  // namespace keelson::postgresql
