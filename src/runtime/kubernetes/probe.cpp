#include "runtime/kubernetes/probe.h"

namespace keelson::kubernetes {
namespace {

Json asked(const ExecCheck& check) { return Json::object().set("exec", Json::object().set("command", each(check.command, literal))); }

Json asked(const TcpCheck& check) { return Json::object().set("tcpSocket", Json::object().set("port", check.port)); }

Json asked(const HttpCheck& check) {
  Json get = Json::object().set("path", check.path).set("port", check.port).set("scheme", check.scheme == HttpCheck::Scheme::https ? "HTTPS" : "HTTP");
  return Json::object().set("httpGet", std::move(get));
}

}  // namespace

Json json(const Probe& probe) {
  Json out = std::visit([](const auto& check) { return asked(check); }, probe.check);
  if (probe.initial_delay_s > 0) out.set("initialDelaySeconds", probe.initial_delay_s);
  out.set("periodSeconds", probe.period_s).set("timeoutSeconds", probe.timeout_s).set("failureThreshold", probe.failures);
  if (probe.successes > 1) out.set("successThreshold", probe.successes);
  return out;
}

}  // namespace keelson::kubernetes
