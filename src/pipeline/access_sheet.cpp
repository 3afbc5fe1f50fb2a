#include "pipeline/access_sheet.h"

namespace keelson {
namespace {

/// Shortest first; empty when none resolves.
std::vector<std::string> reachable_names(const Foundation& foundation, const Endpoint& endpoint, Resolvable names) {
  switch (names) {
    case Resolvable::none: return {};
    case Resolvable::full: return {names_of(foundation, endpoint.name).back()};
    case Resolvable::all: return names_of(foundation, endpoint.name);
  }
  return {};
}

std::string users_line(const Endpoint& endpoint) {
  std::string out;
  for (const EndpointUser& user : endpoint.users) {
    out += out.empty() ? "" : ", ";
    out += user.name + (user.secret.empty() ? " (no password)" : " (secret " + user.secret + ")");
  }
  return out;
}

std::string endpoint_text(const Foundation& foundation, const Endpoint& endpoint, Resolvable resolvable) {
  std::string out = endpoint.name + ":" + std::to_string(endpoint.port) + "\n";
  const auto line = [&out](const std::string& label, const std::string& value) {
    if (!value.empty()) out += "  " + label + std::string(10 - label.size(), ' ') + value + "\n";
  };
  line("address", endpoint.address + ":" + std::to_string(endpoint.port));
  std::string names;
  for (const std::string& name : reachable_names(foundation, endpoint, resolvable)) names += (names.empty() ? "" : ", ") + name;
  line("names", names);
  line("protocol", endpoint.protocol + ", TLS" + (endpoint.read_only ? ", read-only" : ""));
  line("database", endpoint.database);
  line("users", users_line(endpoint));
  std::string published;
  for (const Published& place : endpoint.publish) {
    std::string from;
    for (const std::string& one : place.from) from += (from.empty() ? " from " : " and ") + one;
    published += (published.empty() ? "" : ", ") + place.text() + from + (place.by.empty() ? "" : " (" + place.by + ")");
  }
  line("published", published);
  return out;
}

}  // namespace

std::string access_text(const Foundation& foundation, Resolvable names, const std::string& ca_path, const std::string& passwords) {
  std::string out = "Access to " + foundation.name + "\n";
  out += "Clients trust " + ca_path + "; every connection is TLS.\n";
  if (names == Resolvable::none) out += "Names of endpoints do not lead here on this machine: use the addresses; the certificates carry them.\n";
  if (names == Resolvable::full) out += "Another foundation of this machine owns the short names: use the full ones, or the addresses.\n";
  out += passwords + "\n";
  for (const Endpoint& endpoint : foundation.endpoints) out += "\n" + endpoint_text(foundation, endpoint, names);
  if (foundation.endpoints.empty()) out += "\nThis foundation has no endpoints.\n";
  return out;
}

Json access_json(const Foundation& foundation, Resolvable names, const std::string& ca_path) {
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : foundation.endpoints) {
    Json users = Json::array();
    for (const EndpointUser& user : endpoint.users) users.push(Json::object().set("name", user.name).set("secret", user.secret));
    const std::vector<std::string> reachable = reachable_names(foundation, endpoint, names);
    Json row = Json::object()
                   .set("name", endpoint.name)
                   .set("host", reachable.empty() ? endpoint.address : reachable.front())
                   .set("address", endpoint.address)
                   .set("port", endpoint.port)
                   .set("protocol", endpoint.protocol);
    if (!endpoint.database.empty()) row.set("database", endpoint.database);
    row.set("users", std::move(users)).set("ca", ca_path);
    endpoints.push(std::move(row));
  }
  return Json::object().set("foundation", foundation.name).set("endpoints", std::move(endpoints));
}

}  // namespace keelson
