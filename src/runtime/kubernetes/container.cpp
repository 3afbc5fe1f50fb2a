#include "runtime/kubernetes/container.h"

#include "base/units.h"

namespace keelson::kubernetes {
namespace {

std::string_view text_of(PullPolicy policy) {
  switch (policy) {
    case PullPolicy::always: return "Always";
    case PullPolicy::if_not_present: return "IfNotPresent";
    case PullPolicy::never: return "Never";
  }
  return {};
}

Json variable_json(const Variable& variable) {
  Json out = Json::object().set("name", variable.name);
  if (const auto* field = std::get_if<FieldRef>(&variable.value)) return out.set("valueFrom", Json::object().set("fieldRef", Json::object().set("fieldPath", field->path)));
  return out.set("value", literal(std::get<std::string>(variable.value)));
}

Json port_json(const ContainerPort& port) {
  return Json::object().set("name", port.name).set("containerPort", port.port).set("protocol", kubernetes::text_of(port.protocol));
}

/// In the API's own shortest form, which it would answer for any other.
Json quantities_json(const Quantities& quantities) {
  Json out = Json::object();
  if (quantities.cpu_millis > 0) out.set("cpu", quantities.cpu_millis % 1000 == 0 ? std::to_string(quantities.cpu_millis / 1000) : std::to_string(quantities.cpu_millis) + "m");
  if (quantities.memory > 0) out.set("memory", format_bytes(quantities.memory));
  return out;
}

Json resources_json(const Container& container) {
  Json out = Json::object();
  if (Json requests = quantities_json(container.requests); !requests.members().empty()) out.set("requests", std::move(requests));
  if (Json limits = quantities_json(container.limits); !limits.members().empty()) out.set("limits", std::move(limits));
  return out;
}

Json security_json(const Container& container) {
  return Json::object()
      .set("allowPrivilegeEscalation", false)
      .set("capabilities", Json::object().set("drop", json(std::vector<std::string>{"ALL"})))
      .set("readOnlyRootFilesystem", container.root == Root::read_only);
}

}  // namespace

Json json(const Container& container) {
  Json out = Json::object().set("name", container.name).set("image", container.image).set("imagePullPolicy", text_of(container.pull));
  if (!container.command.empty()) out.set("command", each(container.command, literal));
  if (!container.environment.empty()) out.set("env", each(container.environment, variable_json));
  if (!container.ports.empty()) out.set("ports", each(container.ports, port_json));
  if (Json resources = resources_json(container); !resources.members().empty()) out.set("resources", std::move(resources));
  out.set("securityContext", security_json(container));
  if (container.startup) out.set("startupProbe", json(*container.startup));
  if (container.readiness) out.set("readinessProbe", json(*container.readiness));
  if (container.liveness) out.set("livenessProbe", json(*container.liveness));
  if (!container.before_stop.empty())
    out.set("lifecycle", Json::object().set("preStop", Json::object().set("exec", Json::object().set("command", json(container.before_stop)))));
  if (!container.mounts.empty()) out.set("volumeMounts", each(container.mounts, [](const VolumeMount& mount) { return json(mount); }));
  // The last lines of its log are then kept as the reason why it ended.
  return out.set("terminationMessagePolicy", "FallbackToLogsOnError");
}

}  // namespace keelson::kubernetes
