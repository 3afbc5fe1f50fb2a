#include "operate/faults.h"

namespace keelson::operate {
namespace {

/// Of its command line: the interpreter's script. PostgreSQL's own processes do not have it.
constexpr std::string_view kPatroni = "/patroni.py";

Result<Struck> kill_patroni(Scene& scene, const Json& chosen) {
  KEELSON_TRY(Held held, held_of(scene.standing, chosen));
  const Held patroni = std::move(held).with(kPatroni);
  if (patroni.size() == 0) return fail("no process of Patroni is there", scene.leader.name);
  return kill_all(patroni);
}

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

}  // namespace keelson::operate
