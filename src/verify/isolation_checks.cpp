// NE-1: who may connect to whom, tried by the kernel's own judgement: real connections from every component's user, from the users of
// access.local and from a user who is nobody's, to every port of every member, to every endpoint and to every place that is published.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/ipv4.h"
#include "client/client.h"
#include "client/dial_as.h"
#include "client/elsewhere.h"
#include "model/door.h"
#include "model/layout.h"
#include "verify/checks.h"
#include "verify/container_checks.h"
#include "verify/published.h"

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

/// A place where something of the foundation listens.
struct Listening {
  std::string name;                  ///< to tell it by
  const Published* published = nullptr;  ///< where it is one: judged by where a connection comes from
};
using Places = std::map<Place, Listening>;

Places places_of(const Foundation& foundation) {
  Places out;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const int port : component.ports) out.emplace(Place{member.address, port}, Listening{member.name + ":" + std::to_string(port)});
  for (const Endpoint& endpoint : foundation.endpoints) {
    out.emplace(Place{endpoint.address, endpoint.port}, Listening{"endpoint " + endpoint.name});
    for (const Published& published : endpoint.publish) out.emplace(place_of(published), Listening{"published " + endpoint.name, &published});
  }
  return out;
}

/// Those who dial: each component, each user of access.local but root, whom no policy binds, and somebody to whom nothing is open.
Result<std::vector<Dialler>> diallers_of(CheckContext& context, const Places& places) {
  KEELSON_TRY(const std::vector<Door> doors, open_doors(context.foundation));
  const auto open_to = [&](std::string_view from) {
    std::set<Place> open;
    for (const Door& door : doors)
      if (door.from == from) open.insert({door.address, door.port});
    return open;
  };
  std::set<Place> to_people;
  for (const auto& [place, listening] : places)
    if (listening.published != nullptr && takes_this_machine(*listening.published)) to_people.insert(place);
  std::vector<Dialler> out;
  for (const Component& component : context.foundation.components) {
    KEELSON_TRY(const int uid, uid_of(context.runtime.layout().user(component.name)));
    out.push_back({component.name, uid, open_to(component.name)});
  }
  for (const std::string& user : context.foundation.local_users) {
    KEELSON_TRY(const int uid, uid_of(user));
    if (uid == 0) continue;
    out.push_back({"user " + user, uid, open_to(kLocalUsers)});
    out.back().open.insert(to_people.begin(), to_people.end());
  }
  const bool taken = std::any_of(out.begin(), out.end(), [](const Dialler& one) { return one.uid == kNobody; });
  if (!taken) out.push_back({"a user nobody named", kNobody, to_people});
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

/// The number of the foundation's block: 127.77.<number>.
int number_of(const Foundation& foundation) {
  for (const Endpoint& endpoint : foundation.endpoints)
    if (const auto address = parse_ipv4(endpoint.address)) return static_cast<int>(*address >> 8 & 255);
  return 0;
}

/// Published places, dialled from another network namespace (which reaches no loopback address). What was done, for the evidence.
Result<std::string> try_from_elsewhere(const Foundation& foundation, Tally& tally) {
  std::vector<std::pair<const Published*, std::string>> published;
  for (const Endpoint& endpoint : foundation.endpoints)
    for (const Published& one : endpoint.publish)
      if (!one.address.starts_with("127.")) published.emplace_back(&one, "published " + endpoint.name);
  if (published.empty()) return std::string();

  const auto elsewhere = clients::Elsewhere::make(number_of(foundation));
  if (!elsewhere) return "; not tried from another network namespace: " + describe(elsewhere.error());
  Dialler stranger{"another network namespace", 0, {}};
  std::vector<Place> places;
  for (const auto& [one, name] : published) {
    places.push_back({one->address == kEveryAddress ? (*elsewhere)->our_end() : one->address, one->port});
    if (takes(*one, (*elsewhere)->address())) stranger.open.insert(places.back());
  }
  KEELSON_TRY(const std::vector<Met> met, clients::dial_from((*elsewhere)->path(), places, kDialMs));
  for (std::size_t i = 0; i < places.size(); ++i) judge(stranger, places[i], published[i].second, met[i], tally);
  return "; " + std::to_string(places.size()) + " of them from another network namespace (" + (*elsewhere)->address() + ")";
}

}  // namespace

Result<Finding> only_declared_connections(CheckContext& context) {
  if (context.runtime.isolation() != Isolation::users) return container_connections(context);
  KEELSON_TRY(const std::string why, why_not(context));
  if (!why.empty()) return skipped(why);
  const Places named = places_of(context.foundation);
  if (named.empty()) return skipped("the foundation listens nowhere");
  std::vector<Place> places;
  for (const auto& [place, listening] : named) places.push_back(place);

  // Where nobody listens, a refusal proves nothing. No policy binds root inside the foundation, who therefore looks first.
  KEELSON_TRY(const std::vector<Met> unbound, clients::dial_as(0, places, kDialMs));
  for (std::size_t i = 0; i < places.size(); ++i)
    if (const Listening& it = named.at(places[i]); !unbound[i].open() && (it.published == nullptr || takes_this_machine(*it.published)))
      return failed("nobody listens as " + it.name + ", so that a refusal there proves nothing");

  KEELSON_TRY(const std::vector<Dialler> diallers, diallers_of(context, named));
  Tally tally;
  for (const Dialler& dialler : diallers) {
    KEELSON_TRY(const std::vector<Met> met, clients::dial_as(dialler.uid, places, kDialMs));
    for (std::size_t i = 0; i < places.size(); ++i) judge(dialler, places[i], named.at(places[i]).name, met[i], tally);
  }
  KEELSON_TRY(const std::string elsewhere, try_from_elsewhere(context.foundation, tally));
  if (!tally.faults.empty()) return failed(told(tally.faults), "keelson plan says whether the policy in force is the declared one; keelson network show, what is declared");
  return passed(std::to_string(diallers.size()) + " users at " + std::to_string(places.size()) + " places: " + std::to_string(tally.open) + " connections declared and open, " +
                std::to_string(tally.refused) + " undeclared and refused" + elsewhere);
}

}  // namespace keelson::checks
