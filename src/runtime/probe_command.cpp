#include "runtime/probe_command.h"

#include <algorithm>

#include "component/endpoint.h"
#include "runtime/container_layout.h"
#include "security/ca.h"

namespace keelson {
namespace {

std::string probe_file(std::string_view name) { return std::string(kContainerProbe) + "/" + std::string(name); }

/// Who listens on every address listens on its container's own.
std::string asked_address(const Probe& probe) { return probe.address == kEveryAddress ? "127.0.0.1" : probe.address; }

Result<void> add_http(const Instance& instance, std::vector<std::string>& words) {
  const Probe& probe = instance.ready;
  const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  add({"http", "--address", asked_address(probe), "--port", std::to_string(probe.port), "--server-name", probe.server_name, "--request", probe.request});
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

Result<std::vector<std::string>> probe_command(const Instance& instance) {
  const Probe& probe = instance.ready;
  std::vector<std::string> out{std::string(kContainerProgram), "probe"};
  const auto add = [&](std::initializer_list<std::string> words) { out.insert(out.end(), words); };
  const std::string address = asked_address(probe), port = std::to_string(probe.port);
  switch (probe.protocol) {
    case ProbeProtocol::tcp:
      add({"tcp", "--address", address, "--port", port});
      return out;
    case ProbeProtocol::redis:
      add({"redis", "--address", address, "--port", port, "--server-name", probe.server_name, "--trust", probe_file(probe_trust(probe.trust)), "--user", probe.user,
           "--password-file", probe_file(kProbePassword), "--request", probe.request});
      return out;
    case ProbeProtocol::http:
      KEELSON_CHECK(add_http(instance, out));
      return out;
    case ProbeProtocol::pgbouncer:
      add({"pgbouncer", "--address", address, "--port", port});
      return out;
    case ProbeProtocol::process: return fail_as(ErrorCode::not_supported, "a program that listens nowhere");
  }
  return fail("an instance is probed in an unknown way");
}

}  // namespace keelson
