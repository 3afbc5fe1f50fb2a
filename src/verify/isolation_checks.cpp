// NE-1: who may connect to whom, tried by the kernel's own judgement: real connections from every component's user, from the users of
// access.local and from a user who is nobody's, to every port of every member and to every endpoint.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "client/client.h"
#include "client/dial_as.h"
#include "model/door.h"
#include "model/layout.h"
#include "verify/checks.h"

namespace keelson::checks {
namespace {

using clients::Met;
using clients::Place;

constexpr int kDialMs = 2'000;
constexpr int kNobody = 65'534;
constexpr std::size_t kToldFaults = 5;

/// Somebody whose connections are tried, and what is open to them.
struct Dialler {
  std::string name;  ///< "redis", "user ada", "nobody"
  int uid = 0;
  std::set<Place> open;
};

Result<int> uid_of(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return fail("no such user", user, {}, "keelson up makes those of components; access.local names the others");
  return static_cast<int>(entry->pw_uid);
}

/// Every place where something of the foundation listens, by the name to tell it by.
std::map<Place, std::string> places_of(const Foundation& foundation) {
  std::map<Place, std::string> out;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const int port : component.ports) out.emplace(Place{member.address, port}, member.name + ":" + std::to_string(port));
  for (const Endpoint& endpoint : foundation.endpoints) out.emplace(Place{endpoint.address, endpoint.port}, "endpoint " + endpoint.name);
  return out;
}

/// Those who dial: each component, each user of access.local but root, whom no policy binds, and somebody to whom nothing is open.
Result<std::vector<Dialler>> diallers_of(CheckContext& context) {
  KEELSON_TRY(const std::vector<Door> doors, open_doors(context.foundation));
  const auto open_to = [&](std::string_view from) {
    std::set<Place> open;
    for (const Door& door : doors)
      if (door.from == from) open.insert({door.address, door.port});
    return open;
  };
  std::vector<Dialler> out;
  for (const Component& component : context.foundation.components) {
    KEELSON_TRY(const int uid, uid_of(context.runtime.layout().user(component.name)));
    out.push_back({component.name, uid, open_to(component.name)});
  }
  for (const std::string& user : context.foundation.local_users) {
    KEELSON_TRY(const int uid, uid_of(user));
    if (uid != 0) out.push_back({"user " + user, uid, open_to(kLocalUsers)});
  }
  const bool taken = std::any_of(out.begin(), out.end(), [](const Dialler& one) { return one.uid == kNobody; });
  if (!taken) out.push_back({"a user nobody named", kNobody, {}});
  return out;
}

struct Tally {
  int open = 0, refused = 0;
  std::vector<std::string> faults = {};
};

void judge(const Dialler& dialler, const Place& place, const std::string& told, const Met& met, Tally& tally) {
  const bool wanted = dialler.open.contains(place);
  const std::string who = dialler.name + " -> " + told + " (" + place.address + ":" + std::to_string(place.port) + ")";
  if (met.open() && wanted) ++tally.open;
  else if (met.open()) tally.faults.push_back(who + " is open, and no edge says so");
  else if (wanted) tally.faults.push_back(who + " is declared, and meets: " + std::strerror(met.error));
  else if (met.error == ECONNREFUSED) ++tally.refused;
  else tally.faults.push_back(who + " should be refused at once, and meets: " + std::strerror(met.error));
}

std::string told(const std::vector<std::string>& faults) {
  const std::vector<std::string> first(faults.begin(), faults.begin() + static_cast<std::ptrdiff_t>(std::min(faults.size(), kToldFaults)));
  std::string out = clients::joined(first, "; ");
  if (faults.size() > first.size()) out += "; and " + std::to_string(faults.size() - first.size()) + " more";
  return out;
}

/// Why nothing is to be tried here; "" when a policy can be in force.
Result<std::string> why_not(CheckContext& context) {
  if (geteuid() != 0) return "needs root: an ordinary user runs every component under its own uid, and may not load nftables rules";
  KEELSON_TRY(const ObservedNetwork network, context.runtime.network(context.foundation));
  switch (network.state) {
    case NetworkState::not_asked: case NetworkState::unavailable: return "not enforced: " + network.why;
    case NetworkState::current: case NetworkState::missing: case NetworkState::stale: case NetworkState::edited: break;
  }
  return std::string();
}

}  // namespace

Result<Finding> only_declared_connections(CheckContext& context) {
  KEELSON_TRY(const std::string why, why_not(context));
  if (!why.empty()) return skipped(why);
  const std::map<Place, std::string> named = places_of(context.foundation);
  if (named.empty()) return skipped("the foundation listens nowhere");
  std::vector<Place> places;
  for (const auto& [place, name] : named) places.push_back(place);

  // Where nobody listens, a refusal proves nothing. No policy binds root, who therefore looks first.
  KEELSON_TRY(const std::vector<Met> unbound, clients::dial_as(0, places, kDialMs));
  for (std::size_t i = 0; i < places.size(); ++i)
    if (!unbound[i].open()) return failed("nobody listens as " + named.at(places[i]) + ", so that a refusal there proves nothing");

  KEELSON_TRY(const std::vector<Dialler> diallers, diallers_of(context));
  Tally tally;
  for (const Dialler& dialler : diallers) {
    KEELSON_TRY(const std::vector<Met> met, clients::dial_as(dialler.uid, places, kDialMs));
    for (std::size_t i = 0; i < places.size(); ++i) judge(dialler, places[i], named.at(places[i]), met[i], tally);
  }
  if (!tally.faults.empty()) return failed(told(tally.faults), "keelson plan says whether the policy in force is the declared one; keelson network show, what is declared");
  return passed(std::to_string(diallers.size()) + " users at " + std::to_string(places.size()) + " places: " + std::to_string(tally.open) + " connections declared and open, " +
                std::to_string(tally.refused) + " undeclared and refused");
}

}  // namespace keelson::checks
