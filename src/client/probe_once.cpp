#include "client/probe_once.h"

#include "protocol/resp.h"
#include "runtime/native/prober.h"
#include "system/files.h"

namespace keelson::clients {
namespace {

Result<void> ask_redis(const ProbeOnce& ask, Deadline deadline) {
  RealFiles real_files;
  Files& files = real_files;
  const Probe& probe = ask.probe;
  KEELSON_TRY(const std::string password, files.read(ask.password_file, 4096));
  KEELSON_TRY(RespClient client, RespClient::connect({.address = probe.address, .port = probe.port, .trust_file = ask.trust_file, .server_name = probe.server_name}, deadline));
  KEELSON_CHECK(client.authenticate(probe.user, Secret(password), deadline));
  KEELSON_TRY(const RespValue reply, client.command({probe.request}, deadline));
  const native::ProbeResult verdict = native::judge_redis(probe, reply);
  if (!verdict.ok) return fail_as(ErrorCode::not_healthy, verdict.detail, probe.address);
  return {};
}

Result<void> ask_tcp(const ProbeOnce& ask, Deadline deadline) {
  KEELSON_TRY(const TlsClient client, TlsClient::connect({.address = ask.probe.address, .port = ask.probe.port, .transport = Transport::tcp}, deadline));
  return {};
}

}  // namespace

Result<void> ask_once(const ProbeOnce& ask, Deadline deadline) {
  switch (ask.probe.protocol) {
    case ProbeProtocol::tcp: return ask_tcp(ask, deadline);
    case ProbeProtocol::redis: return ask_redis(ask, deadline);
    case ProbeProtocol::http:
    case ProbeProtocol::pgbouncer:
    case ProbeProtocol::process: break;
  }
  return fail_as(ErrorCode::not_supported, "this probe is not supported in containers yet");
}

}  // namespace keelson::clients
