#include <set>
#include <sstream>

#include "components/redis/room.h"
#include "system/files.h"

namespace keelson::redis {
namespace {

constexpr int kTalkMs = 3'000;

/// Compares what the engine says with what must hold. What it does not know at all only another version could mend.
std::vector<LiveSetting> differences(const std::map<std::string, std::string>& wanted, const RespValue& said) {
  std::vector<LiveSetting> out;
  for (const auto& [name, value] : wanted) {
    const auto actual = said.value_of(name);
    if (actual != value) out.push_back({name, value, actual.value_or(""), actual.has_value()});
  }
  return out;
}

/// Of a user's line what Redis 7.0 lists as it was given: name, on or off, password hashes. Rights come back in other words
/// (categories are taken apart); render.cpp names a user after their digest instead, and names are compared.
std::set<std::string> identity(const std::string& line) {
  std::set<std::string> out;
  std::istringstream words(line);
  std::string word;
  for (int i = 0; words >> word; ++i)
    if (i < 3 || word[0] == '#') out.insert(word);
  return out;
}

/// Whether the users in force are those of the file, so that this reload is about certificates only. ACL LOAD disconnects
/// every client (7.0), so it is not done in vain; in doubt it is done: also when the file was written after the certificates.
Result<bool> users_hold(RespClient& client, const Place& place, Deadline deadline) {
  RealFiles files;
  const std::string path = place.config + "/users.acl";
  KEELSON_TRY(const auto users, files.info(path));
  KEELSON_TRY(const auto certificate, files.info(place.tls + "/server.crt"));
  if (!users || !certificate || users->modified_ms > certificate->modified_ms) return false;
  KEELSON_TRY(const RespValue said, client.expect({"ACL", "LIST"}, deadline));
  KEELSON_TRY(const std::string content, files.read(path, 1 << 20));
  std::set<std::set<std::string>> in_force, in_file;
  for (const RespValue& user : said.items) in_force.insert(identity(user.text));
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) in_file.insert(identity(line));
  return in_force == in_file;
}

const std::string& watched(const Component& sentinels) { return text(sentinels.settings, "watches"); }

}  // namespace

Result<std::vector<LiveSetting>> observe_live(World& world, const Foundation& foundation, const Component& component, const Member& member) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, component.name, member, kPort, deadline));
  const auto& wanted = member.instances.at(0).live_settings;
  std::vector<std::string> question = {"CONFIG", "GET"};
  for (const auto& [name, value] : wanted) question.push_back(name);
  KEELSON_TRY(const RespValue said, client.expect(question, deadline));
  return differences(wanted, said);
}

Result<void> set_live(World& world, const Foundation& foundation, const Component& component, const Member& member, const LiveSetting& setting) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, component.name, member, kPort, deadline));
  KEELSON_CHECK(client.expect({"CONFIG", "SET", setting.name, setting.wanted}, deadline));
  return {};
}

Result<void> reload(World& world, const Foundation& foundation, const Component& component, const Member& member, const std::string& instance) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, component.name, member, kPort, deadline));
  const Instance* running = find_instance(foundation, instance);
  if (running == nullptr) return fail("no such instance", instance);
  // Setting the paths again, to what they are, makes Redis read certificates and keys again (7.0: TLS settings are volatile).
  const std::string& tls = running->place.tls;
  KEELSON_CHECK(client.expect({"CONFIG", "SET", "tls-cert-file", tls + "/server.crt", "tls-key-file", tls + "/server.key", "tls-client-cert-file",
                               tls + "/client.crt", "tls-client-key-file", tls + "/client.key", "tls-ca-cert-file", tls + "/trust.crt"},
                              deadline));
  KEELSON_TRY(const bool hold, users_hold(client, running->place, deadline));
  if (!hold) KEELSON_CHECK(client.expect({"ACL", "LOAD"}, deadline));
  return {};
}

Result<std::vector<LiveSetting>> sentinel_observe_live(World& world, const Foundation& foundation, const Component& component, const Member& member) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, watched(component), member, kSentinelPort, deadline));
  KEELSON_TRY(const RespValue said, client.expect({"SENTINEL", "MASTER", watched(component)}, deadline));
  return differences(member.instances.at(0).live_settings, said);
}

Result<void> sentinel_set_live(World& world, const Foundation& foundation, const Component& component, const Member& member, const LiveSetting& setting) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, watched(component), member, kSentinelPort, deadline));
  KEELSON_CHECK(client.expect({"SENTINEL", "SET", watched(component), setting.name, setting.wanted}, deadline));
  return {};
}

Result<void> sentinel_reload(World& world, const Foundation& foundation, const Component& component, const Member& member, const std::string&) {
  const Deadline deadline = Deadline::in_ms(kTalkMs);
  KEELSON_TRY(RespClient client, call(world, foundation, watched(component), member, kSentinelPort, deadline));
  KEELSON_CHECK(client.expect({"ACL", "LOAD"}, deadline));
  return {};
}

}  // namespace keelson::redis
