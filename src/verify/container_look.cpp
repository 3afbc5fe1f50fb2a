#include "verify/container_look.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>

#include "async/in_parallel.h"
#include "protocol/tls_client.h"

namespace keelson::checks {
namespace {

constexpr int kDialMs = 1'000;  // names are looked up in it, too
constexpr const char* kSchema = "keelson.look/v1";

/// The mount is asked, not a file made: whoever is not root could make none there in any case.
bool can_write_root() {
  struct statvfs facts{};
  return ::statvfs("/", &facts) != 0 || (facts.f_flag & ST_RDONLY) == 0;
}

bool takes_connection(const std::string& place) {
  const std::size_t colon = place.rfind(':');
  if (colon == std::string::npos) return false;
  const Dial target{.address = place.substr(0, colon), .port = std::atoi(place.c_str() + colon + 1), .transport = Transport::tcp};
  return TlsClient::connect(target, Deadline::in_ms(kDialMs)).has_value();
}

}  // namespace

ContainerLook look_around(const std::vector<std::string>& places) {
  ContainerLook out;
  for (const int pid : all_pids()) {
    if (pid == ::getpid()) continue;
    if (auto rights = parse_rights(read_proc("/proc/" + std::to_string(pid) + "/status"))) out.processes.push_back(std::move(*rights));
  }
  for (Listener& listener : listeners())
    if (listener.address != "127.0.0.11") out.listeners.push_back(std::move(listener));
  out.root_writable = can_write_root();
  std::vector<char> open(places.size(), 0);
  in_parallel(places.size(), [&](std::size_t i) { open[i] = takes_connection(places[i]) ? 1 : 0; }, 32);
  for (std::size_t i = 0; i < places.size(); ++i)
    if (open[i] != 0) out.open.push_back(places[i]);
  return out;
}

Json look_json(const ContainerLook& look) {
  Json processes = Json::array(), listening = Json::array(), open = Json::array();
  for (const ProcessRights& rights : look.processes)
    processes.push(Json::object().set("uid", rights.uid).set("effective", rights.effective_capabilities).set("bounding", rights.bounding_capabilities).set("no_new_privileges", rights.no_new_privileges));
  for (const Listener& listener : look.listeners) listening.push(Json::object().set("address", listener.address).set("port", listener.port));
  for (const std::string& place : look.open) open.push(place);
  return Json::object().set("schema", kSchema).set("processes", std::move(processes)).set("listeners", std::move(listening)).set("root_writable", look.root_writable).set("open", std::move(open));
}

Result<ContainerLook> parse_look(const std::string& text) {
  KEELSON_TRY(const Json json, parse_json(text));
  if (json["schema"].as_string() != kSchema) return fail("the container's keelson is another one", {}, "it says " + json["schema"].as_string(), "keelson up");
  ContainerLook out;
  for (const Json& one : json["processes"].items())
    out.processes.push_back({static_cast<int>(one["uid"].as_int(-1)), one["effective"].as_string(), one["bounding"].as_string(), one["no_new_privileges"].as_bool()});
  for (const Json& one : json["listeners"].items()) out.listeners.push_back({one["address"].as_string(), static_cast<int>(one["port"].as_int())});
  out.root_writable = json["root_writable"].as_bool(true);
  for (const Json& one : json["open"].items()) out.open.push_back(one.as_string());
  return out;
}

}  // namespace keelson::checks
