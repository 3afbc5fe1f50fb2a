"""Drills on real engines: failures rehearsed under load, their scorecards, and what verify makes of them."""

import json
import os
import signal
import subprocess
import unittest

from keelson_live import Foundation, Redis, kill, small, sweep, until
from network_live import Nft

BLUEPRINT = small("live-drill")


class Drill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.it = Foundation("live-drill", BLUEPRINT).__enter__()
        cls.it.up()

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()

    def setUp(self):
        until(self.it.healthy, 60, "the foundation is healthy")

    def there_is(self, table):
        return Nft()(f"list table inet {table}") is not None

    def drill(self, fault, component, *flags, lost_in_bound=False):
        """The scorecard; the verdict must be pass."""
        done = self.it.run("drill", fault, component, "-o", "json", "--progress", "plain", *flags, timeout=600)
        self.assertTrue(done.stdout, done.stderr)
        card = json.loads(done.stdout)
        told = json.dumps(card, indent=1) + done.stderr
        self.assertEqual(card["schema"], "keelson.drill/v1")
        self.assertEqual((card["verdict"], done.returncode), ("pass", 0), told)
        self.assertEqual((card["fault"], card["component"]), (fault, component))
        for run in card["runs"]:
            self.assertEqual((run["lost"] if not lost_in_bound else 0, run["duplicated"]), (0, 0), told)
            self.assertGreater(run["acknowledged"], 100, told)
            self.assertGreater(run["gap_ms"], 0, told)
            self.assertGreater(run["redundancy_ms"], 0, told)
        self.nothing_is_left()
        return card

    def check(self, name):
        return self.it.json("verify", "--only", name)["checks"][0]

    def nothing_is_left(self):
        self.assertFalse((self.it.state / "drill.json").exists())

        def no_key_is_left():
            try:
                with Redis(self.it, self.it.endpoint("redis-master")["address"]) as redis:
                    return redis("EXISTS", "keelson:drill:endpoint", "keelson:drill:transfers") == 0
            except (OSError, RuntimeError):
                return False  # the endpoint still follows the new master

        until(no_key_is_left, 30, "the drill's keys are gone")
        schemas = self.it.run("connect", "postgresql", "--", "-Atc", "select nspname from pg_namespace where nspname = 'keelson_drill'", check=0)
        self.assertEqual(schemas.stdout.strip(), "")

    def planted(self, component, promise, plant):
        """A drill during which `plant` takes one acknowledged write away and doubles another must say so, and so must verify."""
        before = self.check(promise)
        self.assertEqual((before["state"], before["next"]), ("unproven", f"keelson drill failover {component}"))
        running = subprocess.Popen(self.it.command("drill", "failover", component, "-o", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until(plant, 30, "damage is planted in the ledger")
            out, err = running.communicate(timeout=120)
        finally:
            if running.poll() is None:
                kill(running.pid)
        card = json.loads(out)
        run = card["runs"][0]
        self.assertEqual((card["verdict"], running.returncode, run["lost"], run["duplicated"]), ("fail", 6, 1, 1), out + err)
        self.nothing_is_left()
        after = self.check(promise)
        self.assertEqual(after["state"], "fail", after)
        self.assertIn("1 acknowledged writes are lost", after["evidence"])

    def failover(self, component, promise, times):
        card = self.drill("failover", component, "--times", str(times), "--seed", "7")
        self.assertEqual((card["seed"], len(card["runs"])), (7, times))
        for run in card["runs"]:
            self.assertEqual(run["decision"], f"released to {run['successor']}", card)
            self.assertNotEqual(run["leader"], run["successor"])
            self.assertLess(run["timeline"]["proved_ms"], run["timeline"]["endpoint_ms"])
        for run, after in zip(card["runs"], card["runs"][1:]):
            self.assertEqual(run["successor"], after["leader"])
        self.assertEqual(self.it.json("drill", "list")["drills"][0]["seed"], 7)
        after = self.check(promise)
        self.assertEqual(after["state"], "pass", after)

    def test_00_a_write_that_is_lost_or_there_twice_fails_the_drill_and_the_promise(self):
        sql = ("with sent as (select min(id) as id from keelson_drill.ledger where stream = 'endpoint' having count(*) > 10), "
               "gone as (delete from keelson_drill.ledger l using sent where l.id = sent.id returning 1) "
               "insert into keelson_drill.ledger (stream, seq) select l.stream, l.seq from keelson_drill.ledger l, sent where l.id = "
               "(select min(id) from keelson_drill.ledger where stream = 'transfers') returning 'planted'")
        self.planted("postgresql", "PG-2", lambda: "planted" in self.it.run("connect", "postgresql", "--", "-Atc", sql).stdout)

        def plant():
            with Redis(self.it, self.it.endpoint("redis-master")["address"]) as redis:
                if redis("LLEN", "keelson:drill:endpoint") <= 10:
                    return False
                redis("LPOP", "keelson:drill:endpoint")
                redis("LPUSH", "keelson:drill:endpoint", redis("LINDEX", "keelson:drill:endpoint", "0"))
                return True

        self.planted("redis", "RD-2", plant)

    def test_01_failover_of_postgresql_proves_pg_2(self):
        self.failover("postgresql", "PG-2", 1)
        self.assertTrue(all(run["pooled_gap_ms"] > 0 for run in self.it.json("drill", "list")["drills"][0]["runs"]))

    def test_02_failover_of_redis_proves_rd_2(self):
        self.failover("redis", "RD-2", 3)

    @unittest.skipUnless(os.environ.get("KEELSON_FULL"), "half a minute: KEELSON_FULL=1")
    def test_03_a_proof_by_drill_hides_no_damage(self):
        self.it.run("verify", "--sabotage", "PG-2,RD-2", check=0)

    def test_10_a_switchover_loses_no_operation_through_the_pooler(self):
        card = self.drill("switchover", "postgresql")  # its verdict is fail when one lane operation of the pooler was not acknowledged
        self.assertNotEqual(card["runs"][0]["leader"], card["runs"][0]["successor"])
        # The verb itself.
        leader = until(lambda: self.it.primary("postgresql"), 30, "status shows the primary")
        moved = self.it.json("switchover", "postgresql", check=0)
        self.assertEqual(moved["from"], leader)
        until(lambda: self.it.primary("postgresql") == moved["to"], 30, "status shows the new primary")
        self.assertEqual(self.it.run("switchover", "postgresql", "--to", moved["to"]).returncode, 64)

    def test_14_a_switchover_of_redis_loses_no_acknowledged_write(self):
        card = self.drill("switchover", "redis", "--times", "2")
        for run in card["runs"]:
            self.assertNotEqual(run["leader"], run["successor"])
        leader = until(lambda: self.it.primary("redis"), 30, "status shows the master")
        heir = next(m["name"] for m in reversed(self.it.members("redis")) if m["name"] != leader)
        moved = self.it.json("switchover", "redis", "--to", heir, check=0)
        self.assertEqual((moved["from"], moved["to"]), (leader, heir))
        self.assertEqual(self.it.run("switchover", "redis", "--to", heir).returncode, 64)
        self.assertEqual(self.it.plan(), [], "no priority is left behind")

    @unittest.skipUnless(os.geteuid() == 0, "only root has firewall tables")
    def test_15_a_leader_that_is_cut_off_is_replaced_and_takes_nothing_back(self):
        card = self.drill("partition", "postgresql")
        self.assertEqual((card["runs"][0]["overlap_ms"], card["runs"][0]["lost"]), (0, 0))
        until(self.it.healthy, 60, "the foundation is healthy")
        card = self.drill("partition", "redis", lost_in_bound=True)
        self.assertEqual(card["runs"][0]["lost"], card["runs"][0]["lost_in_bound"])

    @unittest.skipUnless(os.geteuid() == 0, "only root has firewall tables")
    def test_16_the_next_up_joins_what_a_killed_drill_cut_off(self):
        table = self.it.json("network", "show")["table"] + "_drill"
        running = subprocess.Popen(self.it.command("drill", "partition", "redis"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: self.there_is(table), 60, "the leader is cut off")
        finally:
            kill(running.pid)
            running.wait()
        self.it.up()
        self.assertFalse(self.there_is(table))
        until(self.it.healthy, 60, "healthy again")
        self.nothing_is_left()

    def test_17_a_killed_switchover_leaves_no_client_held_back(self):
        record = self.it.state / "drill.json"
        running = subprocess.Popen(self.it.command("switchover", "postgresql"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(record.exists, 60, "it has begun")
        finally:
            kill(running.pid)
            running.wait()
        for pid in self.it.pids()["postgresql-pooler-1"]:  # it may have been killed before it held them
            os.kill(pid, signal.SIGUSR1)
        self.it.up()
        self.assertFalse(record.exists())
        until(self.it.healthy, 60, "healthy again")
        card = self.drill("failover", "postgresql")  # its lane through the pooler must be acknowledged, or it does not begin
        self.assertEqual(card["verdict"], "pass")

    def test_11_what_leaves_the_leader_alone_leaves_it_leading(self):
        for fault in ("patroni-kill", "agent-kill", "etcd-leader"):
            with self.subTest(fault):
                card = self.drill(fault, "postgresql")
                self.assertEqual(card["runs"][0]["leader"], card["runs"][0]["successor"])
                until(self.it.healthy, 60, "the foundation is healthy")

    @unittest.skipUnless(os.environ.get("KEELSON_FULL"), "waits for timers: KEELSON_FULL=1")
    def test_12_a_leader_that_dies_while_no_agent_runs_is_left_to_the_engines_timers(self):
        card = self.drill("unattended", "redis")
        self.assertNotIn("released", card["runs"][0]["decision"])
        self.assertGreater(card["runs"][0]["gap_ms"], 4000, "Sentinel waits for its own verdict")

    @unittest.skipUnless(os.environ.get("KEELSON_FULL"), "the long ones: KEELSON_FULL=1")
    def test_13_long_faults(self):
        for fault, component in (("pause", "postgresql"), ("pause", "redis"), ("disk-full", "postgresql"), ("clock", "postgresql"), ("etcd-majority", "postgresql"), ("unattended", "postgresql")):
            with self.subTest(fault=fault, component=component):
                self.drill(fault, component)
                until(self.it.healthy, 60, "the foundation is healthy")

    def test_20_a_killed_drill_is_cleaned_up_by_the_next_up(self):
        record = self.it.state / "drill.json"
        running = subprocess.Popen(self.it.command("drill", "failover", "redis", "--times", "5"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: record.exists() and json.loads(record.read_text())["repair"]["chosen"], 60, "it has struck")
        finally:
            kill(running.pid)
            running.wait()
        self.it.up()
        until(self.it.healthy, 60, "healthy again")
        self.nothing_is_left()

    def test_21_an_interrupted_drill_cleans_up_itself(self):
        running = subprocess.Popen(self.it.command("drill", "failover", "postgresql", "--times", "50"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until((self.it.state / "drill.json").exists, 60, "it has begun")
        kill(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=90)
        self.assertEqual(running.returncode, 1, err)
        self.assertIn("interrupted", err)
        self.nothing_is_left()

    def test_22_a_second_keelson_waits_its_turn(self):
        running = subprocess.Popen(self.it.command("drill", "failover", "redis"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until((self.it.state / "drill.json").exists, 60, "it has begun")
            self.assertEqual(self.it.run("up").returncode, 7)
        finally:
            running.wait(timeout=120)

    def test_30_refusals(self):
        usage = self.it.run("drill", "failover", "etcd", check=64)
        self.assertIn("cannot be drilled", usage.stderr)
        usage = self.it.run("drill", "failover", "nobody", check=64)
        self.assertIn("postgresql", usage.stderr)
        victim = self.it.members("redis-sentinel")[0]["pids"][0]
        kill(victim, signal.SIGSTOP)
        try:
            until(lambda: not self.it.healthy(), 30, "a Sentinel stands still")
            refused = self.it.run("drill", "failover", "redis", check=4)
            self.assertIn("not healthy enough", refused.stderr)
        finally:
            kill(victim, signal.SIGCONT)
        until(self.it.healthy, 60, "it answers again")

    def test_31_a_protected_foundation_is_refused(self):
        self.it.write(BLUEPRINT + "protect: true\n")
        self.it.up()
        refused = self.it.run("drill", "failover", "redis", check=4)
        self.assertIn("protected", refused.stderr)
        self.assertFalse((self.it.state / "drill.json").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
