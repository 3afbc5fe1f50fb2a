#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/native/agent.h"
#include "runtime/native/wire.h"

namespace keelson::native {
namespace {

void refuse(Exchange& exchange, int status, const Error& error) { exchange.answer(status, Json::object().set("error", error_json(error))); }

void refuse_unknown(Exchange& exchange, const std::string& name) {
  refuse(exchange, 404, {ErrorCode::failed, "no such instance", name, "it is not declared", "see which are: keelson ps"});
}

const Json kDone = Json::object().set("done", true);

std::int64_t number(const AgentRequest& request, const std::string& key, std::int64_t otherwise) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? otherwise : std::atoll(found->second.c_str());
}

std::string word(const AgentRequest& request, const std::string& key) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string{} : found->second;
}

/// "life: detail", what somebody who waits for it wants to read.
std::string what_it_does(const InstanceStatus& status) {
  const std::string life(life_name(status.life));
  return status.detail.empty() ? life : life + ": " + status.detail;
}

}  // namespace

void Agent::serve(std::shared_ptr<Exchange> exchange) {
  const AgentRequest& request = exchange->request;
  constexpr std::string_view kInstances = "/v1/instances";
  if (request.path == "/v1/hello" && request.method == "GET")
    return exchange->answer(200, Json::object()
                                     .set("pid", static_cast<int>(getpid()))
                                     .set("guardian_pid", guardian_pid_)
                                     .set("version", "0.1.0")
                                     .set("foundation", options_.foundation)
                                     .set("started_at", rfc3339(began_ms_)));
  if (request.path == kInstances && request.method == "GET") return list(*exchange);
  if (request.path == "/v1/events" && request.method == "GET") return read_events(exchange);
  if (request.path == "/v1/shutdown" && request.method == "POST") return begin_shutdown(exchange);
  if (request.path.starts_with("/v1/instances/")) {
    const std::string rest = request.path.substr(kInstances.size() + 1);
    const auto slash = rest.find('/');
    const std::string verb = slash == std::string::npos ? "" : rest.substr(slash + 1);
    return serve_instance(exchange, rest.substr(0, slash), request.method + " " + verb);
  }
  refuse(*exchange, 404, {ErrorCode::not_supported, "the agent has no such route", request.method + " " + request.path, {}, {}});
}

void Agent::serve_instance(const std::shared_ptr<Exchange>& exchange, const std::string& name, const std::string& verb) {
  if (verb == "PUT ") return put(*exchange, name);
  if (verb == "GET wait") return wait_for(exchange, name);
  if (verb == "DELETE ") return remove(exchange, name);
  Supervised* const instance = find(name);
  if (!instance) return refuse_unknown(*exchange, name);
  if (ending_ && verb != "POST stop") return refuse(*exchange, 409, {ErrorCode::failed, "the agent is ending", name, {}, {}});
  Service& service = instance->service();
  if (verb == "POST start") service.start();
  else if (verb == "POST stop") service.stop();
  else if (verb == "POST restart") service.restart();
  else if (verb == "POST signal") {
    if (auto sent = instance->signal(static_cast<int>(number(exchange->request, "number", 0))); !sent) return refuse(*exchange, 409, sent.error());
    return exchange->answer(200, kDone);
  } else {
    return refuse(*exchange, 404, {ErrorCode::not_supported, "the agent has no such route", verb, {}, {}});
  }
  keep_spec(*instance);
  exchange->answer(200, kDone);
}

void Agent::put(Exchange& exchange, const std::string& name) {
  if (ending_) return refuse(exchange, 409, {ErrorCode::failed, "the agent is ending", name, {}, {}});
  const auto json = parse_json(exchange.request.body);
  if (!json) return refuse(exchange, 400, json.error());
  auto spec = process_spec_from_json(*json);
  if (!spec) return refuse(exchange, 400, spec.error());
  if (spec->name != name) return refuse(exchange, 400, {ErrorCode::failed, "the path and the body name different instances", name, spec->name, {}});
  Supervised* instance = find(name);
  if (instance) instance->declare(std::move(*spec));
  else instance = &add(std::move(*spec));
  std::erase(removing_, name);
  keep_spec(*instance);
  exchange.answer(200, kDone);
}

void Agent::list(Exchange& exchange) {
  Json rows = Json::array();
  for (const auto& [name, instance] : instances_) rows.push(to_json(instance->status()));
  exchange.answer(200, Json::object().set("instances", std::move(rows)));
}

void Agent::wait_for(const std::shared_ptr<Exchange>& exchange, const std::string& name) {
  const auto want = life_from(word(exchange->request, "want"));
  if (!want) return refuse(*exchange, 400, {ErrorCode::failed, "not a state to wait for", word(exchange->request, "want"), {}, {}});
  const std::int64_t version = number(exchange->request, "version", -1);
  park(exchange, [this, name, want = *want, version](Exchange& waiting, bool last_call) {
    Supervised* const instance = find(name);
    if (!instance && want != Life::absent && want != Life::stopped) {
      refuse_unknown(waiting, name);
      return true;
    }
    const bool reached = instance ? instance->service().life() == want : true;
    if (!reached && !last_call && instance->version() == version) return false;
    Json answer = Json::object().set("reached", reached);
    if (instance) answer.set("version", instance->version()).set("waits_for", what_it_does(instance->status().instance))
                      .set("deaths", instance->service().deaths_before_ready());
    waiting.answer(200, answer);
    return true;
  });
}

void Agent::remove(const std::shared_ptr<Exchange>& exchange, const std::string& name) {
  if (Supervised* const instance = find(name)) {
    instance->service().stop();
    keep_spec(*instance);
    if (std::find(removing_.begin(), removing_.end(), name) == removing_.end()) removing_.push_back(name);
    wake_waiters();
  }
  park(exchange, [this, name](Exchange& waiting, bool last_call) {
    Supervised* const instance = find(name);
    if (instance && instance->service().state() == Service::State::failed) {
      refuse(waiting, 409, {ErrorCode::failed, "processes of the instance do not go away", name, instance->service().detail(), "see what holds them: keelson ps"});
      return true;
    }
    if (instance && !last_call) return false;
    waiting.answer(200, Json::object().set("removed", instance == nullptr));
    return true;
  });
}

void Agent::read_events(const std::shared_ptr<Exchange>& exchange) {
  const std::int64_t after = number(exchange->request, "after", 0);
  park(exchange, [this, after](Exchange& waiting, bool last_call) {
    const auto events = events_.read(after);
    if (!events) {
      refuse(waiting, 500, events.error());
      return true;
    }
    if (events->empty() && !last_call) return false;
    Json rows = Json::array();
    for (const auto& event : *events) rows.push(state::to_json(event));
    waiting.answer(200, Json::object().set("events", std::move(rows)));
    return true;
  });
}

}  // namespace keelson::native
