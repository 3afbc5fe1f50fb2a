"""Leader release on real engines: what is a death and what is not, and every condition that forbids a release where it can be
forced."""

import json
import os
import pathlib
import signal
import ssl
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from keelson_live import Foundation, alive, artifact, kill, small, sweep, until


class Release(unittest.TestCase):
    """Faults on one foundation, in the order of their names. Each leaves it redundant again."""

    @classmethod
    def setUpClass(cls):
        sweep()
        cls.it = Foundation("live-release", small("live-release")).__enter__()
        cls.it.up()
        # Rejoining is bound to Patroni's loop; the faults do not depend on it.
        cls.patroni(cls.it.primary("postgresql"), "PATCH", "/config", {"loop_wait": 1})

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()

    def setUp(self):
        self.redundant()
        self.seen = self.last_event()

    # What is asked and told.

    @classmethod
    def address(cls, member):
        return cls.it.member(member)["address"]

    @classmethod
    def patroni(cls, member, method, path, body=None):
        """Patroni's REST API with keelson's certificate of the control domain: (status, JSON or text)."""
        context = ssl.create_default_context(cafile=cls.it.trust("control"))
        context.load_cert_chain(cls.it.state / "agent/keelson-agent-control.crt", cls.it.state / "agent/keelson-agent-control.key")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"https://{cls.address(member)}:8008{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def events(self):
        out = self.it.run("events", "-o", "ndjson", check=0).stdout.splitlines()
        return [json.loads(line) for line in out if line.startswith("{")]

    def last_event(self):
        return max((event["seq"] for event in self.events()), default=0)

    def since(self, kind):
        return [event for event in self.events() if event["seq"] > self.seen and event["kind"] == kind]

    def decision(self, seconds=20):
        """The one decision about a leader since the test began."""
        found = until(lambda: self.since("leader-release"), seconds, "a decision about the leader\n" + self.it.logs()[-2000:])
        self.assertEqual(len(found), 1, found)
        return found[0]

    def redundant(self):
        """Three members of one timeline, one of them leader, one synchronous, nothing to catch up on; Redis likewise."""
        def whole():
            if not self.it.healthy():
                return False
            status, cluster = self.patroni(self.it.members("postgresql")[0]["name"], "GET", "/cluster")
            members = cluster["members"]
            return (status == 200 and sorted(m["role"] for m in members) == ["leader", "replica", "sync_standby"]
                    and all(m["state"] in ("running", "streaming") and m.get("lag", 0) == 0 for m in members)
                    and len({m.get("timeline") for m in members}) == 1)
        until(whole, 90, "the cluster is redundant")

    def instance_pids(self, member):
        return self.it.member(member)["pids"]

    def named(self, member, word):
        return [p for p in self.instance_pids(member) if word in pathlib.Path(f"/proc/{p}/cmdline").read_text(errors="replace")]

    def postmaster(self, member):
        """Its pid; 0 while there is none."""
        file = self.data(member) / "postmaster.pid"
        try:
            return int(file.read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return 0

    def data(self, member):
        return self.it.state / f"m/{member}/data/pgdata"

    def kill_group(self, member):
        for pid in self.instance_pids(member):
            try:
                kill(pid)
            except ProcessLookupError:
                pass

    def sync_standby(self):
        _, cluster = self.patroni(self.it.primary("postgresql"), "GET", "/cluster")
        return next(m["name"] for m in cluster["members"] if m["role"] == "sync_standby")

    # Deaths.

    def test_01_the_whole_group_is_killed(self):
        old = self.it.primary("postgresql")
        heir = self.sync_standby()
        self.kill_group(old)
        decision = self.decision()
        self.assertEqual(decision["decision"], f"released to {heir}", decision)
        self.assertEqual(decision["member"], old)
        self.redundant()
        self.assertEqual(self.it.member(old)["role"], "replica")

    def test_02_only_the_postmaster_is_killed(self):
        old = self.it.primary("postgresql")
        kill(self.postmaster(old))
        self.assertTrue(self.decision()["decision"].startswith("released to "))

    def test_03_only_patroni_is_killed(self):
        old = self.it.primary("postgresql")
        postmaster = self.postmaster(old)
        kill(self.named(old, "patroni")[0])
        until(lambda: self.since("started"), 10, "Patroni is started again")
        self.redundant()
        self.assertEqual(self.it.primary("postgresql"), old)
        self.assertEqual(self.postmaster(old), postmaster, "PostgreSQL was touched")
        self.assertFalse(self.since("leader-release"))

    def test_04_a_replica_is_killed(self):
        replica = next(m["name"] for m in self.it.members("postgresql") if m["role"] == "replica")
        kill(self.postmaster(replica))
        self.redundant()
        self.assertFalse(self.since("leader-release"), "it led nothing")

    # What is planned is no death.

    def test_10_patroni_restarts_postgresql(self):
        old = self.it.primary("postgresql")
        before = self.postmaster(old)
        status, text = self.patroni(old, "POST", "/restart", {})
        self.assertEqual(status, 200, text)
        self.assertNotEqual(self.postmaster(old), before)
        self.quiet()

    def test_11_a_dba_stops_postgresql(self):
        old = self.it.primary("postgresql")
        for number in (signal.SIGINT, signal.SIGQUIT):  # fast, immediate
            pid = self.postmaster(old)
            kill(pid, number)
            until(lambda: not alive(pid), 20, "PostgreSQL stops")
            until(lambda: any(self.postmaster(m["name"]) and m["role"] == "primary" for m in self.it.members("postgresql")), 40, "a primary")
            until(lambda: self.postmaster(old) not in (0, pid), 40, "PostgreSQL is started again")
            self.redundant()
            old = self.it.primary("postgresql")
        self.quiet()

    def test_12_a_switchover(self):
        old, heir = self.it.primary("postgresql"), self.sync_standby()
        status, text = self.patroni(old, "POST", "/switchover", {"leader": old, "candidate": heir})
        self.assertEqual(status, 200, text)
        until(lambda: self.it.primary("postgresql") == heir, 30, "the switchover")
        self.quiet()

    def test_13_a_replica_is_made_anew(self):
        replica = next(m["name"] for m in self.it.members("postgresql") if m["role"] == "replica" and m["name"] != self.sync_standby())
        status, text = self.patroni(replica, "POST", "/reinitialize", {"force": True})
        self.assertEqual(status, 200, text)
        time.sleep(1)
        self.quiet()

    def quiet(self):
        """Redundant again, and the agent has done nothing."""
        self.redundant()
        self.assertFalse(self.since("leader-release"))
        self.assertFalse(self.since("exited"), "something was fenced")

    # Conditions that forbid it.

    def refused(self, condition):
        decision = self.decision()
        self.assertEqual(decision.get("failed_condition"), condition, decision)
        self.assertEqual(decision["decision"], "restart in place")

    def test_20_paused(self):
        old = self.it.primary("postgresql")
        heir = self.sync_standby()
        self.patroni(old, "PATCH", "/config", {"pause": True})
        try:
            kill(self.postmaster(old))
            self.refused("paused")
        finally:
            until(lambda: self.patroni(heir, "PATCH", "/config", {"pause": None})[0] == 200, 30, "the pause ends")

    def test_21_a_failover_is_pending(self):
        old, heir = self.it.primary("postgresql"), self.sync_standby()
        status, text = self.patroni(old, "POST", "/switchover", {"leader": old, "candidate": heir, "scheduled_at": "2099-01-01T00:00:00+00:00"})
        self.assertIn(status, (200, 202), text)
        kill(self.postmaster(old))
        self.refused("failover-pending")
        until(lambda: self.patroni(heir, "DELETE", "/switchover")[0] in (200, 404), 30, "the switchover is taken back")

    def test_22_the_candidate_does_not_answer(self):
        old, heir = self.it.primary("postgresql"), self.sync_standby()
        patroni = self.named(heir, "patroni")[0]
        kill(patroni, signal.SIGSTOP)
        try:
            kill(self.postmaster(old))
            self.refused("candidate-unfit")
        finally:
            kill(patroni, signal.SIGCONT)

    def test_23_something_still_works_in_the_data_directory(self):
        old = self.it.primary("postgresql")
        squatter = subprocess.Popen(["sleep", "60"], cwd=self.data(old))
        try:
            kill(self.postmaster(old))
            self.refused("data-directory-in-use")
        finally:
            squatter.kill()
            squatter.wait()

    def test_24_etcd_does_not_answer(self):
        """The fenced member stays down until nothing of the attempt can take effect any more."""
        old = self.it.primary("postgresql")
        voters = [i["pids"][0] for i in self.it.json("ps")["instances"] if i["name"].startswith("etcd")]
        for pid in voters:
            kill(pid, signal.SIGSTOP)
        try:
            kill(self.postmaster(old))
            self.refused("etcd-unreachable")
            started = [e for e in self.since("started") if e["member"] == old]
            self.assertFalse(started, "it was started while etcd could still answer late")
        finally:
            for pid in voters:
                kill(pid, signal.SIGCONT)
        until(lambda: [e for e in self.since("started") if e["member"] == old], 20, "it starts again")

    def test_25_no_replica_is_left(self):
        old = self.it.primary("postgresql")
        others = [m["name"] for m in self.it.members("postgresql") if m["name"] != old]
        stopped = [pid for name in others for pid in self.named(name, "patroni")[:1]]
        for pid in stopped:
            kill(pid, signal.SIGSTOP)
        try:
            self.kill_group(old)
            self.refused("candidate-unfit")
        finally:
            for pid in stopped:
                kill(pid, signal.SIGCONT)

    # The agent itself.

    def test_50_the_agent_dies_with_the_leader(self):
        """Last, as how an adopted process ended nobody can know. Nobody saw the death: Patroni's timers rule, or the member is back before they end."""
        old = self.it.primary("postgresql")
        agent = self.it.agent_pid()
        kill(agent)
        self.kill_group(old)
        until(lambda: self.it.agent_pid() not in (None, agent), 20, "the guardian starts an agent")
        self.redundant()

    def test_60_a_changed_durability_is_what_the_agent_goes_by(self):
        """Its facts were those of the start: a foundation made asynchronous was judged as a synchronous one without a standby."""
        self.it.write(small("live-release").replace("storage: 1Gi,", "storage: 1Gi, durability: asynchronous,"))
        try:
            self.it.up()
            leader = self.it.primary("postgresql")
            self.kill_group(leader)
            self.assertNotEqual(self.decision().get("failed_condition"), "sync-missing")
            until(self.it.healthy, 60, "three members again")
        finally:
            self.it.write(small("live-release"))
            self.it.up()

    def test_31_a_leader_that_hangs_is_fenced_before_its_lease_ends(self):
        old = self.it.primary("postgresql")
        for pid in self.instance_pids(old):
            kill(pid, signal.SIGSTOP)
        decision = self.decision(seconds=45)
        self.assertTrue(decision["decision"].startswith("released to "), decision)
        self.assertIn("watchdog", self.since("exited")[0]["reason"])

    # Redis.

    def redis_whole(self):
        until(self.it.healthy, 60, "Redis is whole")
        return self.it.primary("redis")

    def test_40_redis_master_is_killed(self):
        old = self.redis_whole()
        kill(self.instance_pids(old)[0])
        decision = self.decision()
        self.assertTrue(decision["decision"].startswith("released to redis-"), decision)
        until(lambda: self.it.member(old)["role"] == "replica", 30, "the old master follows")

    def test_41_redis_is_shut_down_by_a_dba(self):
        """A clean end is no death: the member is started again, and asks the Sentinels what it is."""
        old = self.redis_whole()
        before = self.it.starts()[old]
        self.cli(old, "SHUTDOWN", "NOSAVE")
        until(lambda: self.it.starts()[old] != before, 20, "it is started again")
        self.redis_whole()
        self.assertFalse(self.since("leader-release"))

    def test_42_no_majority_of_the_sentinels_answers(self):
        old = self.redis_whole()
        watchers = [i["pids"][0] for i in self.it.json("ps")["instances"] if i["name"].startswith("redis-sentinel")]
        for pid in watchers[:2]:
            kill(pid, signal.SIGSTOP)
        try:
            kill(self.instance_pids(old)[0])
            self.refused("no-sentinel-majority")
        finally:
            for pid in watchers[:2]:
                kill(pid, signal.SIGCONT)
        self.redis_whole()

    def cli(self, member, *command):
        tree = artifact("redis-7.0")
        environment = {"PATH": "/usr/bin:/bin", "REDISCLI_AUTH": self.it.secret("redis/agent"),
                       "LD_LIBRARY_PATH": f"{tree}/usr/lib/x86_64-linux-gnu:{tree}/lib/x86_64-linux-gnu"}
        subprocess.run([str(tree / "usr/bin/redis-cli"), "-h", self.address(member), "--tls", "--cacert", str(self.it.trust("services")),
                        "--sni", member, "--user", "agent", "--no-auth-warning", *command], env=environment, capture_output=True, timeout=30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
