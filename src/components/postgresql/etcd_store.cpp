#include <algorithm>

#include "components/postgresql/election_store.h"
#include "system/failpoint.h"

namespace keelson::postgresql {
namespace {

constexpr const char* kSettled = "settled";  ///< the token when no attempt is open
constexpr const char* kHanded = "yes";       ///< the mark of a release that took effect
constexpr const char* kNotHanded = "no";

/// With keelson's own certificate of the control domain.
EtcdPlace place_of(World& world, const LeaderFacts& facts) {
  EtcdPlace out{.voters = {}, .trust_file = world.trust_file(TrustDomain::control), .certificate_file = world.certificate_file(TrustDomain::control),
                .key_file = world.key_file(TrustDomain::control)};
  for (const auto& voter : facts.voters) out.voters.push_back({voter.name, voter.address});
  return out;
}

class EtcdStore : public ElectionStore {
 public:
  EtcdStore(World& world, const LeaderFacts& facts) : facts_(facts), prefix_("/service/" + facts.scope + "/"), etcd_(place_of(world, facts)) {}

  Result<ClusterKeys> look(Look how) override {
    KEELSON_TRY(const auto read, etcd_.read(prefix_, how == Look::glance));
    return cluster_keys(read, facts_.scope);
  }

  Result<void> begin(const std::string& attempt) override {
    KEELSON_TRY(token_, etcd_.put(attempt_key(facts_.scope), attempt));
    return {};
  }

  Result<bool> hand_over(const ClusterKeys& seen, const std::string& heir) override {
    return etcd_.put_if(release_conditions(seen, facts_, heir, token_), {handed_over(seen, facts_, heir), {.key = handed_key(facts_.scope), .value = kHanded}});
  }

  bool unsettled() const override { return !settled_; }

  /// Rule 4, in this order: once the token is written anew, every transaction of an earlier attempt compares unequal, however late it
  /// comes, so that the mark read next says the last word on whether one took effect. (By revision, not by value: a late copy of the
  /// write of an earlier token must not make an earlier transaction fit again. And the mark has a key of its own: such a copy would
  /// replace it.) tests/model takes each of these away and sees what happens.
  Result<void> settle() override {
    KEELSON_CHECK(etcd_.put(attempt_key(facts_.scope), kSettled));
    failpoint("release-closed");
    const std::string mark = handed_key(facts_.scope);
    KEELSON_TRY(const auto read, etcd_.read(mark));  // linearizable, so that the leases listed next are at least as new
    const bool handed = !read.empty() && read.front().value == kHanded;
    KEELSON_CHECK(void_requests_of_the_dead(handed));
    failpoint("release-void");
    // Compared, so that a late copy of this cannot wipe out the mark of a later attempt.
    if (handed) KEELSON_CHECK(etcd_.put_if({{mark, EtcdCompare::Target::mod_revision, {}, read.front().mod_revision}}, {{.key = mark, .value = kNotHanded}}));
    settled_ = true;
    return {};
  }

  Result<std::optional<int>> seconds_left(const ClusterKeys& seen) override { return etcd_.lease_seconds(seen.leader ? seen.leader->lease : 0); }
  std::string unreachable() const override { return "etcd-unreachable"; }

 private:
  /// Rule 4 for the dead member's own requests: ends every lease that only its processes can have named. A write of the leader key that
  /// one of them sent before it died names no revision, but it names a lease, and fails from then on. `ended`: the member's reign is
  /// over, so that a leader key that says otherwise is such a write and goes too. A lease that nothing hangs on yet may be that of a
  /// Patroni just started; should it be another member's, that asks for a new one (Patroni 3.0.2 dcs/etcd3.py, LeaseNotFound).
  Result<void> void_requests_of_the_dead(bool ended) {
    const auto own = [&](const std::string& key) { return key == prefix_ + "members/" + facts_.member || (ended && key == prefix_ + "leader"); };
    KEELSON_TRY(const auto leases, etcd_.leases());
    for (const std::int64_t lease : leases) {
      KEELSON_TRY(const auto keys, etcd_.keys_of_lease(lease));
      if (std::all_of(keys.begin(), keys.end(), own)) KEELSON_CHECK(etcd_.revoke(lease));
    }
    return {};
  }

  const LeaderFacts facts_;
  const std::string prefix_;
  Etcd etcd_;
  std::int64_t token_ = 0;  ///< the revision of the attempt's token
  bool settled_ = false;
};

}  // namespace

std::unique_ptr<ElectionStore> etcd_store(World& world, const LeaderFacts& facts) { return std::make_unique<EtcdStore>(world, facts); }

std::unique_ptr<ElectionStore> election_store(World& world, const LeaderFacts& facts) {
  return facts.space.empty() ? etcd_store(world, facts) : kubernetes_store(kubernetes_place_here(facts.space), facts);
}

}  // namespace keelson::postgresql
