#include "runtime/native/agent_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "async/pidfd.h"
#include "supervision/http_message.h"
#include "runtime/native/unix_socket.h"
#include "runtime/native/wire.h"

namespace keelson::native {
namespace {

constexpr int kAnswerMs = 10'000;  ///< beyond what the agent was asked to wait: it answers at once
constexpr std::size_t kLargestReply = 16 << 20;

using Clock = std::chrono::steady_clock;

int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

unexpected<Error> gone(const std::string& path, int error) {
  return fail_as(ErrorCode::not_running, "the agent went away while it was asked", path, std::strerror(error));
}

Result<void> send_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return gone(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<HttpReply> receive(int fd, int wait_ms, const std::string& path) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(wait_ms);
  HttpReplyParser parser(kLargestReply);
  std::array<char, 16384> buffer;
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    const int polled = ::poll(&ready, 1, left_ms(deadline));
    if (polled < 0 && errno == EINTR) continue;
    if (polled == 0) return fail("the agent did not answer in time", path, fmt::format("waited {} ms", wait_ms));
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return gone(path, errno);
    if (got == 0) {
      auto reply = parser.end();
      if (!reply) return gone(path, ECONNRESET);
      return reply;
    }
    KEELSON_TRY(auto reply, parser.feed({buffer.data(), static_cast<std::size_t>(got)}));
    if (reply) return std::move(*reply);
  }
}

/// One request on a connection of its own.
Result<Json> ask(const std::string& path, std::string_view method, const std::string& target, const std::string& body = {}, int wait_ms = 0) {
  KEELSON_TRY(const OwnedFd fd, connect_unix(path));
  const std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: keelson\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", method, target, body.size(), body);
  KEELSON_CHECK(send_all(fd.get(), request, path));
  KEELSON_TRY(const HttpReply reply, receive(fd.get(), wait_ms + kAnswerMs, path));
  KEELSON_TRY(Json json, parse_json(reply.body));
  if (reply.status >= 300) return tl::unexpected(error_from_json(json["error"]));
  return json;
}

std::string instance_path(const std::string& name, std::string_view rest = "") { return fmt::format("/v1/instances/{}{}", name, rest); }

Result<void> post(const std::string& path, const std::string& target) {
  KEELSON_TRY([[maybe_unused]] const Json answer, ask(path, "POST", target));
  return {};
}

}  // namespace

AgentClient::AgentClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

Result<Json> AgentClient::hello() { return ask(socket_path_, "GET", "/v1/hello"); }

Result<void> AgentClient::put(const ProcessSpec& spec) {
  KEELSON_TRY([[maybe_unused]] const Json answer, ask(socket_path_, "PUT", instance_path(spec.name), to_json(spec).dump()));
  return {};
}

Result<void> AgentClient::start(const std::string& name) { return post(socket_path_, instance_path(name, "/start")); }
Result<void> AgentClient::stop(const std::string& name) { return post(socket_path_, instance_path(name, "/stop")); }
Result<void> AgentClient::restart(const std::string& name) { return post(socket_path_, instance_path(name, "/restart")); }
Result<void> AgentClient::signal(const std::string& name, int number) {
  return post(socket_path_, instance_path(name, fmt::format("/signal?number={}", number)));
}

Result<void> AgentClient::remove(const std::string& name) {
  for (;;) {  // bounded by the agent: stop timeout, kill, and `failed` as an error when processes do not go away
    KEELSON_TRY(const Json answer, ask(socket_path_, "DELETE", instance_path(name, "?wait_ms=1000"), {}, 1000));
    if (answer["removed"].as_bool()) return {};
  }
}

Result<std::vector<ProcessStatus>> AgentClient::status() {
  KEELSON_TRY(const Json answer, ask(socket_path_, "GET", "/v1/instances"));
  std::vector<ProcessStatus> all;
  for (const Json& row : answer["instances"].items()) all.push_back(status_from_json(row));
  return all;
}

Result<void> AgentClient::wait(const std::string& name, Life want, int timeout_ms, const std::function<void(const std::string&)>& waiting,
                               const std::function<bool(int deaths)>& hopeless) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  std::string told;
  std::int64_t version = -1;
  for (;;) {
    const int wait_ms = std::min(left_ms(deadline), 1000);
    const std::string query = fmt::format("/wait?want={}&version={}&wait_ms={}", life_name(want), version, wait_ms);
    KEELSON_TRY(const Json answer, ask(socket_path_, "GET", instance_path(name, query), {}, wait_ms));
    if (answer["reached"].as_bool()) return {};
    version = answer["version"].as_int();
    const std::string& waits_for = answer["waits_for"].as_string();
    if (waiting && waits_for != told) waiting(waits_for);
    told = waits_for;
    if (const int deaths = static_cast<int>(answer["deaths"].as_int()); hopeless && hopeless(deaths))
      return fail_as(ErrorCode::not_healthy, fmt::format("{} ends each time it is started, {} times so far", name, deaths), {}, told, fmt::format("read its log: keelson logs {}", name));
    if (left_ms(deadline) == 0)
      return fail_as(ErrorCode::not_healthy, fmt::format("{} is not {} in time", name, life_name(want)), {}, told, fmt::format("read its log: keelson logs {}", name));
  }
}

Result<std::vector<Json>> AgentClient::events(std::int64_t after, int wait_ms) {
  KEELSON_TRY(const Json answer, ask(socket_path_, "GET", fmt::format("/v1/events?after={}&wait_ms={}", after, wait_ms), {}, wait_ms));
  return answer["events"].items();
}

Result<void> AgentClient::shutdown(int timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  KEELSON_TRY(const Json who, hello());
  std::vector<OwnedFd> processes;
  for (const char* key : {"pid", "guardian_pid"})
    if (who[key].as_int() > 1)
      if (auto fd = open_pidfd(static_cast<int>(who[key].as_int()))) processes.push_back(std::move(*fd));
  KEELSON_CHECK(post(socket_path_, "/v1/shutdown"));
  for (const OwnedFd& process : processes) {
    pollfd ended{process.get(), POLLIN, 0};
    int polled = 0;
    do polled = ::poll(&ended, 1, left_ms(deadline));
    while (polled < 0 && errno == EINTR);
    if (polled == 0)
      return fail_as(ErrorCode::not_healthy, "the foundation did not stop in time", socket_path_, fmt::format("waited {} ms", timeout_ms), "see what still runs: keelson ps");
  }
  return {};
}

}  // namespace keelson::native
