#pragma once
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <list>
#include <mutex>
#include <thread>

#include "protocol/kubernetes_api.h"
#include "system/fd.h"

namespace keelson {

/// Kubernetes' API for unit tests, over real HTTP: lists of metadata, and patches of annotations that are refused when they name another revision than the
/// object has. What a wire does to a patch can be told. (tests/live meets the real one.)
class ApiForTests {
 public:
  using Map = std::map<std::string, std::string>;
  enum class Fate {
    answered,
    unanswered,  ///< done, and the answer is lost
    held,        ///< on its way until `deliver`; the client hears nothing
  };

  ApiForTests() {
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t length = sizeof any;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any);
    ::listen(listener_.get(), 8);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&any), &length);
    port_ = ntohs(any.sin_port);
    std::array<char, 64> name{"/tmp/keelson-api-XXXXXX"};
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "..first") << "a token";
    std::filesystem::create_symlink("..first", folder_ / "token");  // as the kubelet mounts it
    accepting_ = std::thread([this] { accept(); });
  }
  ~ApiForTests() {
    ends_ = true;
    accepting_.join();
    for (std::thread& one : serving_) one.join();
    std::filesystem::remove_all(folder_);
  }

  KubernetesPlace place() const { return {.host = "127.0.0.1", .port = port_, .trust_file = {}, .token_file = folder_ / "token", .space = "shop"}; }

  void put(const std::string& kind, const std::string& name, Map labels, Map annotations) {
    const std::lock_guard hold(mutex_);
    objects_[kind][name] = {std::move(labels), std::move(annotations), ++revision_, false};
  }
  void end(const std::string& kind, const std::string& name) {
    const std::lock_guard hold(mutex_);
    objects_[kind][name].ending = true;
  }
  /// Somebody else's write.
  void write(const std::string& kind, const std::string& name, const Map& annotations) {
    const std::lock_guard hold(mutex_);
    Object& object = objects_[kind][name];
    for (const auto& [key, value] : annotations) object.annotations[key] = value;
    object.revision = ++revision_;
  }
  Map annotations(const std::string& kind, const std::string& name) {
    const std::lock_guard hold(mutex_);
    return objects_[kind][name].annotations;
  }
  void next_patch(Fate fate) {
    const std::lock_guard hold(mutex_);
    fate_ = fate;
  }
  /// The patch that was held arrives; the status it would be answered by.
  int deliver() {
    const std::lock_guard hold(mutex_);
    return patch(held_).first;
  }

 private:
  struct Object {
    Map labels, annotations;
    std::int64_t revision = 0;
    bool ending = false;
  };
  struct Request {
    std::string method, kind, name, query, body;
    bool authorized = false;
  };

  bool waits_for(int fd) const {
    pollfd ready{fd, POLLIN, 0};
    while (!ends_)
      if (::poll(&ready, 1, 20) > 0) return true;
    return false;
  }
  void accept() {
    while (waits_for(listener_.get()))
      serving_.emplace_back([this, fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)] { serve(OwnedFd(fd)); });
  }
  void serve(OwnedFd client) {
    std::string buffer;
    while (const auto request = read_request(client.get(), buffer)) {
      const auto answer = answer_to(*request);
      if (!answer) return;  // the connection goes with the answer
      const std::string text = "HTTP/1.1 " + std::to_string(answer->first) + " it is\r\nContent-Length: " + std::to_string(answer->second.size()) + "\r\n\r\n" + answer->second;
      if (::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  std::optional<Request> read_request(int fd, std::string& buffer) const {
    std::size_t head, length = 0;
    while ((head = buffer.find("\r\n\r\n")) == std::string::npos || buffer.size() < head + 4 + (length = length_in(buffer.substr(0, head)))) {
      std::array<char, 4096> bytes;
      const ssize_t got = waits_for(fd) ? ::recv(fd, bytes.data(), bytes.size(), 0) : 0;
      if (got <= 0) return std::nullopt;
      buffer.append(bytes.data(), static_cast<std::size_t>(got));
    }
    Request out = parsed(buffer.substr(0, head));
    out.body = buffer.substr(head + 4, length);
    buffer.erase(0, head + 4 + length);
    return out;
  }
  static std::size_t length_in(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }
  /// "PATCH /api/v1/namespaces/shop/configmaps/a?b HTTP/1.1"
  static Request parsed(const std::string& head) {
    Request out{.authorized = (head + "\r\n").find("Authorization: Bearer a token\r\n") != std::string::npos};
    const std::size_t method = head.find(' '), end = head.find(' ', method + 1);
    const std::string target = head.substr(method + 1, end - method - 1), prefix = "/api/v1/namespaces/shop/";
    out.method = head.substr(0, method);
    const std::size_t query = std::min(target.find('?'), target.size());
    const std::string path = target.substr(prefix.size(), query - prefix.size());
    const std::size_t slash = std::min(path.find('/'), path.size());
    out.kind = path.substr(0, slash);
    out.name = slash < path.size() ? path.substr(slash + 1) : "";
    out.query = query < target.size() ? target.substr(query + 1) : "";
    return out;
  }

  using Answer = std::pair<int, std::string>;
  std::optional<Answer> answer_to(const Request& request) {
    const std::lock_guard hold(mutex_);
    if (!request.authorized) return Answer{401, "{}"};
    if (request.method == "GET") return Answer{200, list(request)};
    const Fate fate = std::exchange(fate_, Fate::answered);
    if (fate == Fate::held) {
      held_ = request;
      return std::nullopt;
    }
    Answer out = patch(request);
    return fate == Fate::unanswered ? std::nullopt : std::optional(std::move(out));
  }
  static bool asks_for(const Request& request, std::string label, const std::string& value) {
    if (const std::size_t slash = label.find('/'); slash != std::string::npos) label.replace(slash, 1, "%2F");
    return request.query.find(label + "%3D" + value) != std::string::npos;
  }
  std::string list(const Request& request) {
    Json items = Json::array();
    for (const auto& [name, object] : objects_[request.kind])
      if (std::all_of(object.labels.begin(), object.labels.end(), [&](const auto& label) { return asks_for(request, label.first, label.second); }))
        items.push(json(name, object));
    return Json::object().set("items", std::move(items)).dump();
  }
  Answer patch(const Request& request) {
    const auto found = objects_[request.kind].find(request.name);
    if (found == objects_[request.kind].end()) return {404, "{}"};
    const Json meta = (*parse_json(request.body))["metadata"];
    if (meta.has("resourceVersion") && meta["resourceVersion"].as_string() != std::to_string(found->second.revision)) return {409, "{}"};
    Map after = found->second.annotations;
    for (const auto& [key, value] : meta["annotations"].members()) after[key] = value.as_string();
    if (after != found->second.annotations) found->second.revision = ++revision_;  // a write that changes nothing is none
    found->second.annotations = std::move(after);
    return {200, json(found->first, found->second).dump()};
  }
  static Json json(const std::string& name, const Object& object) {
    Json annotations = Json::object(), meta = Json::object();
    for (const auto& [key, value] : object.annotations) annotations.set(key, value);
    meta.set("name", name).set("resourceVersion", std::to_string(object.revision)).set("annotations", std::move(annotations));
    if (object.ending) meta.set("deletionTimestamp", "2026-11-22T21:16:47Z");
    return Json::object().set("metadata", std::move(meta));
  }

  const OwnedFd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::map<std::string, Object>> objects_;
  std::int64_t revision_ = 100;
  Fate fate_ = Fate::answered;
  Request held_;
  std::atomic<bool> ends_ = false;
  std::thread accepting_;
  std::list<std::thread> serving_;
};

}  // namespace keelson
