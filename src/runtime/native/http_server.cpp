#include "runtime/native/http_server.h"

#include <microhttpd.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstring>

namespace keelson::native {

struct Exchange::Slot {
  HttpServer* server = nullptr;
  MHD_Connection* connection = nullptr;
  std::string body = {};
  bool served = false, suspended = false, too_large = false;
  int status = 0;  ///< 0 = not answered yet
  std::string reply = {};
};

namespace {

constexpr std::size_t kLargestBody = 1 << 20;

MHD_Result queue(MHD_Connection* connection, int status, const std::string& text) {
  MHD_Response* response = MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(status), response);
  MHD_destroy_response(response);
  return queued;
}

std::string refusal(const char* what) { return Json::object().set("error", Json::object().set("what", what)).dump(); }

MHD_Result add_argument(void* query, MHD_ValueKind, const char* key, const char* value) {
  (*static_cast<std::map<std::string, std::string>*>(query))[key] = value ? value : "";
  return MHD_YES;
}

Peer peer_of_connection(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? peer_of(info->connect_fd) : Peer{};
}

}  // namespace

/// Everything runs on the loop's thread, inside MHD_run. MHD calls `access` first with the headers, then for each piece of
/// the body, then once more at its end, and again after a resume.
struct HttpServer::Hooks {
  static MHD_Result access(void* self, MHD_Connection* connection, const char* url, const char* method, const char*, const char* data,
                           size_t* size, void** state) {
    auto& server = *static_cast<HttpServer*>(self);
    auto* slot = static_cast<Exchange::Slot*>(*state);
    if (!slot) {
      auto made = std::make_shared<Exchange::Slot>();
      made->server = &server;
      made->connection = connection;
      *state = made.get();
      server.slots_.emplace(made.get(), made);
      return MHD_YES;
    }
    if (*size > 0) {
      if (slot->body.size() + *size > kLargestBody) slot->too_large = true;
      else slot->body.append(data, *size);
      *size = 0;
      return MHD_YES;
    }
    if (slot->too_large) return queue(connection, 413, refusal("the request is too large"));
    if (!slot->served) {
      const Peer peer = peer_of_connection(connection);
      if (peer.uid != 0 && peer.uid != static_cast<int>(geteuid())) return queue(connection, 403, refusal("this agent belongs to another user"));
      slot->served = true;
      AgentRequest request{method, url, {}, std::move(slot->body), peer};
      MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, &request.query);
      auto exchange = std::make_shared<Exchange>(std::move(request));
      exchange->slot_ = server.slots_.at(slot);
      server.serve_(std::move(exchange));
    }
    if (slot->status != 0) return queue(connection, slot->status, slot->reply);
    if (!slot->suspended) {
      slot->suspended = true;
      MHD_suspend_connection(connection);
    }
    return MHD_YES;
  }

  static void completed(void* self, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    static_cast<HttpServer*>(self)->slots_.erase(static_cast<Exchange::Slot*>(*state));
    *state = nullptr;
  }
};

Exchange::~Exchange() {
  answer(500, Json::object().set("error", Json::object().set("what", "the agent gave no answer")));
}

void Exchange::answer(int status, const Json& body) {
  const auto slot = slot_.lock();
  if (!slot || slot->status != 0) return;
  slot->status = status;
  slot->reply = body.dump();
  if (!slot->suspended) return;  // still inside `access`: queued there
  slot->suspended = false;
  MHD_resume_connection(slot->connection);
  slot->server->schedule();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Loop& loop, OwnedFd listening, Serve serve) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, std::move(serve)));
  server->daemon_ = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, nullptr, nullptr, &Hooks::access, server.get(),
                                     MHD_OPTION_LISTEN_SOCKET, listening.get(), MHD_OPTION_NOTIFY_COMPLETED, &Hooks::completed, server.get(),
                                     MHD_OPTION_CONNECTION_LIMIT, 64U, MHD_OPTION_CONNECTION_TIMEOUT, 30U,
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, std::size_t{16} << 10, MHD_OPTION_END);
  if (!server->daemon_) return fail("cannot serve HTTP on the agent's socket");
  static_cast<void>(listening.release());  // MHD closes it
  const auto* info = MHD_get_daemon_info(server->daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  if (!info) return fail("libmicrohttpd has no epoll descriptor");
  server->watch_ = loop.watch(info->epoll_fd, EPOLLIN, [self = server.get()](std::uint32_t) { self->turn(); });
  return server;
}

HttpServer::~HttpServer() {
  watch_.reset();
  timer_.reset();
  if (!daemon_) return;
  // MHD requires that no connection is suspended when it ends.
  for (auto& [pointer, slot] : slots_)
    if (slot->suspended) {
      slot->suspended = false;
      slot->status = 503;
      slot->reply = refusal("the agent is ending");
      MHD_resume_connection(slot->connection);
    }
  MHD_run(daemon_);
  MHD_stop_daemon(daemon_);
}

/// Not from within MHD's own callbacks: the next turn of the loop.
void HttpServer::schedule() {
  timer_ = loop_.after_us(0, [this] { turn(); });
}

void HttpServer::turn() {
  MHD_run(daemon_);
  MHD_UNSIGNED_LONG_LONG wait_ms = 0;
  if (MHD_get_timeout(daemon_, &wait_ms) == MHD_YES) timer_ = loop_.after_ms(static_cast<std::int64_t>(wait_ms), [this] { turn(); });
  else timer_.reset();
}

}  // namespace keelson::native
