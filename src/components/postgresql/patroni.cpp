#include "components/postgresql/patroni.h"

#include <chrono>
#include <thread>

#include "components/postgresql/verbs.h"
#include "protocol/http.h"

namespace keelson::postgresql {
namespace {

constexpr int kConflicts = 20;
constexpr std::chrono::milliseconds kPause{50};

HttpRequest request(World& world, const Member& member, std::string method, std::string path, std::string body) {
  HttpRequest out;
  out.method = std::move(method);
  out.host = member.name;
  out.address = member.address;
  out.port = kRestPort;
  out.path = std::move(path);
  out.body = std::move(body);
  out.trust_file = world.trust_file(TrustDomain::control);
  out.certificate_file = world.certificate_file(TrustDomain::control);
  out.key_file = world.key_file(TrustDomain::control);
  return out;
}

/// Patroni knows a member by its machine.
std::string name_of(const Component& component, const std::string& host) {
  for (const Member& member : component.members)
    if (host_name(member) == host) return member.name;
  return host;
}

}  // namespace

Result<Json> Patroni::first_answer(const std::string& path, const Member* asked) const {
  std::vector<const Member*> order;
  for (const Member& member : component_.members) order.insert(&member == asked ? order.begin() : order.end(), &member);
  Error last{.what = "the component has no members"};
  for (const Member* member : order) {
    auto answer = http_json(request(world_, *member, "GET", path, {}));
    if (answer) return answer;
    last = std::move(answer).error();
  }
  return unexpected(std::move(last));
}

Result<std::vector<ClusterMember>> Patroni::cluster(const Member* asked) const {
  KEELSON_TRY(const Json answer, first_answer("/cluster", asked));
  std::vector<ClusterMember> out;
  for (const Json& member : answer["members"].items())
    out.push_back({name_of(component_, member["name"].as_string()), member["role"].as_string(), member["state"].as_string()});
  return out;
}

Result<const Member*> Patroni::leader() const {
  KEELSON_TRY(const auto seen, cluster());
  return leader(seen);
}

Result<const Member*> Patroni::leader(const std::vector<ClusterMember>& seen) const {
  for (const ClusterMember& candidate : seen)
    for (const Member& member : component_.members)
      if (member.name == candidate.name && candidate.role == "leader" && candidate.state == "running") return &member;
  return fail_as(ErrorCode::not_healthy, "no member is primary now", component_.name, "nobody holds the leader key",
                 "keelson why " + component_.name);
}

Result<Json> Patroni::configuration(const Member* asked) const { return first_answer("/config", asked); }

/// Patroni reads, merges and writes only if nobody wrote meanwhile; else it answers 409 and has changed nothing (Patroni 3.0.2 api.py,
/// do_PATCH_config): then it is asked again.
Result<void> Patroni::change(const Json& change) const {
  KEELSON_TRY(const Member* holder, leader());
  for (int left = kConflicts;; --left) {
    KEELSON_TRY(const HttpResponse response, http_request(request(world_, *holder, "PATCH", "/config", change.dump())));
    if (response.status == 200) return {};
    if (response.status != 409 || left == 0) return fail("Patroni refused a change of its configuration", holder->name, "status " + std::to_string(response.status));
    std::this_thread::sleep_for(kPause);
  }
}

Result<void> Patroni::reload(const Member& member) const {
  KEELSON_TRY(const HttpResponse response, http_request(request(world_, member, "POST", "/reload", "{}")));
  if (response.status / 100 != 2)
    return fail("Patroni refused to reload", member.name, "status " + std::to_string(response.status));
  return {};
}

Result<PgConnection> open_admin(World& world, const Member& member, const std::string& database) {
  PgAddress address;
  switch (world.reach()) {
    case Reach::socket: address.host = member.instances.front().place.run; break;
    case Reach::network:
      address.host = member.name;
      address.address = member.address;
      address.trust_file = world.trust_file(TrustDomain::services);
      address.certificate_file = world.certificate_file(TrustDomain::members);
      address.key_file = world.key_file(TrustDomain::members);
      break;
  }
  address.port = kPort;
  address.user = "postgres";
  address.database = database;
  // A statement that fails must not carry a verifier into the server's log.
  address.options = "-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic";
  return PgConnection::open(address);
}

Result<std::map<std::string, std::string>> roles(World& world, const Foundation&, const Component& component) {
  KEELSON_TRY(const auto members, Patroni(world, component).cluster());
  std::map<std::string, std::string> out;
  for (const ClusterMember& member : members)
    if (member.state == "running" || member.state == "streaming") out[member.name] = member.role == "leader" ? "primary" : "replica";
  return out;
}

Result<void> reload(World& world, const Foundation&, const Component& component, const Member& member, const std::string&) {
  return Patroni(world, component).reload(member);
}

}  // namespace keelson::postgresql
