#include "operate/faults.h"

namespace keelson::operate {
namespace {

/// Of its command line: the interpreter's script. PostgreSQL's own processes do not have it.
constexpr std::string_view kPatroni = "/patroni.py";
/// Of the postmaster's: its children call themselves "postgres: …" (PostgreSQL 15 ps_status.c).
constexpr std::string_view kPostmaster = "/bin/postgres";

Result<Struck> kill_those_with(std::string_view word, Scene& scene, const Json& chosen) {
  KEELSON_TRY(Held held, held_of(scene.standing, chosen));
  const Held those = std::move(held).with(word);
  if (those.size() == 0) return fail("no process is there with " + std::string(word) + " in its command line", scene.leader.name);
  return kill_all(those);
}

Result<Struck> kill_patroni(Scene& scene, const Json& chosen) { return kill_those_with(kPatroni, scene, chosen); }
Result<Struck> kill_postmaster(Scene& scene, const Json& chosen) { return kill_those_with(kPostmaster, scene, chosen); }

}  // namespace

const Fault kPatroniKill{
    .name = "patroni-kill",
    .what = "kills Patroni beside the leader, and leaves its PostgreSQL alone",
    .proof = "it has ended, says the kernel",
    .recovery = "Patroni is back beside the same PostgreSQL, which never stopped",
    .leader = LeaderMay::only_stay,
    .choose = choose_leader,
    .strike = kill_patroni,
};

const Fault kPostmasterKill{
    .name = "postmaster-kill",
    .what = "kills the leader's postmaster, and leaves its Patroni alone",
    .proof = "it has ended, says the kernel",
    .recovery = "the dead member is back as a replica and has caught up",
    .choose = choose_leader,
    .strike = kill_postmaster,
};

}  // namespace keelson::operate
