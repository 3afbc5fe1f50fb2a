#include "operate/faults.h"

namespace keelson::operate {
namespace {

/// Of its command line: the interpreter's script. PostgreSQL's own processes do not have it.
constexpr const char* kPatroni = "/patroni.py";
/// Of the postmaster's: its children call themselves "postgres: …" (PostgreSQL 15 ps_status.c).
constexpr const char* kPostmaster = "/bin/postgres";

Result<Struck> kill_patroni(Scene& scene, const Json& chosen) { return kill_chosen(scene, chosen, kPatroni); }
Result<Struck> kill_postmaster(Scene& scene, const Json& chosen) { return kill_chosen(scene, chosen, kPostmaster); }

}  // namespace

const Fault kPatroniKill{
    .name = "patroni-kill",
    .what = "kills Patroni beside the leader, and leaves its PostgreSQL alone",
    .proof = "it has ended, says the kernel",
    .recovery = "Patroni is back beside the same PostgreSQL, which never stopped",
    .leader = LeaderMay::only_stay,
    .enclosed = true,
    .choose = choose_leader,
    .strike = kill_patroni,
};

const Fault kPostmasterKill{
    .name = "postmaster-kill",
    .what = "kills the leader's postmaster, and leaves its Patroni alone",
    .proof = "it has ended, says the kernel",
    .recovery = "the dead member is back as a replica and has caught up",
    .enclosed = true,
    .choose = choose_leader,
    .strike = kill_postmaster,
};

}  // namespace keelson::operate
