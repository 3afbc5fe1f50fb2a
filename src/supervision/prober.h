#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "component/instance.h"
#include "component/world.h"
#include "protocol/resp.h"
#include "supervision/connection.h"
#include "supervision/http_message.h"
#include "supervision/service.h"

namespace keelson {

/// Asks one instance, again and again, whether it is ready, in its own protocol and over one kept connection.
///
///   resting     waits for the next turn: 50 ms after a failure while the instance never answered (for 3 s, then 100 ms),
///               else at ticks `interval_ms` apart, which all probes of that interval share: one wake-up for all
///   connecting  the connection is being made (TCP, TLS)
///   signing_in  redis: AUTH is sent, on a new connection
///   asking      the question is sent; the whole attempt, connecting included, has `timeout_ms`
///
/// Where nothing listens (ProbeProtocol::process) there is one turn: after `interval_ms` of life it is told ready. Whoever
/// owns the Prober drops it when the process ends, so a program that ends at once is never ready.
///
/// An attempt ends in a ProbeResult. A failure closes the connection; the next attempt makes a new one. After the first
/// success, `failures` unsuccessful attempts in a row are told as one; before it, every failure is told (its words are what
/// `wait` shows). `told` must not destroy the Prober. Paths of `world` are read when a Prober is made, its files when a connection is. A kept connection that the server closed between two turns is not a failure: it is made anew.
class Prober {
 public:
  Prober(Loop& loop, TlsContexts& contexts, World& world, Probe probe,
         std::function<void(const ProbeResult&)> told);

 private:
  enum class State { resting, connecting, signing_in, asking };
  void enter(State next);
  void ask();
  void received(std::string_view bytes);
  void received_resp(std::string_view bytes);
  void received_http(std::string_view bytes);
  void closed(const std::string& why);
  void sign_in();
  void finish(ProbeResult result);
  std::int64_t rest_us() const;

  Loop& loop_;
  World& world_;
  const Probe probe_;
  std::function<void(const ProbeResult&)> told_;
  Connection connection_;
  State state_ = State::resting;
  Timer rest_, deadline_;
  std::int64_t began_us_;
  bool ever_ok_ = false;
  int failed_ = 0;
  HttpReplyParser http_;
  RespDecoder resp_;
};

/// What an HTTP answer means: the expected status, and the role where the body is Patroni's (GET /patroni and the role
/// checks answer {"role": "master"|"primary"|"replica"|"standby_leader", "state": …}; Patroni 3 docs, REST API).
ProbeResult judge_http(const Probe& probe, const HttpReply& reply);
/// PostgreSQL's SSLRequest: length 8, code 80877103 (protocol documentation, "SSL Session Encryption").
inline constexpr std::string_view kSslRequest{"\x00\x00\x00\x08\x04\xd2\x16\x2f", 8};
/// What PgBouncer's answer to it means: 'S', it takes sessions over TLS; "" = it closed instead.
ProbeResult judge_pgbouncer(std::string_view answer);
/// What a Redis answer means: ROLE's first word (master, slave, sentinel), PING's PONG. An error such as LOADING is not ready.
ProbeResult judge_redis(const Probe& probe, const RespValue& reply);

}  // namespace keelson
