#include "runtime/compose/health.h"

#include "runtime/compose/layout.h"

namespace keelson::compose {
namespace {

/// Each is a process, so less often than natively; the time in which an engine may still come up does not count as failing.
constexpr int kIntervalMs = 2'000;
constexpr int kStartMs = 60'000;

std::string probe_file(std::string_view name) { return std::string(kProbe) + "/" + std::string(name); }

}  // namespace

Result<Healthcheck> healthcheck_of(const Probe& probe) {
  Healthcheck out{.interval_ms = kIntervalMs, .timeout_ms = 2 * probe.timeout_ms, .retries = probe.failures, .start_period_ms = kStartMs};
  out.test = {std::string(kProgram), "probe"};
  const auto add = [&](std::initializer_list<std::string> words) { out.test.insert(out.test.end(), words); };
  switch (probe.protocol) {
    case ProbeProtocol::tcp:
      add({"tcp", "--address", probe.address, "--port", std::to_string(probe.port)});
      return out;
    case ProbeProtocol::redis:
      add({"redis", "--address", probe.address, "--port", std::to_string(probe.port), "--server-name", probe.server_name, "--trust", probe_file(kProbeTrust),
           "--user", probe.user, "--password-file", probe_file(kProbePassword), "--request", probe.request});
      return out;
    case ProbeProtocol::http: return fail_as(ErrorCode::not_supported, "a probe by HTTP");
    case ProbeProtocol::pgbouncer: return fail_as(ErrorCode::not_supported, "a probe of PgBouncer");
    case ProbeProtocol::process: return fail_as(ErrorCode::not_supported, "a program that listens nowhere");
  }
  return fail("an instance is probed in an unknown way");
}

}  // namespace keelson::compose
