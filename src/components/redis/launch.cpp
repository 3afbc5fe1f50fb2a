#include <poll.h>

#include "base/json.h"
#include "components/redis/room.h"
#include "components/redis/sentinel_vote.h"
#include "system/files.h"

/// Redis is started with a file made here, anew each time: `include static.conf`, and `replicaof` unless this member is the
/// master. sentinel_vote.h holds the argument why it is safe. Runs in the instance's own process, as its user.
namespace keelson::redis {
namespace {

constexpr int kWaitMs = 10'000;    // in all; then the process ends and the supervisor tries again with backoff
constexpr int kPerSentinelMs = 500;
constexpr int kRetryMs = 50;

/// launch.json as render.cpp writes it.
struct LaunchFacts {
  std::string master;
  std::string address;
  int port = 0;
  std::string user;
  std::vector<Dial> sentinels;
};

Result<LaunchFacts> read_facts(Files& files, const std::string& path) {
  KEELSON_TRY(const std::string content, files.read(path, 1 << 20));
  KEELSON_TRY(const Json json, parse_json(content));
  LaunchFacts facts{json["master"].as_string(), json["address"].as_string(), static_cast<int>(json["port"].as_int()), json["user"].as_string(), {}};
  for (const Json& sentinel : json["sentinels"].items())
    facts.sentinels.push_back({.address = sentinel["address"].as_string(),
                               .port = static_cast<int>(sentinel["port"].as_int()),
                               .trust_file = json["trust_file"].as_string(),
                               .server_name = sentinel["server_name"].as_string()});
  if (facts.address.empty() || facts.sentinels.empty()) return fail("launch.json is incomplete", path, {}, "run keelson apply to write it again");
  return facts;
}

Result<SentinelAnswer> ask(const LaunchFacts& facts, const Dial& dial, const Secret& password, Deadline deadline) {
  KEELSON_TRY(RespClient client, RespClient::connect(dial, deadline));
  KEELSON_CHECK(client.authenticate(facts.user, password, deadline));
  return ask_sentinel(client, facts.master, deadline);
}

/// Asks every Sentinel once. `silence` hears why one did not answer.
std::vector<SentinelAnswer> ask_all(const LaunchFacts& facts, const Secret& password, Deadline deadline, std::string& silence) {
  std::vector<SentinelAnswer> answers;
  for (const Dial& dial : facts.sentinels) {
    auto answer = ask(facts, dial, password, deadline.at_most(kPerSentinelMs));
    if (answer) answers.push_back(std::move(*answer));
    else silence = describe(answer.error());
  }
  return answers;
}

/// Redis makes this directory when it first starts with an append-only file (redis 7 `appenddirname`).
Result<OwnData> own_data(Files& files, const std::string& data) {
  KEELSON_TRY(const auto info, files.info(data + "/appendonlydir"));
  return info ? OwnData::present : OwnData::absent;
}

/// Asks until the Sentinels agree or time is up.
Result<StartDecision> wait_for_decision(const LaunchFacts& facts, const Secret& password, OwnData data) {
  const Deadline deadline = Deadline::in_ms(kWaitMs);
  while (true) {
    std::string silence;
    const auto answers = ask_all(facts, password, deadline, silence);
    StartDecision decision = decide_start(answers, facts.sentinels.size(), facts.address, data);
    const NotYet* not_yet = std::get_if<NotYet>(&decision);
    if (not_yet == nullptr) return decision;
    if (deadline.passed())
      return fail("may not start yet", facts.address, not_yet->why + (silence.empty() ? "" : "; " + silence),
                  "see SENTINEL MASTER " + facts.master + " on each Sentinel");
    ::poll(nullptr, 0, std::min(kRetryMs, deadline.remaining_ms()));
  }
}

}  // namespace

Result<void> launch(const Place& place, std::vector<std::string>&) {
  RealFiles files;
  KEELSON_TRY(const LaunchFacts facts, read_facts(files, place.config + "/" + std::string(kLaunchFile)));
  KEELSON_TRY(const std::string bytes, files.read(place.config + "/" + std::string(kLaunchSecret), 4096));
  KEELSON_TRY(const OwnData data, own_data(files, place.data));
  KEELSON_TRY(const StartDecision decision, wait_for_decision(facts, Secret(bytes), data));

  std::string start = "include " + place.config + "/static.conf\n";
  if (const auto* replica = std::get_if<StartAsReplica>(&decision)) start += "replicaof " + replica->of + " " + std::to_string(facts.port) + "\n";
  return files.write(place.run + "/" + std::string(kStartFile), start, 0600, {});
}

}  // namespace keelson::redis
