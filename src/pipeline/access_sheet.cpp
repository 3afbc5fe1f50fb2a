#include "pipeline/access_sheet.h"

namespace keelson {
namespace {

/// The name that certificates carry and that resolves everywhere in the foundation's domain.
std::string host_of(const Foundation& foundation, const Endpoint& endpoint) { return names_of(foundation, endpoint.name).front(); }

std::string users_line(const Endpoint& endpoint) {
  std::string out;
  for (const EndpointUser& user : endpoint.users) {
    out += out.empty() ? "" : ", ";
    out += user.name + (user.secret.empty() ? " (no password)" : " (secret " + user.secret + ")");
  }
  return out;
}

std::string endpoint_text(const Foundation& foundation, const Endpoint& endpoint) {
  std::string out = endpoint.name + ":" + std::to_string(endpoint.port) + "\n";
  const auto line = [&out](const std::string& label, const std::string& value) {
    if (!value.empty()) out += "  " + label + std::string(10 - label.size(), ' ') + value + "\n";
  };
  line("address", endpoint.address + ":" + std::to_string(endpoint.port));
  std::string names;
  for (const std::string& name : names_of(foundation, endpoint.name)) names += (names.empty() ? "" : ", ") + name;
  line("names", names);
  line("protocol", endpoint.protocol + ", TLS" + (endpoint.read_only ? ", read-only" : ""));
  line("database", endpoint.database);
  line("users", users_line(endpoint));
  std::string published;
  for (const std::string& address : endpoint.publish) published += (published.empty() ? "" : ", ") + address;
  line("published", published);
  return out;
}

}  // namespace

std::string access_text(const Foundation& foundation, const std::string& ca_path) {
  std::string out = "Access to " + foundation.name + "\n";
  out += "Clients trust " + ca_path + "; every connection is TLS.\n";
  out += "Passwords are in the secret store: keelson secret get NAME --reveal\n";
  for (const Endpoint& endpoint : foundation.endpoints) out += "\n" + endpoint_text(foundation, endpoint);
  if (foundation.endpoints.empty()) out += "\nThis foundation has no endpoints.\n";
  return out;
}

Json access_json(const Foundation& foundation, const std::string& ca_path) {
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : foundation.endpoints) {
    Json users = Json::array();
    for (const EndpointUser& user : endpoint.users) users.push(Json::object().set("name", user.name).set("secret", user.secret));
    Json row = Json::object()
                   .set("name", endpoint.name)
                   .set("host", host_of(foundation, endpoint))
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
