#include <fmt/format.h>

#include "base/json.h"
#include "supervision/prober.h"

namespace keelson {
namespace {

std::string patroni_role(const std::string& role) {
  if (role == "master" || role == "primary") return "primary";
  if (role == "replica" || role == "standby_leader" || role == "sync_standby") return "replica";
  return {};
}

std::string redis_role(std::string_view role) {
  if (role == "master") return "primary";
  if (role == "slave") return "replica";
  return {};
}

}  // namespace

ProbeResult judge_http(const Probe& probe, const HttpReply& reply) {
  ProbeResult result;
  std::string state;
  if (const auto body = parse_json(reply.body); body && body->is_object()) {
    result.role = patroni_role((*body)["role"].as_string());
    state = (*body)["state"].as_string();
  }
  result.ok = reply.status == probe.expect_status;
  if (!result.ok) result.detail = fmt::format("{} answers {}{}{}", probe.request, reply.status, state.empty() ? "" : ", state ", state);
  return result;
}

ProbeResult judge_pgbouncer(std::string_view answer) {
  if (answer.starts_with('S')) return {true, {}, {}};
  return {false, {}, answer.empty() ? "the connection was closed" : "TLS is refused"};
}

ProbeResult judge_redis(const Probe& probe, const RespValue& reply) {
  if (reply.is_error()) return {false, {}, fmt::format("{} answers {}", probe.request, reply.text.substr(0, 120))};
  if (probe.request == "PING") {
    if (reply.is_text() && reply.text == "PONG") return {true, {}, {}};
    return {false, {}, "PING was not answered with PONG"};
  }
  if (!reply.is_array() || reply.text_at(0).empty()) return {false, {}, "ROLE was not answered with a role"};
  // A replica that has no link to its master yet serves old data or none: not ready (ROLE item 3, redis.io/commands/role).
  if (reply.text_at(0) == "slave" && reply.text_at(3) != "connected")
    return {false, {}, fmt::format("replica, its link to the master is \"{}\"", reply.text_at(3))};
  return {true, redis_role(reply.text_at(0)), {}};
}

}  // namespace keelson
