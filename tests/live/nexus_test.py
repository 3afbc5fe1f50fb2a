"""The Nexus Architect foundation on real engines: it stands, drift is seen and mended, leaders die and nothing acknowledged
is lost, a changed blueprint is applied to what runs."""

import http.client
import json
import os
import pathlib
import ssl
import subprocess
import threading
import unittest

from keelson_live import ROOT, Foundation, Redis, alive, artifact, cgroup_of, connections, kill, listeners, memory_limit, sweep, until

BLUEPRINT = (ROOT / "blueprints/nexus-architect.yaml").read_text().replace("foundation: nexus-architect ", "foundation: live-nexus ", 1)

# What verify cannot prove on a foundation that was never asked to back up: no way exists yet.
UNPROVEN = {"PG-2", "RD-2"}

# Patroni: ttl 30 s, loop_wait 10 s, and a leader race; Sentinel: down-after and an election.
FAILOVER_SECONDS = 60


class Writer(threading.Thread):
    """Inserts numbers one by one through the endpoint, as an application would, and keeps those that were acknowledged."""

    def __init__(self, psql, environment):
        super().__init__(daemon=True)
        self.psql, self.environment = psql, environment
        self.acknowledged, self.ended, self.next = [], threading.Event(), 0

    def run(self):
        while not self.ended.is_set():
            self.next += 1
            if self.insert(self.next):
                self.acknowledged.append(self.next)

    def insert(self, number):
        done = subprocess.run([*self.psql, "-c", f"insert into live values ({number})"], env=self.environment, capture_output=True, text=True, timeout=60)
        return done.returncode == 0 and done.stdout.strip() == "INSERT 0 1"

    def end(self):
        self.ended.set()
        self.join()


class Nexus(unittest.TestCase):
    """Steps of one story on one foundation, in the order of their names: bringing it up takes most of the time."""

    @classmethod
    def setUpClass(cls):
        sweep()
        cls.it = Foundation("live-nexus", BLUEPRINT, profile="laptop").__enter__()
        cls.it.up()

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()

    def superuser(self, member, statement):
        """psql of the cluster's superuser on one member, as a DBA on its machine would."""
        run = self.it.state / f"m/{member}/run"
        done = self.it.run("exec", member, "--", "psql", "-XAtq", "-h", str(run), "-U", "postgres", "-d", "postgres", "-c", statement, check=0)
        return done.stdout.strip()

    def client(self):
        """psql of an application and its environment: endpoint, TLS, verified, as `keelson env` says."""
        variables = self.it.json("env", "postgresql", check=0)["variables"]
        tree = artifact("postgresql-15")
        libraries = ":".join(str(tree / d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
        environment = dict(os.environ, LD_LIBRARY_PATH=libraries, PGCONNECT_TIMEOUT="3", **variables)
        return [str(tree / "usr/lib/postgresql/15/bin/psql"), "-XAt"], environment

    def query(self, statement):
        psql, environment = self.client()
        done = subprocess.run([*psql, "-c", statement], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def patroni(self, method, path, body=None):
        member = self.it.members("postgresql")[0]
        context = ssl.create_default_context(cafile=self.it.trust("control"))
        own = self.it.state / "agent/keelson-agent-control"
        context.load_cert_chain(f"{own}.crt", f"{own}.key")
        connection = http.client.HTTPSConnection(member["address"], 8008, timeout=10, context=context)
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        self.assertEqual(answer.status, 200, content)
        return json.loads(content)

    def redis(self, endpoint="redis-master", user="app"):
        return Redis(self.it, self.it.endpoint(endpoint)["address"], user)

    def redis_write(self, key, value):
        """SET through the endpoint that a second member has too; False while there is no master to take it."""
        try:
            with self.redis() as client:
                return client("SET", key, value) == "OK" and client("WAIT", 1, 2000) >= 1
        except (OSError, RuntimeError):
            return False

    def assert_settled(self):
        self.assertEqual([s["id"] + ": " + s["reason"] for s in self.it.plan()], [])

    def test_01_it_is_healthy_with_one_primary_each(self):
        status = self.it.json("status", check=0)
        self.assertEqual(status["state"], "healthy")
        for component in ("postgresql", "redis"):
            roles = sorted(m["role"] for m in self.it.members(component))
            self.assertEqual(roles, ["primary", "replica", "replica"], component)

    def test_01_the_probes_of_patroni_keep_their_connections(self):
        """A connection made for each question would be seen now and then, not at every look."""
        agent = self.it.agent_pid()
        members = {(m["address"], 8008) for m in self.it.members("postgresql")}
        until(lambda: members <= connections(agent), 10, "a connection to each member's Patroni")
        for _ in range(50):
            self.assertLessEqual(members, connections(agent))

    def test_02_a_second_up_changes_nothing(self):
        before = self.it.starts()
        done = self.it.up()
        self.assertIn("nothing to do", done.stdout, done.stderr)
        self.assertEqual(self.it.starts(), before)
        self.assert_settled()

    def test_03_verify_passes_all_but_what_has_no_proof_yet(self):
        done = self.it.run("verify", "-o", "json", timeout=240)
        checks = json.loads(done.stdout)["checks"]
        self.assertGreater(len(checks), 10)
        for check in checks:
            self.assertEqual(check["state"], "unproven" if check["id"] in UNPROVEN else "pass", json.dumps(check, indent=1))

    def test_04_drift_on_engines_and_files_is_named_and_mended(self):
        replica = next(m for m in self.it.members("postgresql") if m["role"] == "replica")["name"]
        self.superuser(replica, "alter system set work_mem = '77MB'")
        self.patroni("PATCH", "/config", {"maximum_lag_on_failover": 4242})
        redis = self.it.member("redis-2")
        client = Redis(self.it, redis["address"], "agent")
        client("CONFIG", "SET", "maxmemory-policy", "noeviction")
        client.close()
        proxy = next((self.it.state / "m/redis-endpoints-1").rglob("haproxy.cfg"))
        before = proxy.read_text()
        proxy.write_text(before + "\n# by hand\n")
        hba = self.it.state / f"m/{replica}/data/pgdata/pg_hba.conf"
        rules = [line for line in hba.read_text().splitlines() if line and not line.startswith("#")]
        with hba.open("r+") as file:  # its owner and mode stay
            file.write("\n".join(["host all all 127.0.0.0/8 trust", *rules[:-1]]) + "\n")
            file.truncate()
        steps = self.it.plan()
        seen = [f"{s['subject']} {s['reason']}" for s in steps]
        for subject, words in ((replica, "work_mem"), ("postgresql", "maximum_lag_on_failover"), ("redis-2", "maxmemory-policy is noeviction"),
                               (replica, "+ host all all 127.0.0.0/8 trust; - " + rules[-1]),
                               ("redis-endpoints-1", "haproxy.cfg was changed by hand")):
            self.assertTrue([s for s in seen if subject in s and words in s], f"{subject}: {words} not in {json.dumps(seen, indent=1)}")
        restarts = {name: count for name, (_, count) in self.it.starts().items()}
        self.it.up()
        self.assert_settled()
        self.assertEqual(proxy.read_text(), before)
        self.assertEqual([line for line in hba.read_text().splitlines() if line and not line.startswith("#")], rules)
        self.assertEqual(self.superuser(replica, "select count(*) from pg_hba_file_rules where auth_method = 'trust' or error is not null"), "0")
        self.assertEqual(self.superuser(replica, "select count(*) from pg_file_settings where sourcefile like '%auto.conf' and name = 'work_mem'"), "0")
        self.assertEqual({name: count for name, (_, count) in self.it.starts().items()}, restarts)

    def test_05_a_killed_postgresql_primary_costs_no_acknowledged_row(self):
        self.query("create table if not exists live (n bigint primary key)")
        writer = Writer(*self.client())
        writer.start()
        self.addCleanup(writer.ended.set)
        until(lambda: len(writer.acknowledged) > 5, 30, "the endpoint takes writes")
        victim = self.it.primary("postgresql")
        count = len(writer.acknowledged)
        for pid in self.it.member(victim)["pids"]:
            if alive(pid):
                kill(pid)
        until(lambda: len(writer.acknowledged) > count + 5, FAILOVER_SECONDS, "the endpoint takes writes again")
        writer.end()
        rows = {int(row) for row in self.query("select n from live").split()}
        self.assertEqual([n for n in writer.acknowledged if n not in rows], [])
        until(lambda: self.it.healthy() and sorted(m["role"] for m in self.it.members("postgresql")) == ["primary", "replica", "replica"], 120, "redundancy is back")
        until(lambda: not self.it.plan(), 60, "a synchronous standby is chosen again")

    def test_06_a_killed_redis_master_costs_no_replicated_key(self):
        until(lambda: self.redis_write("before", "1"), 20, "the endpoint takes writes")
        victim = self.it.member(self.it.primary("redis"))
        for pid in victim["pids"]:
            kill(pid)
        until(lambda: self.redis_write("after", "1"), FAILOVER_SECONDS, "the endpoint takes writes again")
        client = self.redis()
        self.assertEqual(client("GET", "before"), "1")
        client.close()
        until(lambda: self.it.healthy() and sorted(m["role"] for m in self.it.members("redis")) == ["primary", "replica", "replica"], 60, "redundancy is back")
        self.assert_settled()

    def test_07_down_leaves_nothing_and_up_brings_the_data_back(self):
        self.query("create table if not exists kept as select 42 as n")
        self.assertTrue(self.redis_write("kept", "yes"))
        block = self.it.block()
        pids = [pid for pids in self.it.pids().values() for pid in pids]
        self.it.run("down", check=0)
        self.assertEqual(listeners(block), set())
        self.assertEqual([pid for pid in pids if alive(pid)], [])
        self.assertEqual(self.it.processes(), [])
        self.assertEqual(cgroup_of(block), [])
        self.assertNotIn("live-nexus", pathlib.Path("/etc/hosts").read_text())
        self.assertEqual([str(p) for p in self.it.state.rglob("*") if p.is_socket()], [])
        self.it.up()
        self.assertEqual(self.query("select n from kept"), "42")
        client = self.redis()
        self.assertEqual(client("GET", "kept"), "yes")
        client.close()

    def test_08_a_changed_blueprint_is_applied_without_a_restart(self):
        changed = BLUEPRINT.replace("redis: { memory: 128Mi, storage: 1Gi }", "redis: { memory: 160Mi, storage: 1Gi }")
        changed = changed.replace("{ name: nexus_architect, owner: nexus_app }", "{ name: nexus_architect, owner: nexus_app }\n      - { name: second, owner: nexus_app }")
        self.it.write(changed)
        steps = self.it.plan()
        self.assertIn("second", json.dumps(steps))
        self.assertIn("memory limit", json.dumps(steps))
        before, limit = self.it.starts(), memory_limit(self.it.block(), "redis-1")
        self.it.up()
        self.assertEqual(self.it.starts(), before)
        self.assert_settled()
        if limit is not None:
            self.assertGreater(memory_limit(self.it.block(), "redis-1"), limit)
        client = Redis(self.it, self.it.member("redis-1")["address"], "agent")
        self.assertEqual(int(client("CONFIG", "GET", "maxmemory")[1]), 160 << 20)
        client.close()
        self.assertEqual(self.superuser(self.it.primary("postgresql"), "select 1 from pg_database where datname = 'second'"), "1")

    def test_09_a_component_taken_out_is_stopped_and_its_data_stays(self):
        lines = self.it.file.read_text().splitlines()
        begin = lines.index("  redis:")
        end = next(i for i in range(begin + 1, len(lines)) if not lines[i].startswith("    "))
        self.it.write("\n".join(line for i, line in enumerate(lines) if not begin <= i < end and not line.startswith("      redis:")))
        gone = [pid for m in self.it.members() if m["name"].startswith("redis") for pid in m["pids"]]
        before = {name: start for name, start in self.it.starts().items() if not name.startswith("redis")}
        removes = [s["subject"] for s in self.it.plan() if s["action"] == "remove"]
        self.assertEqual(len([name for name in removes if name.startswith("redis")]), len(removes))
        self.assertIn("redis-1", removes)
        self.it.up()
        self.assertEqual([pid for pid in gone if alive(pid)], [])
        self.assertEqual(self.it.starts(), before)
        self.assertTrue(any((self.it.state / "m/redis-1/data").iterdir()))
        self.assert_settled()


if __name__ == "__main__":
    unittest.main(verbosity=2)
