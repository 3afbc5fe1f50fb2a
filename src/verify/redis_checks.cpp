#include <cstdlib>

#include "client/client.h"
#include "verify/checks.h"
#include "verify/drill_proof.h"

namespace keelson::checks {
namespace {

constexpr int kReplicationMs = 5'000;
constexpr std::string_view kCanary = "keelson:verify:canary";

Result<RespClient> open_endpoint(ClientContext& context, const Endpoint& endpoint) {
  if (endpoint.users.empty()) return fail("the endpoint has no user", endpoint.name);
  return open_redis(context.world, target_of(context.foundation, endpoint), endpoint.users.front().name, endpoint.users.front().secret);
}

/// A member of Redis or Sentinel, as the user its probe uses.
Result<RespClient> open_member(ClientContext& context, const Member& member) {
  const Probe& probe = member.instances.front().ready;
  return open_redis(context.world, target_of(context.foundation, member, probe.port), probe.user, probe.secret);
}

/// A line "name:value" of INFO.
std::string info_value(const std::string& info, std::string_view name) {
  const std::string head = std::string(name) + ":";
  std::size_t at = info.rfind(head, 0) == 0 ? 0 : info.find("\n" + head);
  if (at == std::string::npos) return {};
  if (info[at] == '\n') ++at;
  const std::size_t begin = at + head.size();
  return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

Result<std::string> info_of(RespClient& client, const std::string& section) {
  KEELSON_TRY(const RespValue reply, ask(client, {"INFO", section}));
  return reply.text;
}

Result<Finding> tried_sentinels(ClientContext& context, const RedisView& view) {
  for (const Member& sentinel : view.sentinels->members) {
    KEELSON_TRY(RespClient client, open_member(context, sentinel));
    KEELSON_TRY(const RespValue quorum, client.command({"SENTINEL", "CKQUORUM", view.component->name}, Deadline::in_ms(3'000)));
    if (quorum.is_error()) return failed(sentinel.name + ": " + quorum.text, "keelson status names the Sentinel that is away");
  }
  return passed(std::to_string(view.sentinels->members.size()) + " Sentinels agree on the quorum");
}

Result<Finding> tried_replica(ClientContext& context, const RedisView& view, const std::string& value) {
  KEELSON_TRY(RespClient reader, open_endpoint(context, *view.replica));
  const bool arrived = eventually(kReplicationMs, [&] {
    const auto got = ask(reader, {"GET", std::string(kCanary)});
    return got && got->text == value;
  });
  if (!arrived) return failed("a key set through " + view.master->name + " was not seen through " + view.replica->name + " within 5 s");
  KEELSON_TRY(const RespValue write, reader.command({"SET", std::string(kCanary), "x"}, Deadline::in_ms(3'000)));
  if (!write.is_error()) return failed("a write through " + view.replica->name + " was accepted", "keelson up mends the endpoint");
  if (!write.text.starts_with("READONLY")) return failed("a write through " + view.replica->name + " failed, but not as read-only: " + write.text);
  return passed("read through " + view.replica->name + ", a write there is refused");
}

Result<Finding> tried_replication(ClientContext& context, const RedisView& view) {
  KEELSON_TRY(RespClient writer, open_endpoint(context, *view.master));
  const std::string value = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  KEELSON_CHECK(ask(writer, {"SET", std::string(kCanary), value, "EX", "600"}));
  if (view.replica == nullptr) return passed("a key set through " + view.master->name + "; one member, so no replica");
  KEELSON_TRY(Finding replica, tried_replica(context, view, value));
  if (replica.state != CheckState::pass) return replica;
  KEELSON_TRY(const std::string info, info_of(writer, "replication"));
  const std::string wanted = std::to_string(view.component->members.size() - 1), seen = info_value(info, "connected_slaves");
  if (seen != wanted) return failed("the master has " + seen + " of " + wanted + " replicas", "keelson status names the member that is away");
  if (view.sentinels == nullptr) return passed("a key set through " + view.master->name + ", " + replica.evidence);
  KEELSON_TRY(Finding sentinels, tried_sentinels(context, view));
  if (sentinels.state != CheckState::pass) return sentinels;
  return passed("a key set through " + view.master->name + ", " + replica.evidence + "; " + wanted + " replicas; " + sentinels.evidence);
}

Result<std::string> config_of(RespClient& client, const std::string& name) {
  KEELSON_TRY(const RespValue reply, ask(client, {"CONFIG", "GET", name}));
  return reply.value_of(name).value_or("");
}

Result<Finding> tried_guard(ClientContext& context, const RedisView& view) {
  if (view.component->members.size() == 1) return skipped(view.component->name + " has one member: nothing to fail over to");
  for (const Member& member : view.component->members) {
    KEELSON_TRY(RespClient client, open_member(context, member));
    KEELSON_TRY(const std::string replicas, config_of(client, "min-replicas-to-write"));
    if (std::atoi(replicas.c_str()) < 1) return failed(member.name + " takes writes without a replica (min-replicas-to-write is " + replicas + ")", "keelson up mends it");
  }
  return passed("each member refuses writes without a replica");
}

/// Nobody gets in without the right password, and none is asked for in plaintext.
Result<Finding> tried_stranger(ClientContext& context, const Target& target, const std::string& user) {
  const Deadline deadline = Deadline::in_ms(4'000);
  KEELSON_TRY(RespClient stranger, dial_redis(context.world, target));
  for (const auto& command : std::vector<std::vector<std::string>>{{"PING"}, {"AUTH", "wrong"}, {"AUTH", "default", ""}, {"AUTH", user, "wrong"}, {"ROLE"}}) {
    KEELSON_TRY(const RespValue reply, stranger.command(command, deadline));
    if (!reply.is_error()) return failed(target.where() + " obeys a stranger's " + command.front(), "keelson up writes the users again");
  }
  auto plain = RespClient::connect({.address = target.address, .port = target.port, .transport = Transport::tcp}, deadline.at_most(1'500));
  if (!plain) return failed("cannot reach " + target.where() + ": " + plain.error().why);
  const auto reply = plain->command({"PING"}, deadline.at_most(1'500));
  if (reply) return failed(target.where() + " answers in plaintext: " + reply->text.substr(0, 40), "keelson up mends the configuration");
  return passed(target.name);
}

Result<Finding> tried_strangers(ClientContext& context, const RedisView& view) {
  std::vector<Target> targets;
  for (const Endpoint* endpoint : {view.master, view.replica})
    if (endpoint != nullptr) targets.push_back(target_of(context.foundation, *endpoint));
  for (const Component* component : {view.component, view.sentinels})
    if (component != nullptr)
      for (const Member& member : component->members) targets.push_back(target_of(context.foundation, member, member.instances.front().ready.port));
  for (const Target& target : targets) {
    KEELSON_TRY(Finding one, tried_stranger(context, target, "app"));
    if (one.state != CheckState::pass) return one;
  }
  return passed("no password, a wrong one, the default user and plaintext are refused by " + std::to_string(targets.size()) + " endpoints, members and Sentinels");
}

Result<std::int64_t> aof_size(ClientContext& context, const Member& member) {
  KEELSON_TRY(RespClient client, open_member(context, member));
  KEELSON_TRY(const std::string info, info_of(client, "persistence"));
  if (info_value(info, "aof_enabled") != "1") return fail("the append-only file is off", member.name, {}, "keelson up mends it");
  if (info_value(info, "aof_last_write_status") != "ok") return fail("the append-only file cannot be written", member.name);
  return std::strtoll(info_value(info, "aof_current_size").c_str(), nullptr, 10);
}

Result<Finding> tried_limits(ClientContext& context, const RedisView& view, const Member& member) {
  KEELSON_TRY(RespClient client, open_member(context, member));
  const std::vector<std::pair<std::string, std::string>> wanted = {{"appendonly", "yes"},
                                                                   {"appendfsync", text(view.component->settings, "persistence")},
                                                                   {"maxmemory", std::to_string(number(view.component->settings, "memory"))},
                                                                   {"maxmemory-policy", text(view.component->settings, "eviction")}};
  for (const auto& [name, value] : wanted) {
    KEELSON_TRY(const std::string actual, config_of(client, name));
    if (actual != value) return failed(member.name + ": " + name + " is " + actual + ", the blueprint says " + value, "keelson up mends it");
  }
  KEELSON_TRY(const std::string stats, info_of(client, "stats"));
  if (info_value(stats, "keyspace_hits").empty()) return failed(member.name + " does not measure its hits");
  return passed(info_value(stats, "keyspace_hits") + " hits, " + info_value(stats, "keyspace_misses") + " misses");
}

/// A write makes the file of every member grow.
Result<Finding> tried_growth(ClientContext& context, const RedisView& view) {
  std::vector<std::int64_t> before;
  for (const Member& member : view.component->members) {
    KEELSON_TRY(const std::int64_t size, aof_size(context, member));
    before.push_back(size);
  }
  KEELSON_TRY(RespClient writer, open_endpoint(context, *view.master));
  KEELSON_CHECK(ask(writer, {"SET", std::string(kCanary), std::string(200, 'v'), "EX", "600"}));
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Member& member = view.component->members[i];
    const bool grew = eventually(kReplicationMs, [&] {
      const auto now = aof_size(context, member);
      return now && *now != before[i];
    });
    if (!grew) return failed(member.name + ": a write did not reach the append-only file");
  }
  return passed("");
}

Result<Finding> tried_durability(ClientContext& context, const RedisView& view) {
  std::string hits;
  for (const Member& member : view.component->members) {
    KEELSON_TRY(Finding one, tried_limits(context, view, member));
    if (one.state != CheckState::pass) return one;
    hits += (hits.empty() ? "" : ", ") + member.name + " " + one.evidence;
  }
  KEELSON_TRY(Finding growth, tried_growth(context, view));
  if (growth.state != CheckState::pass) return growth;
  return passed("the append-only file of every member grows with a write; maxmemory and policy as in the blueprint; " + hits);
}

Result<Finding> on_each(ClientContext& context, Result<Finding> (*check)(ClientContext&, const RedisView&)) {
  std::vector<std::string> evidence;
  for (const RedisView& view : redis_of(context.foundation)) {
    KEELSON_TRY(Finding found, check(context, view));
    if (found.state != CheckState::pass) return found;
    evidence.push_back(std::move(found.evidence));
  }
  if (evidence.empty()) return skipped("the foundation has no Redis");
  return passed(joined(evidence, "; "));
}

}  // namespace

Result<Finding> replication_and_quorum(ClientContext& context) { return on_each(context, tried_replication); }
Result<Finding> guarded_writes(ClientContext& context) { return on_each(context, tried_guard); }
Result<Finding> redis_failovers(CheckContext& context) { return proved_by_failovers(context, "redis"); }
Result<Finding> authenticated_only(ClientContext& context) { return on_each(context, tried_strangers); }
Result<Finding> durable_and_bounded(ClientContext& context) { return on_each(context, tried_durability); }

}  // namespace keelson::checks
