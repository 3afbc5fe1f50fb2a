#include <time.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "components/postgresql/election_store.h"
#include "system/clock.h"
#include "system/random.h"

namespace keelson::postgresql {
namespace {

/// Patroni's annotations (3.0.2 dcs/kubernetes.py, attempt_to_acquire_leader), and keelson's own.
constexpr const char* kLeader = "leader";
constexpr const char* kStandbys = "sync_standby";
constexpr const char* kSettled = "keelson.dev/settled";

std::string value_in(const KubernetesObject& object, const std::string& name) {
  const auto found = object.annotations.find(name);
  return found == object.annotations.end() ? std::string() : found->second;
}

/// The member that Patroni knows by its pod; of a pod that is nobody's, its name.
std::string member_of(const LeaderFacts& facts, const std::string& pod) {
  for (const auto& [member, its_pod] : facts.pods)
    if (its_pod == pod) return member;
  return pod;
}

std::string members_of(const LeaderFacts& facts, const std::string& pods) {
  std::string out;
  for (std::size_t begin = 0; begin < pods.size();) {
    const std::size_t end = std::min(pods.find(',', begin), pods.size());
    out += (out.empty() ? "" : ",") + member_of(facts, pods.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::optional<EtcdKey> key(const KubernetesObject& object, std::string value) { return EtcdKey{.key = object.name, .value = std::move(value), .mod_revision = object.revision}; }

/// A null where there is no such annotation, as Patroni writes it to etcd.
Json text_or_null(std::string text) { return text.empty() ? Json() : Json(std::move(text)); }

std::string sync_value(const KubernetesObject& object, const LeaderFacts& facts) {
  return Json::object()
      .set(kLeader, text_or_null(member_of(facts, value_in(object, kLeader))))
      .set(kStandbys, text_or_null(members_of(facts, value_in(object, kStandbys))))
      .dump();
}

/// What was asked for and is not done; "{}" = nothing.
std::string failover_value(const KubernetesObject& object) {
  Json out = Json::object();
  for (const char* name : {"leader", "member", "scheduled_at"})
    if (std::string asked = value_in(object, name); !asked.empty()) out.set(name, std::move(asked));
  return out.dump();
}

/// As Python's isoformat() has it, which is how Patroni writes and nobody reads it: "2026-11-22T21:16:47.123+00:00".
std::string now_text() {
  std::string out = rfc3339(RealClock().wall_ms());
  out.pop_back();
  return out + "+00:00";
}

/// Milliseconds since 1970 of such a text.
std::optional<std::int64_t> time_in(const std::string& text) {
  tm parts{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || !std::string_view(rest).ends_with("+00:00")) return std::nullopt;
  return std::int64_t{::timegm(&parts)} * 1000;
}

std::int64_t number_in(const KubernetesObject& object, const std::string& name) {
  const std::string text = value_in(object, name);
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

class KubernetesStore : public ElectionStore {
 public:
  KubernetesStore(Result<KubernetesPlace> place, const LeaderFacts& facts)
      : facts_(facts), missing_(place ? std::nullopt : std::optional<Error>(place.error())), api_(place ? std::move(*place) : KubernetesPlace{}) {}

  Result<ClusterKeys> look(Look how) override {
    if (missing_) return unexpected(*missing_);
    const auto age = how == Look::fresh ? KubernetesApi::Age::latest : KubernetesApi::Age::any;
    KEELSON_TRY(const auto pods, api_.list(KubernetesKind::pod, facts_.labels, age));
    KEELSON_TRY(const auto objects, api_.list(KubernetesKind::config_map, facts_.labels, age));  // the last look before the write
    for (const KubernetesObject& object : objects)
      if (how == Look::fresh && object.name == leader_object()) reign_ = object;
    return cluster_keys(objects, pods, facts_);
  }

  /// The revision of the leader's object is its token.
  Result<void> begin(const std::string&) override { return {}; }

  /// As Patroni on the heir would write it (attempt_to_acquire_leader): everybody sees a new reign, and counts its time from now on.
  Result<bool> hand_over(const ClusterKeys& seen, const std::string& heir) override {
    const auto pod = facts_.pods.find(heir);
    if (missing_ || !seen.leader || pod == facts_.pods.end()) return false;
    const std::string now = now_text();
    const auto written = api_.annotate(KubernetesKind::config_map, leader_object(),
                                       {{kLeader, pod->second}, {"acquireTime", now}, {"renewTime", now}, {"transitions", std::to_string(number_in(reign_, "transitions") + 1)}},
                                       seen.leader->mod_revision);
    unanswered_ = !written;
    if (!written) return unexpected(written.error());
    return *written == KubernetesApi::Written::yes;
  }

  /// Every write of the leader's object, Patroni's too, names the revision it goes by, so nothing waits but a release without an answer.
  bool unsettled() const override { return unanswered_; }

  /// A text that was never there before, as a write that changes nothing leaves the revision.
  Result<void> settle() override {
    if (missing_) return unexpected(*missing_);
    KEELSON_CHECK(api_.annotate(KubernetesKind::config_map, leader_object(), {{kSettled, hex(RealRandom().bytes(16))}}, std::nullopt));
    unanswered_ = false;
    return {};
  }

  /// Others count a lease from when they see it renewed, which is later than its holder wrote down by this machine's own clock.
  Result<std::optional<int>> seconds_left(const ClusterKeys&) override {
    const auto renewed = time_in(value_in(reign_, "renewTime"));
    const auto ttl = static_cast<int>(number_in(reign_, "ttl"));
    if (!renewed || ttl <= 0) return fail("the leader's lease cannot be read", leader_object(), value_in(reign_, "renewTime"));
    const std::int64_t left = (*renewed - RealClock().wall_ms()) / 1000 + ttl;
    if (left <= 0) return std::nullopt;
    return static_cast<int>(std::min<std::int64_t>(left, ttl));
  }

  std::string unreachable() const override { return "api-unreachable"; }

 private:
  std::string leader_object() const { return facts_.scope + "-leader"; }

  const LeaderFacts facts_;
  const std::optional<Error> missing_;  ///< why there is no API
  KubernetesApi api_;
  KubernetesObject reign_ = {};         ///< the leader's object, of the last fresh look
  bool unanswered_ = false;
};

}  // namespace

ClusterKeys cluster_keys(const std::vector<KubernetesObject>& objects, const std::vector<KubernetesObject>& pods, const LeaderFacts& facts) {
  ClusterKeys out;
  for (const KubernetesObject& object : objects) {
    if (const std::string leader = value_in(object, kLeader); object.name == facts.scope + "-leader" && !leader.empty()) out.leader = key(object, member_of(facts, leader));
    if (object.name == facts.scope + "-sync") out.sync = key(object, sync_value(object, facts));
    if (object.name == facts.scope + "-failover") out.failover = key(object, failover_value(object));
    if (object.name != facts.scope + "-config") continue;
    if (object.annotations.contains("config")) out.config = key(object, value_in(object, "config"));
    if (object.annotations.contains("initialize")) out.initialize = key(object, value_in(object, "initialize"));
  }
  for (const KubernetesObject& pod : pods)
    if (const std::string status = value_in(pod, "status"); !pod.ending && !status.empty()) out.members.emplace(member_of(facts, pod.name), *key(pod, status));
  return out;
}

std::unique_ptr<ElectionStore> kubernetes_store(Result<KubernetesPlace> place, const LeaderFacts& facts) { return std::make_unique<KubernetesStore>(std::move(place), facts); }

}  // namespace keelson::postgresql
