#include "runtime/compose/health.h"

#include <algorithm>

#include "runtime/compose/layout.h"
#include "security/ca.h"

namespace keelson::compose {
namespace {

/// Each is a process, so less often than natively; the time in which an engine may still come up does not count as failing.
constexpr int kIntervalMs = 2'000;
constexpr int kStartMs = 60'000;

std::string probe_file(std::string_view name) { return std::string(kProbe) + "/" + std::string(name); }

Result<void> add_http(const Instance& instance, std::vector<std::string>& test) {
  const Probe& probe = instance.ready;
  const auto add = [&](std::initializer_list<std::string> words) { test.insert(test.end(), words); };
  add({"http", "--address", probe.address, "--port", std::to_string(probe.port), "--server-name", probe.server_name, "--request", probe.request});
  if (probe.expect_status != 200) add({"--status", std::to_string(probe.expect_status)});
  if (probe.tls) add({"--trust", probe_file(probe_trust(probe.trust))});
  if (!probe.client_certificate) return {};
  const auto shown = std::find_if(instance.certificates.begin(), instance.certificates.end(),
                                  [&](const Certificate& own) { return own.client && own.domain == probe.trust; });
  if (shown == instance.certificates.end()) return fail_as(ErrorCode::not_supported, "a probe with a certificate that it does not have itself");
  const std::string base = instance.place.tls + "/" + shown->name;
  add({"--certificate", base + ".crt", "--key", base + ".key"});
  return {};
}

}  // namespace

std::string probe_trust(TrustDomain domain) { return std::string(name(domain)) + ".crt"; }

Result<Healthcheck> healthcheck_of(const Instance& instance) {
  const Probe& probe = instance.ready;
  Healthcheck out{.interval_ms = kIntervalMs, .timeout_ms = 2 * probe.timeout_ms, .retries = probe.failures, .start_period_ms = kStartMs};
  out.test = {std::string(kProgram), "probe"};
  const auto add = [&](std::initializer_list<std::string> words) { out.test.insert(out.test.end(), words); };
  switch (probe.protocol) {
    case ProbeProtocol::tcp:
      add({"tcp", "--address", probe.address, "--port", std::to_string(probe.port)});
      return out;
    case ProbeProtocol::redis:
      add({"redis", "--address", probe.address, "--port", std::to_string(probe.port), "--server-name", probe.server_name, "--trust", probe_file(probe_trust(probe.trust)),
           "--user", probe.user, "--password-file", probe_file(kProbePassword), "--request", probe.request});
      return out;
    case ProbeProtocol::http:
      KEELSON_CHECK(add_http(instance, out.test));
      return out;
    case ProbeProtocol::pgbouncer:
      add({"pgbouncer", "--address", probe.address, "--port", std::to_string(probe.port)});
      return out;
    case ProbeProtocol::process: return fail_as(ErrorCode::not_supported, "a program that listens nowhere");
  }
  return fail("an instance is probed in an unknown way");
}

}  // namespace keelson::compose
