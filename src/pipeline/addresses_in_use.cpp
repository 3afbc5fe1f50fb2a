#include "pipeline/addresses_in_use.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace keelson {
namespace {

std::string shown(const std::string& address, int port) { return address + ":" + std::to_string(port); }

}  // namespace

std::vector<WantedAddress> wanted_addresses(const Foundation& foundation) {
  std::vector<WantedAddress> wanted;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members) {
      if (member.address.empty() || component.kind == nullptr) continue;
      for (const Port& port : component.kind->ports) wanted.push_back({member.name + " (" + std::string(port.name) + ")", member.address, port.number});
      if (!component.kind->ports.empty()) continue;  // a kind without ports of its own is told them by the blueprint
      for (const Instance& instance : member.instances)
        if (instance.ready.address == member.address) wanted.push_back({instance.name, instance.ready.address, instance.ready.port});
    }
  for (const Endpoint& endpoint : foundation.endpoints) {
    wanted.push_back({endpoint.name, endpoint.address, endpoint.port});
    for (const Published& place : endpoint.publish) wanted.push_back({endpoint.name + " (published)", place.address, place.port});
  }
  return wanted;
}

std::vector<AddressInUse> addresses_in_use(const std::vector<WantedAddress>& wanted, const std::vector<Listener>& listening, const IsOurs& ours) {
  std::vector<AddressInUse> found;
  for (const WantedAddress& address : wanted)
    for (const Listener& listener : listening)
      if (in_the_way(listener, address.address, address.port) && !ours(listener)) found.push_back({address, listener});
  return found;
}

std::vector<WantedAddress> foreign_addresses(const std::vector<WantedAddress>& wanted, const std::function<bool(const std::string&)>& can_listen) {
  std::vector<WantedAddress> found;
  for (const WantedAddress& one : wanted)
    if (!can_listen(one.address)) found.push_back(one);
  return found;
}

bool belongs_to(int pid, int foundation_id, const std::string& state_dir) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::ifstream cgroups(process + "/cgroup");
  const std::string groups{std::istreambuf_iterator<char>(cgroups), {}};
  if (groups.find("/keelson/" + std::to_string(foundation_id) + "/") != std::string::npos) return true;
  std::error_code unreadable;
  const std::string directory = std::filesystem::read_symlink(process + "/cwd", unreadable).string();
  return !unreadable && directory.starts_with(state_dir + "/");
}

Result<void> refuse_unusable_addresses(const Foundation& foundation, int foundation_id, const std::string& state_dir, const std::vector<int>& ours) {
  const auto mine = [&](const Listener& listener) {
    const int pid = holder_of(listener.inode).pid;
    return pid != 0 && (std::find(ours.begin(), ours.end(), pid) != ours.end() || belongs_to(pid, foundation_id, state_dir));
  };
  const std::vector<WantedAddress> wanted = wanted_addresses(foundation);
  if (const auto foreign = foreign_addresses(wanted, can_listen_at); !foreign.empty())
    return fail_as(ErrorCode::preflight_refused, foreign.front().whose + " is to listen at what is no address of this machine", shown(foreign.front().address, foreign.front().port),
                   "no interface has it", "give an address of this machine (ip addr lists them), or 0.0.0.0; nothing was changed");
  const std::vector<AddressInUse> taken = addresses_in_use(wanted, listeners(), mine);
  if (taken.empty()) return {};
  const AddressInUse& first = taken.front();
  const Holder holder = holder_of(first.listener.inode);
  std::string why = (holder.pid == 0 ? "a process of another user" : holder.name + " (pid " + std::to_string(holder.pid) + ")") + " listens on " +
                    shown(first.listener.address, first.listener.port);
  if (taken.size() > 1) why += "; " + std::to_string(taken.size() - 1) + " more: see keelson doctor";
  return fail_as(ErrorCode::preflight_refused, "an address that " + first.wanted.whose + " needs is in use", shown(first.wanted.address, first.wanted.port),
                 std::move(why), "stop it, or make it listen on one address instead of all; nothing was started");
}

}  // namespace keelson
