#include "operate/postgresql_switchover.h"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <optional>

#include "operate/run.h"
#include "protocol/haproxy.h"
#include "protocol/http.h"

namespace keelson::operate {
namespace {

using clients::PostgresqlView;

constexpr int kPatienceMs = 30'000;
constexpr int kDrainMs = 5'000;      ///< a transaction through the pooler has this long to end
constexpr int kResumeMs = 5'000;
constexpr int kQuestionMs = 1'000;
constexpr int kLookAgainMs = 5;

std::vector<std::string> poolers_of(const Standing& standing, const PostgresqlView& view) {
  std::vector<std::string> out;
  if (view.pooler == nullptr) return out;
  for (const Member& member : find_component(standing.foundation, view.pooler->component)->members)
    for (const Instance& instance : member.instances) out.push_back(instance.name);
  return out;
}

/// To all of them; one that the agent does not reach now is tried again: it may just be starting.
Result<void> tell_all(Standing& standing, const std::vector<std::string>& names, int number) {
  Result<void> out;  // one that is away keeps no other waiting
  for (const std::string& name : names) {
    Result<void> told;
    clients::eventually(kResumeMs, [&] { return (told = standing.runtime.world().signal(name, number)).has_value(); });
    if (!told && out) out = std::move(told);
  }
  return out;
}

/// Poolers hold back what their clients send while the primary changes: SIGUSR1 is PAUSE, SIGUSR2 RESUME (PgBouncer 1.18 manual,
/// "Signals"). Resumed whatever happens; should this process be killed, by who finds its journal (operate/drill.h, repair_left_drill).
class PausedPoolers {
 public:
  PausedPoolers(Standing& standing, const PostgresqlView& view) : standing_(standing), names_(poolers_of(standing, view)) {}
  ~PausedPoolers() {
    if (paused_) static_cast<void>(resume());
  }
  Result<void> pause() {
    paused_ = true;
    return tell_all(standing_, names_, SIGUSR1);
  }
  Result<void> resume() {
    auto told = tell_all(standing_, names_, SIGUSR2);
    paused_ = !told;
    return told;
  }

  /// A paused pooler closes each session of the server when its transaction has ended. Sessions of poolers are those that their client
  /// certificate opened: people and applications have none, and keelson has another.
  Result<void> drained(PgConnection& leader) const {
    if (names_.empty()) return {};
    Result<PgRows> left;
    const bool none = clients::eventually(kDrainMs, [&] {
      left = leader.query("select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where backend_type = 'client backend' and client_dn like '%/CN=pgb_auth'", {}, kQuestionMs, PgOverdue::abandon);
      return left && left->text(0, 0) == "0";
    });
    if (none) return {};
    if (!left) return tl::unexpected(left.error());
    return fail_as(ErrorCode::preflight_refused, "a transaction through the pooler does not end", {}, left->text(0, 0) + " sessions after " + std::to_string(kDrainMs / 1000) + " s; nothing was changed",
                   "wait for it, or end it: select pid, query from pg_stat_activity where state <> 'idle'");
  }

 private:
  Standing& standing_;
  const std::vector<std::string> names_;
  bool paused_ = false;
};

HttpRequest to_patroni(Standing& standing, const Member& member, std::string method, std::string path) {
  World& world = standing.runtime.world();
  HttpRequest request;
  request.method = std::move(method);
  request.host = member.name;
  request.address = member.address;
  request.port = member.instances.front().ready.port;
  request.path = std::move(path);
  request.trust_file = world.trust_file(TrustDomain::control);
  request.certificate_file = world.certificate_file(TrustDomain::control);
  request.key_file = world.key_file(TrustDomain::control);
  return request;
}

bool is_synchronous(const Component& component) { return text(component.settings, "durability") == "synchronous"; }

/// With a synchronous standby only that one may lead next (Patroni 3.0, "Synchronous mode"): who else is wished is refused.
Result<void> check_heir(Scene& scene) {
  if (scene.heir == nullptr || !is_synchronous(scene.component)) return {};
  KEELSON_TRY(const std::string standby, synchronous_standby(scene.standing, scene.leader));
  if (standby == scene.heir->name) return {};
  return fail_as(ErrorCode::preflight_refused, scene.heir->name + " cannot lead next", scene.component.name, "the synchronous standby is " + standby + ": only that member has every acknowledged commit",
                 "keelson switchover " + scene.component.name);
}

/// Patroni's own switchover (REST API, "POST /switchover"): the only way to a member that nothing else singles out. It lets all others
/// wait for 2 s (Patroni 3.0.2 ha.py, demote and process_unhealthy_cluster).
Result<void> ask_patroni(Scene& scene) {
  HttpRequest request = to_patroni(scene.standing, scene.leader, "POST", "/switchover");
  request.body = Json::object().set("leader", scene.leader.name).set("candidate", scene.heir->name).dump();
  request.timeout_ms = kPatienceMs;
  KEELSON_TRY(const HttpResponse answer, http_request(request));
  if (answer.status != 200) return fail("Patroni refused the switchover", scene.leader.name, "status " + std::to_string(answer.status) + ": " + answer.body.substr(0, 200));
  return {};
}

/// A planned restart of the leader: its Patroni shuts PostgreSQL down, waits until a replica has the shutdown checkpoint, gives the leader
/// key up (Patroni 3.0.2 ha.py, shutdown), and comes back as a replica. The synchronous standby, or the fittest replica, takes the key at once.
Result<void> restart(Scene& scene) {
  const Step step{.action = Action::restart, .component = scene.component.name, .subject = scene.leader.instances.front().name};
  return scene.standing.runtime.execute(scene.standing.foundation, step, [](const std::string&) {});
}

/// Whoever of the others takes writes. Sessions over the members' own sockets are kept: a question costs microseconds.
class Others {
 public:
  explicit Others(const Scene& scene) : world_(scene.standing.runtime.world()) {
    for (const Member& member : scene.component.members)
      if (&member != &scene.leader) others_.emplace_back(&member, std::nullopt);
  }
  const Member* writable() {
    for (auto& [member, session] : others_) {
      if (!session) {
        auto opened = clients::open_pg_admin(world_, *member);
        if (!opened) continue;
        session = std::move(*opened);
      }
      const auto role = session->query("select pg_is_in_recovery()", {}, kQuestionMs, PgOverdue::abandon);
      if (!role) session.reset();
      else if (!role->boolean(0, 0)) return member;
    }
    return nullptr;
  }

 private:
  World& world_;
  std::vector<std::pair<const Member*, std::optional<PgConnection>>> others_;
};

/// At once, where HAProxy's own checks would take up to a second. One that does not answer finds out by these.
void tell_endpoint(Scene& scene, const PostgresqlView& view, const Member& successor) {
  const Component* balancer = find_companion(scene.standing.foundation, scene.component.name, "haproxy");
  if (balancer == nullptr) return;
  const std::string socket = balancer->members.front().instances.front().place.run + "/" + std::string(kHaproxySocket);
  static_cast<void>(tell_haproxy(socket, view.primary->name, scene.leader.name, ServerOrder::down));
  static_cast<void>(tell_haproxy(socket, view.primary->name, successor.name, ServerOrder::up));
}

}  // namespace

Result<std::string> synchronous_standby(Standing& standing, const Member& asked) {
  KEELSON_TRY(const Json cluster, http_json(to_patroni(standing, asked, "GET", "/cluster")));
  for (const Json& member : cluster["members"].items())
    if (member["role"].as_string() == "sync_standby") return member["name"].as_string();
  return std::string();
}

Result<void> hand_over_postgresql(Scene& scene, const PostgresqlView& view) {
  KEELSON_CHECK(check_heir(scene));
  KEELSON_TRY(PgConnection admin, clients::open_pg_admin(scene.standing.runtime.world(), scene.leader));
  // What the shutdown would write out while nobody can write, is written out before.
  KEELSON_CHECK(admin.query("checkpoint", {}, kPatienceMs, PgOverdue::abandon));
  Others others(scene);
  others.writable();  // opens the sessions

  PausedPoolers poolers(scene.standing, view);
  KEELSON_CHECK(poolers.pause());
  KEELSON_CHECK(poolers.drained(admin));
  const bool patronis_way = scene.heir != nullptr && !is_synchronous(scene.component);
  auto stepping_down = std::async(std::launch::async, [&scene, patronis_way] { return patronis_way ? ask_patroni(scene) : restart(scene); });
  const Member* successor = nullptr;
  for (const Deadline until = Deadline::in_ms(kPatienceMs); successor == nullptr && !until.passed(); ::poll(nullptr, 0, kLookAgainMs)) {
    const bool over = stepping_down.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    successor = others.writable();
    if (successor == nullptr && over) break;  // refused, or the old leader is back and leads again
  }
  if (successor != nullptr) tell_endpoint(scene, view, *successor);
  KEELSON_CHECK(poolers.resume());
  KEELSON_CHECK(stepping_down.get());
  if (successor == nullptr) return fail("no other member leads after the switchover", scene.component.name, {}, "keelson why " + scene.component.name);
  return {};
}

Result<void> resume_poolers(Standing& standing, const PostgresqlView& view) { return tell_all(standing, poolers_of(standing, view), SIGUSR2); }

}  // namespace keelson::operate
