#include "verify/container_checks.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "async/in_parallel.h"
#include "client/client.h"
#include "model/door.h"
#include "runtime/container_image.h"
#include "verify/container_look.h"

namespace keelson::checks {
namespace {

constexpr int kLookAgain = 4;
constexpr std::chrono::milliseconds kPause{300};

using Looks = std::map<std::string, ContainerLook>;  ///< by instance

std::string place(const std::string& address, int port) { return address + ":" + std::to_string(port); }

/// Every place of the foundation where something listens, by who listens: a component, or an endpoint.
std::map<std::string, std::set<std::string>> places_of(const Foundation& foundation) {
  std::map<std::string, std::set<std::string>> out;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const int port : component.ports) out[component.name].insert(place(member.address, port));
  for (const Endpoint& endpoint : foundation.endpoints) {
    out["endpoint " + endpoint.name].insert(place(endpoint.address, endpoint.port));
    for (const Published& one : endpoint.publish)
      if (!one.admits.empty()) out["published " + endpoint.name].insert(place(listen_address(one), listen_port(one)));
  }
  return out;
}

/// Where an instance's own container is reached, and where its processes listen.
std::set<std::string> own_places(const Foundation& foundation, const PlacedInstance& placed) {
  std::set<std::string> out;
  for (const int port : placed.component->ports)
    for (const std::string& address : {placed.member->address, listen_address(*placed.member)}) out.insert(place(address, port));
  for (const Endpoint& endpoint : foundation.endpoints) {
    if (balancer_of(foundation, endpoint) != placed.component) continue;
    out.insert(place(endpoint.address, endpoint.port));
    out.insert(place(listen_address(endpoint), listen_port(endpoint)));
    for (const Published& one : endpoint.publish) out.insert(place(listen_address(one), listen_port(one)));
  }
  return out;
}

/// Those whose containers can be looked into.
std::vector<PlacedInstance> looked_into(const Foundation& foundation) {
  std::vector<PlacedInstance> out = instances_of(foundation);
  std::erase_if(out, [](const PlacedInstance& placed) { return !carries_keelson(*placed.component); });
  return out;
}

/// Asks every container at once.
Result<Looks> look_inside(CheckContext& context, const std::vector<std::string>& dialled) {
  const std::vector<PlacedInstance> jobs = looked_into(context.foundation);
  std::vector<std::string> words{"/usr/bin/keelson", "look"};
  words.insert(words.end(), dialled.begin(), dialled.end());
  std::vector<Result<ContainerLook>> results(jobs.size(), ContainerLook{});
  in_parallel(jobs.size(), [&](std::size_t job) {
    const auto said = context.runtime.run_inside(jobs[job].instance->name, words);
    if (said) results[job] = parse_look(*said);
    else results[job] = unexpected(said.error());
  });
  Looks out;
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    if (!results[job]) return unexpected(results[job].error());
    out.emplace(jobs[job].instance->name, std::move(*results[job]));
  }
  return out;
}

/// "" when a container's processes have no more rights than an engine needs.
std::string excess_of(const ContainerLook& look) {
  if (look.processes.empty()) return "shows no process";
  for (const ProcessRights& rights : look.processes) {
    if (rights.uid == 0) return "runs as root";
    if (rights.uid != look.processes.front().uid) return "runs as two users";
    if (std::string more = privileges_of(rights); !more.empty()) return more;
  }
  return look.root_writable ? "can write outside its volumes" : "";
}

/// What enters a container (a health check) begins as root's and takes on the container's rights a moment later: only what is seen again counts.
Result<Looks> look_at_rights(CheckContext& context) {
  KEELSON_TRY(Looks looks, look_inside(context, {}));
  for (int again = 0; again < kLookAgain; ++again) {
    if (std::all_of(looks.begin(), looks.end(), [](const auto& one) { return excess_of(one.second).empty(); })) break;
    std::this_thread::sleep_for(kPause);
    KEELSON_TRY(looks, look_inside(context, {}));
  }
  return looks;
}

}  // namespace

Finding held(const Foundation& foundation, std::string evidence) {
  const std::set<std::string> closed = without_keelson(foundation);
  if (closed.empty()) return passed(std::move(evidence));
  return unproven(evidence + "; keelson is not in the images of " + clients::joined({closed.begin(), closed.end()}, ", ") + ", and looks into these nowhere", "docker inspect tells what their containers may do");
}

/// An application of one endpoint, where clients have seats: its own door opens, and no other. What it found, for the evidence.
Result<std::string> try_as_application(CheckContext& context, const std::vector<std::string>& all, std::vector<std::string>& faults) {
  if (!context.runtime.clients_are_inside() || context.foundation.endpoints.empty()) return std::string();
  const Endpoint& endpoint = context.foundation.endpoints.front();
  KEELSON_TRY(const auto seat, context.runtime.take_seat({.endpoint = endpoint.name}));
  std::vector<std::string> words{"/usr/bin/keelson", "look"};
  words.insert(words.end(), all.begin(), all.end());
  KEELSON_TRY(const std::string said, seat->run(words));
  KEELSON_TRY(const ContainerLook look, parse_look(said));
  const std::string its_own = place(endpoint.address, endpoint.port);
  const std::string who = "an application of " + endpoint.name;
  if (std::find(look.open.begin(), look.open.end(), its_own) == look.open.end()) faults.push_back(who + " does not reach it");
  for (const std::string& one : look.open)
    if (one != its_own) faults.push_back(who + " -> " + one + " is open, and no edge leads there");
  return "; " + who + " reaches that one of " + std::to_string(all.size()) + " places";
}

/// In networks, by component and not by port: who shares one reaches all of its ports, and the guide says so.
Result<Finding> container_connections(CheckContext& context) {
  const auto places = places_of(context.foundation);
  std::vector<std::string> all;
  for (const auto& [who, its] : places) all.insert(all.end(), its.begin(), its.end());
  KEELSON_TRY(const Looks looks, look_inside(context, all));
  KEELSON_TRY(const std::vector<Door> doors, open_doors(context.foundation));
  const bool by_port = context.runtime.isolation() == Isolation::pods;
  int open = 0, closed = 0;
  std::vector<std::string> faults;
  for (const PlacedInstance& placed : looked_into(context.foundation)) {
    const std::string& from = placed.component->name;
    const ContainerLook& look = looks.at(placed.instance->name);
    const std::set<std::string> met(look.open.begin(), look.open.end());
    std::set<std::string> declared, own = own_places(context.foundation, placed);
    for (const Listener& listener : look.listeners) own.insert(place(listener.address, listener.port));
    for (const Door& door : doors)
      if (door.from == from) declared.insert(place(door.address, door.port));
    for (const auto& [who, its] : places) {
      const bool neighbour = !by_port && (who == from || std::any_of(its.begin(), its.end(), [&](const std::string& one) { return declared.contains(one); }));
      for (const std::string& one : its) {
        if (own.contains(one)) continue;
        if (declared.contains(one) && !met.contains(one)) faults.push_back(placed.instance->name + " -> " + who + " (" + one + ") is declared, and closed");
        else if (declared.contains(one)) ++open;
        else if (!neighbour && met.contains(one)) faults.push_back(placed.instance->name + " -> " + who + " (" + one + ") is open, and no edge leads there");
        else if (!neighbour) ++closed;
      }
    }
  }
  KEELSON_TRY(const std::string application, try_as_application(context, all, faults));
  if (!faults.empty()) return failed(clients::joined(faults, "; "), "keelson plan; keelson network show, what is declared");
  return held(context.foundation, std::to_string(looks.size()) + " containers: " + std::to_string(open) + " connections declared and open, " + std::to_string(closed) + " to where no edge leads closed" + application);
}

Result<Finding> container_rights(CheckContext& context) {
  KEELSON_TRY(const Looks looks, look_at_rights(context));
  // An ordinary user's containers on this machine all have his own uid.
  const bool own_users = context.runtime.isolation() == Isolation::networks && ::geteuid() == 0;
  std::map<int, std::string> users;
  std::size_t processes = 0;
  for (const PlacedInstance& placed : looked_into(context.foundation)) {
    const ContainerLook& look = looks.at(placed.instance->name);
    if (const std::string more = excess_of(look); !more.empty()) return failed(placed.instance->name + " " + more, "keelson up starts it again as it should be");
    const auto [other, fresh] = users.emplace(look.processes.front().uid, placed.component->name);
    if (own_users && !fresh && other->second != placed.component->name) return failed(placed.component->name + " shares its user with " + other->second);
    processes += look.processes.size();
  }
  const auto excess = context.runtime.excess_rights();
  if (!excess) return unproven("what else they may do could not be seen: " + describe(excess.error()), "verify as somebody who may list rolebindings and clusterrolebindings");
  if (!excess->empty()) return failed(clients::joined(*excess, "; "), "remove what gives them more than keelson does");
  return held(context.foundation, std::to_string(processes) + " processes in " + std::to_string(looks.size()) + " containers under " + std::to_string(users.size()) +
                                      " users, none root, without capabilities, no_new_privs set, roots read-only");
}

Result<std::vector<std::string>> unknown_container_listeners(CheckContext& context) {
  KEELSON_TRY(const Looks looks, look_inside(context, {}));
  std::vector<std::string> out;
  for (const PlacedInstance& placed : looked_into(context.foundation)) {
    const std::set<std::string> known = own_places(context.foundation, placed);
    for (const Listener& listener : looks.at(placed.instance->name).listeners)
      if (!known.contains(place(listener.address, listener.port))) out.push_back(placed.instance->name + " " + place(listener.address, listener.port));
  }
  return out;
}

}  // namespace keelson::checks
