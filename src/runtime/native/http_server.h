#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "async/loop.h"
#include "base/json.h"
#include "base/result.h"
#include "runtime/native/unix_socket.h"
#include "system/fd.h"

struct MHD_Daemon;
struct MHD_Connection;

namespace keelson::native {

/// One request, whole.
struct AgentRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::string body;
  Peer peer;  ///< who asks, as the kernel says
};

/// The answer owed to one request. Answer now or later: meanwhile the connection sleeps and costs nothing. Dropping the
/// last reference unanswered answers 500.
class Exchange {
 public:
  explicit Exchange(AgentRequest asked) : request(std::move(asked)) {}
  ~Exchange();
  const AgentRequest request;
  /// The first call counts.
  void answer(int status, const Json& body);

 private:
  friend class HttpServer;
  struct Slot;                 ///< what MHD still holds of the connection
  std::weak_ptr<Slot> slot_;
};

/// HTTP on a Unix socket for the agent: libmicrohttpd in external-epoll mode inside the one loop, so no thread and no wake-up
/// without a request (docs/adr/0005-libmicrohttpd.md). Only root and the agent's own uid are heard (403 for others, though
/// the socket's mode keeps them out already). Bodies up to 1 MiB; 64 connections; 30 s of silence end one.
class HttpServer {
 public:
  using Serve = std::function<void(std::shared_ptr<Exchange>)>;
  static Result<std::unique_ptr<HttpServer>> start(Loop& loop, OwnedFd listening, Serve serve);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  friend class Exchange;
  HttpServer(Loop& loop, Serve serve) : loop_(loop), serve_(std::move(serve)) {}
  struct Hooks;  ///< the callbacks MHD wants, with its types
  void turn();
  void schedule();

  Loop& loop_;
  Serve serve_;
  MHD_Daemon* daemon_ = nullptr;
  Timer timer_;
  std::map<Exchange::Slot*, std::shared_ptr<Exchange::Slot>> slots_;  ///< owned here: MHD only has the pointer
  Watch watch_;
};

}  // namespace keelson::native
