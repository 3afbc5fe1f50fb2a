#include "supervision/prober.h"

#include <fmt/format.h>

#include <string_view>

namespace keelson {
namespace {

constexpr std::int64_t kFastUs = 50'000, kSlowerUs = 100'000, kFastForUs = 3'000'000;
constexpr RespLimits kRespLimits{64 << 10, 4096, 8};

ConnectTarget target_of(const Probe& probe, World& world) {
  ConnectTarget target{probe.address, probe.port, probe.tls, probe.server_name, {}, {}, {}};
  // PgBouncer speaks TLS only after its own greeting, and the greeting is the answer we want.
  if (probe.protocol == ProbeProtocol::pgbouncer || probe.protocol == ProbeProtocol::tcp) target.tls = false;
  if (!target.tls) return target;
  target.trust_file = world.trust_file(probe.trust);
  if (probe.client_certificate) {
    target.certificate_file = world.certificate_file(probe.trust);
    target.key_file = world.key_file(probe.trust);
  }
  return target;
}

}  // namespace

Prober::Prober(Loop& loop, TlsContexts& contexts, World& world, Probe probe, std::function<void(const ProbeResult&)> told)
    : loop_(loop),
      world_(world),
      probe_(std::move(probe)),
      told_(std::move(told)),
      connection_(loop, contexts, target_of(probe_, world),
                  {[this] { if (probe_.protocol == ProbeProtocol::redis) enter(State::signing_in); else enter(State::asking); },
                   [this](std::string_view bytes) { received(bytes); }, [this](const std::string& why) { closed(why); }}),
      began_us_(loop.now_us()),
      resp_(kRespLimits) {
  if (probe_.protocol == ProbeProtocol::process) rest_ = loop_.after_ms(probe_.interval_ms, [this] { told_({true, {}, {}}); });
  else rest_ = loop_.after_us(0, [this] { enter(State::connecting); });
}

void Prober::enter(State next) {
  state_ = next;
  switch (next) {
    case State::resting:
      deadline_.reset();
      // Once it has answered: at the next tick of a grid of its interval that all probes with that interval share, so that
      // the agent wakes once for all of them. The answer took a little of this tick, so the next is less than one away.
      if (ever_ok_) rest_ = loop_.after_us(rest_us() / 4, [this] { enter(State::connecting); }, rest_us());
      else rest_ = loop_.after_us(rest_us(), [this] { enter(State::connecting); });
      return;
    case State::connecting:
      deadline_ = loop_.after_ms(probe_.timeout_ms, [this] {
        finish({false, {}, fmt::format("{}:{} does not answer within {} ms", probe_.address, probe_.port, probe_.timeout_ms)});
      });
      if (connection_.state() == Connection::State::open) return enter(State::asking);
      http_ = HttpReplyParser();
      resp_ = RespDecoder(kRespLimits);
      connection_.open();
      return;
    case State::signing_in: return sign_in();
    case State::asking: return ask();
  }
}

std::int64_t Prober::rest_us() const {
  const std::int64_t interval = std::int64_t{probe_.interval_ms} * 1000;
  if (ever_ok_) return interval;
  return std::min(interval, loop_.now_us() - began_us_ < kFastForUs ? kFastUs : kSlowerUs);
}

void Prober::sign_in() {
  if (probe_.secret.empty()) return enter(State::asking);
  auto password = world_.secret(probe_.secret);
  if (!password) return finish({false, {}, "cannot log in: " + describe(password.error())});
  // The command is built once, sent and wiped: it holds the password.
  Secret command(encode_command({"AUTH", probe_.user, std::string(password->reveal())}));
  connection_.send(command.reveal());
}

void Prober::ask() {
  switch (probe_.protocol) {
    case ProbeProtocol::tcp: case ProbeProtocol::process: return finish({true, {}, {}});
    case ProbeProtocol::pgbouncer: return connection_.send(kSslRequest);
    case ProbeProtocol::redis: return connection_.send(encode_command({probe_.request}));
    case ProbeProtocol::http:
      // Said aloud: a server of HTTP/1.0, as Patroni, keeps a connection only when asked to.
      connection_.send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: keelson\r\nConnection: keep-alive\r\n\r\n", probe_.request,
                                   probe_.server_name.empty() ? probe_.address : probe_.server_name));
      return;
  }
}

void Prober::received(std::string_view bytes) {
  if (state_ != State::asking && state_ != State::signing_in) return connection_.close();  // nobody asked: not to be trusted
  switch (probe_.protocol) {
    case ProbeProtocol::tcp: case ProbeProtocol::process: return;
    case ProbeProtocol::http: return received_http(bytes);
    case ProbeProtocol::redis: return received_resp(bytes);
    case ProbeProtocol::pgbouncer: return finish(judge_pgbouncer(bytes));
  }
}

void Prober::received_http(std::string_view bytes) {
  auto reply = http_.feed(bytes);
  if (!reply) return finish({false, {}, describe(reply.error())});
  if (!*reply) return;
  if (!(*reply)->keep_alive) connection_.close();
  finish(judge_http(probe_, **reply));
}

void Prober::received_resp(std::string_view bytes) {
  resp_.feed(bytes);
  const auto reply = resp_.next();
  if (!reply) return finish({false, {}, describe(reply.error())});
  if (!*reply) return;
  if (state_ == State::asking) return finish(judge_redis(probe_, **reply));
  if ((*reply)->is_error()) return finish({false, {}, "login refused: " + (*reply)->text.substr(0, 80)});
  enter(State::asking);
}

void Prober::closed(const std::string& why) {
  if (state_ == State::resting) return;
  if (probe_.protocol == ProbeProtocol::http && state_ == State::asking)
    if (auto reply = http_.end()) return finish(judge_http(probe_, *reply));
  finish({false, {}, fmt::format("{}:{}: {}", probe_.address, probe_.port, why)});
}

/// The end of an attempt.
void Prober::finish(ProbeResult result) {
  const bool keeps = probe_.protocol == ProbeProtocol::http || probe_.protocol == ProbeProtocol::redis;
  // After a failure the stream may be out of step: begin anew.
  if (!keeps || !result.ok) connection_.close();
  failed_ = result.ok ? 0 : failed_ + 1;
  const bool tell = result.ok || !ever_ok_ || failed_ >= probe_.failures;
  ever_ok_ = ever_ok_ || result.ok;
  enter(State::resting);
  if (tell) told_(result);
}

}  // namespace keelson
