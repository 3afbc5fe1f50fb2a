#include "components/redis/room.h"
#include "components/redis/sentinel_vote.h"

namespace keelson::redis {
namespace {

constexpr int kPerMemberMs = 1'000;

/// "master" or "slave", as the member says of itself.
Result<std::string> own_word(World& world, const Foundation& foundation, const Component& component, const Member& member) {
  const Deadline deadline = Deadline::in_ms(kPerMemberMs);
  KEELSON_TRY(RespClient client, call(world, foundation, component.name, member, kPort, deadline));
  KEELSON_TRY(const RespValue said, client.expect({"ROLE"}, deadline));
  return std::string(said.text_at(0));
}

Result<SentinelAnswer> ask(World& world, const Foundation& foundation, const Component& component, const Member& sentinel) {
  const Deadline deadline = Deadline::in_ms(kPerMemberMs);
  KEELSON_TRY(RespClient client, call(world, foundation, component.name, sentinel, kSentinelPort, deadline));
  return ask_sentinel(client, component.name, deadline);
}

/// The master's address by majority of the Sentinels; the only member's own where there are none.
Result<std::string> master_address(World& world, const Foundation& foundation, const Component& component) {
  const Component* sentinels = sentinels_of(foundation, component);
  if (sentinels == nullptr) return component.members.at(0).address;
  std::vector<SentinelAnswer> answers;
  std::string silence;
  for (const Member& sentinel : sentinels->members) {
    auto answer = ask(world, foundation, component, sentinel);
    if (answer) answers.push_back(std::move(*answer));
    else silence = describe(answer.error());
  }
  const auto master = majority_master(answers, sentinels->members.size());
  if (master) return *master;
  return fail_as(ErrorCode::not_healthy, "no majority of the Sentinels names a master", component.name, silence, "start the Sentinels that are down");
}

}  // namespace

Result<std::map<std::string, std::string>> roles(World& world, const Foundation& foundation, const Component& component) {
  KEELSON_TRY(const std::string master, master_address(world, foundation, component));
  std::map<std::string, std::string> out;
  for (const Member& member : component.members) {
    const auto word = own_word(world, foundation, component, member);
    if (!word) continue;
    // A member that calls itself master against the majority has no role: it is about to be demoted.
    if (*word == "master" && member.address == master) out[member.name] = "primary";
    if (*word == "slave") out[member.name] = "replica";
  }
  return out;
}

}  // namespace keelson::redis
