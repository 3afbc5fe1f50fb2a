#include "runtime/native/wire.h"

#include <array>

namespace keelson::native {
namespace {

constexpr std::array<std::string_view, 7> kLives{"absent", "stopped", "starting", "running", "ready", "stopping", "failed"};
static_assert(kLives.size() == static_cast<std::size_t>(Life::failed) + 1, "a Life without a name");

}  // namespace

std::string_view life_name(Life life) { return kLives[static_cast<std::size_t>(life)]; }

std::optional<Life> life_from(std::string_view name) {
  for (std::size_t i = 0; i < kLives.size(); ++i)
    if (kLives[i] == name) return static_cast<Life>(i);
  return std::nullopt;
}

Json to_json(const ProcessStatus& status) {
  const InstanceStatus& instance = status.instance;
  Json pids = Json::array();
  for (const int pid : instance.pids) pids.push(pid);
  return Json::object()
      .set("name", instance.name)
      .set("life", life_name(instance.life))
      .set("pids", std::move(pids))
      .set("role", instance.role)
      .set("started_ms", instance.started_ms)
      .set("restarts", instance.restarts)
      .set("detail", instance.detail)
      .set("command_digest", status.command_digest)
      .set("memory_limit", status.memory_limit)
      .set("tending_digest", status.tending_digest);
}

ProcessStatus status_from_json(const Json& json) {
  ProcessStatus status;
  InstanceStatus& instance = status.instance;
  instance.name = json["name"].as_string();
  instance.life = life_from(json["life"].as_string()).value_or(Life::absent);
  for (const Json& pid : json["pids"].items()) instance.pids.push_back(static_cast<int>(pid.as_int()));
  instance.role = json["role"].as_string();
  instance.started_ms = json["started_ms"].as_int();
  instance.restarts = static_cast<int>(json["restarts"].as_int());
  instance.detail = json["detail"].as_string();
  status.command_digest = json["command_digest"].as_string();
  status.memory_limit = json["memory_limit"].as_int();
  status.tending_digest = json["tending_digest"].as_string();
  return status;
}

Json error_json(const Error& error) {
  return Json::object()
      .set("code", static_cast<int>(error.code))
      .set("what", error.what)
      .set("where", error.where)
      .set("why", error.why)
      .set("next", error.next);
}

Error error_from_json(const Json& json) {
  const auto code = json["code"].as_int();
  const bool known = code >= 0 && code <= static_cast<int>(ErrorCode::not_running);
  Error error{known ? static_cast<ErrorCode>(code) : ErrorCode::failed, json["what"].as_string(), json["where"].as_string(), json["why"].as_string(), json["next"].as_string()};
  if (error.what.empty()) error.what = "the agent refused without saying why";
  return error;
}

}  // namespace keelson::native
