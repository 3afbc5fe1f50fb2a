#include <fstream>
#include <map>
#include <sstream>

#include "client/client.h"
#include "plan/plan.h"
#include "verify/checks.h"
#include "verify/plaintext.h"

namespace keelson::checks {
namespace {

constexpr std::size_t kShownSteps = 5;
constexpr int kAnswerMs = 2'000;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// One login as a client of the endpoint would do it.
Result<void> log_in(ClientContext& context, const Endpoint& endpoint, const EndpointUser& user) {
  const Target target = target_of(context.foundation, endpoint);
  if (endpoint.protocol == "redis") {
    KEELSON_TRY(RespClient client, open_redis(context.world, target, user.name, user.secret));
    KEELSON_CHECK(ask(client, {"PING"}));
    return {};
  }
  if (endpoint.protocol != "postgresql") return fail_as(ErrorCode::not_supported, "no client for this protocol", endpoint.name, endpoint.protocol);
  // A user owns one database or several; its login counts where it owns.
  std::string database = endpoint.database;
  for (const PostgresqlView& view : postgresql_of(context.foundation))
    for (const Database& one : view.databases)
      if (one.secret == user.secret) database = one.name;
  KEELSON_TRY(PgConnection session, open_pg(context.world, target, {database, user.name, user.secret}));
  KEELSON_CHECK(session.query("select 1"));
  return {};
}

/// What the sheet must say of an endpoint: place and secrets. "" when it does.
std::string missing_line(const std::string& sheet, const Endpoint& endpoint) {
  std::vector<std::string> wanted = {endpoint.name + ":" + std::to_string(endpoint.port), endpoint.address + ":" + std::to_string(endpoint.port)};
  for (const EndpointUser& user : endpoint.users) {
    wanted.push_back(user.name);
    if (!user.secret.empty()) wanted.push_back(user.secret);
  }
  for (const std::string& word : wanted)
    if (sheet.find(word) == std::string::npos) return word;
  return {};
}

/// "" when PostgreSQL (or PgBouncer) offers TLS there, else why not. The postmaster forks to answer, so this is its life.
std::string postgresql_view(const Target& target) {
  const Deadline deadline = Deadline::in_ms(kAnswerMs);
  auto client = TlsClient::connect({.address = target.address, .port = target.port, .transport = Transport::tcp}, deadline);
  if (!client) return client.error().why;
  if (const auto sent = client->write(kSslRequest, deadline); !sent) return sent.error().why;
  const auto answer = client->read(deadline);
  if (!answer) return answer.error().why;
  return *answer == "S" ? std::string() : answer->empty() ? "the connection is closed" : "no TLS";
}

std::string http_view(ClientContext& context, const Target& target, const Probe& probe) {
  World& world = context.world;
  HttpRequest request{.host = target.host, .address = target.address, .port = target.port, .path = probe.request, .tls = probe.tls,
                      .trust_file = world.trust_file(probe.trust)};
  if (probe.client_certificate) request.certificate_file = world.certificate_file(probe.trust), request.key_file = world.key_file(probe.trust);
  const auto answer = http_request(request);
  if (!answer) return answer.error().why;
  return answer->status == probe.expect_status ? std::string() : "HTTP " + std::to_string(answer->status);
}

/// Members and Sentinels, as keelson's own user.
std::string redis_view(ClientContext& context, const Target& target, const Probe& probe) {
  auto client = open_redis(context.world, target, probe.user, probe.secret);
  if (!client) return client.error().why;
  const auto pong = ask(*client, {"PING"});
  return pong ? std::string() : pong.error().why;
}

/// "" when a client gets an answer from the member in its engine's own protocol, else why not. Users and passwords of
/// applications are DE-2's matter: this asks who is alive.
std::string client_view(ClientContext& context, const Component& component, const Member& member, const Instance& instance) {
  const Probe& probe = instance.ready;
  const Target target = target_of(context.foundation, member, probe.port);
  if (component.kind->name == "postgresql")  // its process is Patroni, its client wants the database
    if (std::string seen = postgresql_view(target_of(context.foundation, member, component.kind->ports.front().number)); !seen.empty()) return seen;
  switch (probe.protocol) {
    case ProbeProtocol::redis: return redis_view(context, target, probe);
    case ProbeProtocol::http: return http_view(context, target, probe);
    case ProbeProtocol::pgbouncer: return postgresql_view(target);
    case ProbeProtocol::process: return {};  // no client can see it
    case ProbeProtocol::tcp: {
      const auto client = TlsClient::connect({.address = probe.address == kEveryAddress ? target.address : probe.address, .port = probe.port, .transport = Transport::tcp}, Deadline::in_ms(kAnswerMs));
      return client ? std::string() : client.error().why;
    }
  }
  return {};
}

std::string endpoint_view(ClientContext& context, const Endpoint& endpoint) {
  const Target target = target_of(context.foundation, endpoint);
  if (endpoint.protocol == "postgresql") return postgresql_view(target);
  if (endpoint.protocol != "redis") return {};
  const auto client = dial_redis(context.world, target);
  return client ? std::string() : client.error().why;
}

std::string_view life_name(Life life) {
  switch (life) {
    case Life::absent: return "absent";
    case Life::stopped: return "stopped";
    case Life::starting: return "starting";
    case Life::running: return "running, not ready";
    case Life::ready: return "ready";
    case Life::stopping: return "stopping";
    case Life::failed: return "failed";
  }
  return "unknown";
}

}  // namespace

Result<Finding> nothing_to_change(CheckContext& context) {
  KEELSON_TRY(const Observed observed, context.runtime.observe(context.foundation));
  const Plan plan = make_plan(context.foundation, observed);
  if (plan.empty()) return passed("the plan is empty");
  std::vector<std::string> steps;
  for (const Step& step : plan.steps)
    if (steps.size() < kShownSteps) steps.push_back(step.id + " (" + step.reason + ")");
  const std::string more = plan.steps.size() > kShownSteps ? " and " + std::to_string(plan.steps.size() - kShownSteps) + " more" : "";
  return failed(std::to_string(plan.steps.size()) + " steps to do: " + joined(steps) + more, "keelson up");
}

Result<Finding> access_sheet_is_whole(CheckContext& context) {
  const std::string path = context.state_dir + "/access-info.txt";
  const std::string sheet = text_of(path);
  if (context.foundation.endpoints.empty()) return skipped("the foundation has no endpoints");
  if (sheet.empty()) return failed(path + " is missing or empty", "keelson up writes it");
  for (const Endpoint& endpoint : context.foundation.endpoints)
    if (const std::string word = missing_line(sheet, endpoint); !word.empty()) return failed(path + " does not name " + word, "keelson up writes it");
  return passed(path + " names " + std::to_string(context.foundation.endpoints.size()) + " endpoints with their users");
}

Result<Finding> logins_work(ClientContext& context) {
  int logins = 0;
  for (const Endpoint& endpoint : context.foundation.endpoints)
    for (const EndpointUser& user : endpoint.users) {
      if (user.secret.empty()) continue;  // socket only: PG-3 tries it
      const auto worked = log_in(context, endpoint, user);
      if (!worked) return failed(user.name + " cannot log in at " + endpoint.name + " with secret " + user.secret + ": " + worked.error().why, "keelson up sets the password again");
      ++logins;
    }
  if (logins == 0) return skipped("nobody has a password");
  return passed(std::to_string(logins) + " logins work");
}

Result<Finding> status_is_ready(CheckContext& context) {
  KEELSON_TRY(const std::vector<InstanceStatus> status, context.runtime.status());
  std::map<std::string, Life> lives;
  for (const InstanceStatus& one : status) lives[one.name] = one.life;
  const std::vector<PlacedInstance> instances = instances_of(context.foundation);
  std::vector<std::string> faults;
  for (const PlacedInstance& placed : instances) {
    const auto found = lives.find(placed.instance->name);
    const Life life = found == lives.end() ? Life::absent : found->second;
    if (life != Life::ready) faults.push_back(placed.instance->name + " is " + std::string(life_name(life)) + " by its status");
  }
  if (!faults.empty()) return failed(joined(faults, "; "), "keelson status; keelson logs MEMBER");
  return passed(std::to_string(instances.size()) + " processes are ready by their status");
}

Result<Finding> everything_answers(ClientContext& context) {
  std::vector<std::string> faults;
  const std::vector<PlacedInstance> instances = instances_of(context.foundation);
  for (const PlacedInstance& placed : instances)
    if (const std::string seen = client_view(context, *placed.component, *placed.member, *placed.instance); !seen.empty()) faults.push_back(placed.instance->name + ", a client sees: " + seen);
  for (const Endpoint& endpoint : context.foundation.endpoints)
    if (const std::string seen = endpoint_view(context, endpoint); !seen.empty()) faults.push_back(endpoint.name + ", a client sees: " + seen);
  if (!faults.empty()) return failed(joined(faults, "; "), "keelson status; keelson logs MEMBER");
  return passed(std::to_string(instances.size()) + " processes and " + std::to_string(context.foundation.endpoints.size()) + " endpoints answer a client");
}

}  // namespace keelson::checks
