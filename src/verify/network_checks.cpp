#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "client/client.h"
#include "verify/checks.h"
#include "verify/container_checks.h"
#include "verify/plaintext.h"
#include "verify/procfs.h"
#include "verify/published.h"

namespace keelson::checks {
namespace {

constexpr int kAnswerMs = 1'500;
constexpr int kHandshakeMs = 3'000;
constexpr TrustDomain kDomains[] = {TrustDomain::services, TrustDomain::control, TrustDomain::members};

/// A listener of the inventory: what NE-2 tries.
struct Listening {
  Target target;
  bool postgresql = false;  ///< TLS begins with SSLRequest
};

bool speaks_postgresql(const Kind& kind, int number) {
  for (const Port& port : kind.ports)
    if (port.number == number) return port.name == "postgresql" || port.name == "pgbouncer";
  return false;
}

/// Whether it is open from here: where a balancer itself decides who comes, that is not everybody; what a cluster leads there, it leads from elsewhere.
bool dialled_from_here(const Published& published) { return published.by.empty() && (published.admits.empty() || takes_this_machine(published)); }

std::vector<Listening> inventory(const Foundation& foundation) {
  std::vector<Listening> out;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const int port : component.ports) out.push_back({target_of(foundation, member, port), speaks_postgresql(*component.kind, port)});
  for (const Endpoint& endpoint : foundation.endpoints) {
    Listening one{target_of(foundation, endpoint), endpoint.protocol == "postgresql"};
    out.push_back(one);
    for (const Published& published : endpoint.publish) {
      if (!dialled_from_here(published)) continue;
      const clients::Place place = place_of(published);
      one.target.address = place.address;
      one.target.port = place.port;
      out.push_back(one);
    }
  }
  return out;
}

/// What comes back within a moment; "" for a closed connection and for silence.
Result<std::string> answer_to(const Target& target, std::string_view bytes) {
  const Deadline deadline = Deadline::in_ms(kAnswerMs);
  KEELSON_TRY(TlsClient client, TlsClient::connect({.address = target.address, .port = target.port, .transport = Transport::tcp}, deadline));
  if (!client.write(bytes, deadline)) return std::string();
  auto answer = client.read(deadline);
  return answer ? std::move(*answer) : std::string();
}

/// "" when the listener refuses every plaintext greeting, else what it did.
std::string plaintext_of(const Target& target) {
  for (const Greeting& greeting : kGreetings) {
    const auto answer = answer_to(target, greeting.bytes);
    if (!answer) return "cannot be reached: " + answer.error().why;
    if (const std::string fault = plaintext_fault(*answer); !fault.empty()) return fault + " in plaintext";
  }
  return {};
}

/// "" when TLS is offered with a certificate of the foundation for the listener's name, else why not.
std::string tls_of(ClientContext& context, const Listening& listening) {
  const Target& target = listening.target;
  if (listening.postgresql) {
    const auto answer = answer_to(target, kSslRequest);
    if (!answer) return "cannot be reached: " + answer.error().why;
    return *answer == "S" ? std::string() : "offers no TLS to PostgreSQL clients";
  }
  std::string why;
  for (const TrustDomain domain : kDomains) {
    const Dial dial{.address = target.address, .port = target.port, .trust_file = context.world.trust_file(domain), .server_name = target.host};
    const auto client = TlsClient::connect(dial, Deadline::in_ms(kHandshakeMs));
    if (client) return {};
    if (why.empty()) why = client.error().why;
  }
  return "no TLS handshake for " + target.host + ": " + why;
}

/// Tries every listener at once; the faults found, by listener.
std::vector<std::string> faults(ClientContext& context, const std::vector<Listening>& all) {
  std::mutex mutex;
  std::vector<std::string> out;
  std::vector<std::thread> threads;
  for (const Listening& one : all)
    threads.emplace_back([&, listening = &one] {
      std::string fault = plaintext_of(listening->target);
      if (fault.empty()) fault = tls_of(context, *listening);
      if (fault.empty()) return;
      const std::lock_guard lock(mutex);
      out.push_back(listening->target.where() + " " + fault);
    });
  for (std::thread& thread : threads) thread.join();
  std::sort(out.begin(), out.end());
  return out;
}

/// "127.77.1." of the foundation's addresses; "" when it has none.
std::string block_of(const Foundation& foundation) {
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      if (const std::size_t dot = member.address.rfind('.'); dot != std::string::npos) return member.address.substr(0, dot + 1);
  return {};
}

/// Sockets that the foundation's processes hold, as far as this user may see.
std::set<std::uint64_t> held_sockets(CheckContext& context) {
  std::set<std::uint64_t> out;
  const auto status = context.runtime.status();
  if (!status) return out;
  for (const InstanceStatus& instance : *status)
    for (const int pid : instance.pids)
      for (const std::uint64_t inode : socket_inodes(pid)) out.insert(inode);
  return out;
}

/// Listeners of the foundation that the inventory does not know: nobody has tried them.
Result<std::vector<std::string>> unknown_listeners(CheckContext& context) {
  if (context.runtime.isolation() != Isolation::users) return unknown_container_listeners(context);
  std::set<std::pair<std::string, int>> known;
  for (const Listening& one : inventory(context.foundation)) known.insert({one.target.address, one.target.port});
  for (const Endpoint& endpoint : context.foundation.endpoints)
    for (const Published& place : endpoint.publish) known.insert({place.address, place.port});
  const std::string block = block_of(context.foundation);
  const std::set<std::uint64_t> held = held_sockets(context);
  std::vector<std::string> out;
  for (const Listener& listener : listeners()) {
    const bool ours = (!block.empty() && listener.address.starts_with(block)) || held.contains(listener.inode);
    if (ours && !known.contains({listener.address, listener.port})) out.push_back(listener.address + ":" + std::to_string(listener.port));
  }
  return out;
}

}  // namespace

Result<Finding> no_plaintext(ClientContext& context) {
  const std::vector<Listening> all = inventory(context.foundation);
  if (all.empty()) return skipped("the foundation listens nowhere");
  if (const auto found = faults(context, all); !found.empty()) return failed(joined(found, "; "), "keelson plan names what was changed by hand; keelson status, who is away");
  return passed(std::to_string(all.size()) + " listeners offer TLS and refuse Redis, HTTP and PostgreSQL in plaintext");
}

Result<Finding> no_unknown_listener(CheckContext& context) {
  KEELSON_TRY(const std::vector<std::string> strangers, unknown_listeners(context));
  if (!strangers.empty()) return failed("listeners that the inventory does not know: " + joined(strangers), "ss -ltnp names the process");
  return context.runtime.isolation() == Isolation::users ? passed("no other socket listens") : held(context.foundation, "no other socket listens");
}

}  // namespace keelson::checks
