#include "client/probe_once.h"

#include "protocol/http.h"
#include "protocol/resp.h"
#include "supervision/prober.h"
#include "system/files.h"

namespace keelson::clients {
namespace {

Result<void> told(const Probe& probe, const ProbeResult& verdict) {
  if (!verdict.ok) return fail_as(ErrorCode::not_healthy, verdict.detail, probe.address);
  return {};
}

Result<void> ask_redis(const ProbeOnce& ask, Deadline deadline) {
  RealFiles real_files;
  Files& files = real_files;
  const Probe& probe = ask.probe;
  KEELSON_TRY(const std::string password, files.read(ask.password_file, 4096));
  KEELSON_TRY(RespClient client, RespClient::connect({.address = probe.address, .port = probe.port, .trust_file = ask.trust_file, .server_name = probe.server_name}, deadline));
  KEELSON_CHECK(client.authenticate(probe.user, Secret(password), deadline));
  KEELSON_TRY(const RespValue reply, client.command({probe.request}, deadline));
  return told(probe, judge_redis(probe, reply));
}

Result<void> ask_http(const ProbeOnce& ask, Deadline deadline) {
  const Probe& probe = ask.probe;
  HttpRequest request{.host = probe.server_name.empty() ? probe.address : probe.server_name, .address = probe.address, .port = probe.port, .path = probe.request};
  request.tls = !ask.trust_file.empty();
  request.trust_file = ask.trust_file;
  request.certificate_file = ask.certificate_file;
  request.key_file = ask.key_file;
  request.timeout_ms = deadline.remaining_ms();
  KEELSON_TRY(const HttpResponse response, http_request(request));
  return told(probe, judge_http(probe, {response.status, response.body}));
}

Result<void> ask_pgbouncer(const ProbeOnce& ask, Deadline deadline) {
  KEELSON_TRY(TlsClient client, TlsClient::connect({.address = ask.probe.address, .port = ask.probe.port, .transport = Transport::tcp}, deadline));
  KEELSON_CHECK(client.write(kSslRequest, deadline));
  KEELSON_TRY(const std::string answer, client.read(deadline));
  return told(ask.probe, judge_pgbouncer(answer));
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
    case ProbeProtocol::http: return ask_http(ask, deadline);
    case ProbeProtocol::pgbouncer: return ask_pgbouncer(ask, deadline);
    case ProbeProtocol::process: break;
  }
  return fail_as(ErrorCode::not_supported, "a program that listens nowhere cannot be asked");
}

}  // namespace keelson::clients
