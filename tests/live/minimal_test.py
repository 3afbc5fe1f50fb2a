"""One Redis, from nothing to nothing: up, the second up, data across down and up, drift, destroy."""

import json
import pathlib
import signal
import subprocess
import unittest

from keelson_live import BINARY, Foundation, Redis, alive, kill, listeners, sweep, until

BLUEPRINT = """
foundation: live-minimal
components:
  redis: { members: 1, memory: 64Mi }
"""


class Minimal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.foundation = Foundation("live-minimal", BLUEPRINT).__enter__()
        cls.foundation.up()

    @classmethod
    def tearDownClass(cls):
        cls.foundation.__exit__()

    def redis(self, *command):
        """redis-cli as an application would use it: over TLS, verified, with the password from the store."""
        done = self.foundation.run("connect", "redis", "--", *command)
        return done.stdout.strip()

    def test_status_is_healthy_and_names_the_pid(self):
        status = self.foundation.json("status", check=0)
        self.assertEqual(status["schema"], "keelson.status/v1")
        self.assertEqual(status["state"], "healthy")
        redis = next(c for c in status["components"] if c["name"] == "redis")
        self.assertEqual(redis["members"][0]["role"], "primary")
        for pid in redis["members"][0]["pids"]:
            self.assertTrue(alive(pid))

    def test_a_state_directory_may_be_named_from_where_one_stands(self):
        for name in (self.foundation.state.name, f"./{self.foundation.state.name}/"):
            done = subprocess.run([BINARY, "status", "--state-dir", name], cwd=self.foundation.state.parent, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_second_up_has_nothing_to_do(self):
        self.assertEqual(self.foundation.json("plan", check=0)["changes"], 0)
        self.assertEqual(self.foundation.run("plan", "--detailed-exitcode").returncode, 0)

    def test_a_client_writes_over_tls(self):
        self.assertEqual(self.redis("SET", "k", "v"), "OK")
        self.assertEqual(self.redis("GET", "k"), "v")

    def test_a_setting_changed_by_hand_is_seen_named_and_mended(self):
        client = Redis(self.foundation, self.foundation.member("redis-1")["address"], "agent")
        self.assertEqual(client("CONFIG", "SET", "maxmemory", "12345678"), "OK")
        client.close()
        plan = self.foundation.json("plan")
        self.assertEqual(plan["changes"], 1)
        self.assertRegex(plan["steps"][0]["reason"], "maxmemory is 12345678")
        self.foundation.up()
        self.assertEqual(self.foundation.json("plan")["changes"], 0)

    def test_a_file_edited_by_hand_is_drift_and_mended(self):
        conf = self.foundation.state / "m/redis-1/config/static.conf"
        before = conf.read_text()
        conf.write_text(before + "# edited\n")
        plan = self.foundation.json("plan")
        self.assertRegex(json.dumps(plan), "changed by hand")
        self.assertEqual(self.why("redis-1", 5), [("redis-1", "static.conf was changed by hand")])
        self.foundation.up()
        self.assertEqual(conf.read_text(), before)
        self.assertEqual(self.foundation.json("plan")["changes"], 0)

    def why(self, thing, code):
        return [(link["subject"], link["what"]) for link in self.foundation.json("why", thing, check=code)["chain"]]

    def test_why_goes_from_an_endpoint_to_the_member_that_hangs(self):
        pid = self.foundation.pids()["redis-1"][0]
        kill(pid, signal.SIGSTOP)
        try:
            until(lambda: self.foundation.run("why", "redis-master").returncode == 5, 20, "somebody notices")
            chain = self.why("redis-master", 5)
            self.assertEqual(chain[0], ("redis-master", "no member of redis is ready"))
            self.assertEqual(chain[-1][0], "redis-1")
            self.assertRegex(chain[-1][1], "runs, but is not ready")
            self.assertRegex(self.foundation.run("why", "redis-master").stdout, r"redis-master is not well: .*\n(.*\n)*  because redis-1: runs.*\nnext: keelson logs redis-1\n")
        finally:
            kill(pid, signal.SIGCONT)
        until(lambda: self.foundation.run("why", "redis-master").returncode == 0, 20, "redis goes on")
        self.assertRegex(self.foundation.run("why").stdout, "live-minimal is well.\nlooked at: redis-master, redis, redis-1")

    def test_why_suggests_the_name_that_was_meant(self):
        done = self.foundation.run("why", "redis-mastr", check=64)
        self.assertIn("did you mean 'redis-master'?", done.stderr)

    def certificates(self):
        return {(row["instance"], row["name"], row["kind"], row["domain"]): row for row in self.foundation.json("cert", "list", check=0)["certificates"]}

    def test_certificates_are_listed_and_replaced_before_they_are_old(self):
        before = self.certificates()
        self.assertEqual({row["state"] for row in before.values()}, {"ok"})
        self.assertEqual({kind for _, _, kind, _ in before}, {"root", "issuing", "own", "leaf"})
        files = {key: pathlib.Path(row["file"]).read_text() for key, row in before.items()}
        self.foundation.run("cert", "rotate", "redis-1", "--progress", "quiet", check=0)
        changed = {key for key, text in files.items() if pathlib.Path(before[key]["file"]).read_text() != text}
        self.assertEqual(changed, {key for key in files if key[0] == "redis-1"})
        self.assertTrue(changed)
        self.assertEqual(self.foundation.json("plan")["changes"], 0)
        self.assertEqual(self.redis("PING"), "PONG")
        self.foundation.run("cert", "rotate", "redis-9", check=64)

    def test_a_certificate_that_is_gone_is_told(self):
        file = next(pathlib.Path(row["file"]) for (instance, *_), row in self.certificates().items() if instance == "redis-1")
        file.unlink()
        listed = self.foundation.json("cert", "list", check=6)["certificates"]
        self.assertEqual([row["file"] for row in listed if row["state"] == "missing"], [str(file)])
        self.foundation.up()
        self.certificates()

    def test_a_killed_redis_is_back_at_once(self):
        pid = self.foundation.pids()["redis-1"][0]
        kill(pid)
        until(lambda: self.foundation.json("status")["state"] == "healthy" and pid not in self.foundation.pids()["redis-1"], 10, "redis is back")

    def test_the_agent_can_die_without_anybody_noticing(self):
        before = self.foundation.pids()
        hello = self.foundation.agent_pid()
        kill(hello)
        until(lambda: self.foundation.agent_pid() not in (None, hello), 10, "a new agent")
        until(lambda: self.foundation.json("status").get("state") == "healthy", 10, "healthy under the new agent")
        self.assertEqual(self.foundation.pids(), before)

    def test_no_secret_is_on_a_command_line_or_in_an_environment(self):
        names = [s["name"] for s in self.foundation.json("secret", "list", check=0)["secrets"]]
        values = [self.foundation.run("secret", "get", n, "--reveal", check=0).stdout.strip().encode() for n in names]
        self.assertTrue(values)
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            for part in ("cmdline", "environ"):
                try:
                    content = (process / part).read_bytes()
                except OSError:
                    continue
                for value in values:
                    self.assertNotIn(value, content, f"{process}/{part}")

    def test_zz_down_leaves_nothing_and_up_brings_the_data_back(self):
        until(lambda: self.redis("SET", "kept", "yes") == "OK", 10, "the endpoint leads to a member that just stood still")
        client = Redis(self.foundation, self.foundation.member("redis-1")["address"])
        for command in (["MULTI"], ["SET", "half", "one"], ["INCR", "other-half"], ["EXEC"]):
            client(*command)
        client.close()
        block = self.foundation.block()
        pids = [p for m in self.foundation.pids().values() for p in m]
        self.foundation.run("down", check=0)
        self.assertEqual(listeners(block), set())
        self.assertFalse([p for p in pids if alive(p)])
        self.assertEqual(self.foundation.processes(), [])
        self.assertIsNone(self.foundation.agent_pid())
        self.assertNotIn("live-minimal", pathlib.Path("/etc/hosts").read_text())
        self.assertEqual(self.foundation.run("status").returncode, 1)
        self.assertRegex(self.foundation.run("why", "redis-master", check=1).stdout, "redis-master is not well: nobody can say how it is\n(.*\n)*next: keelson up\n")
        self.foundation.up()
        self.assertEqual(self.redis("GET", "kept"), "yes")
        self.assertEqual([self.redis("GET", key) for key in ("half", "other-half")], ["one", "1"], "a transaction is replayed, too")


if __name__ == "__main__":
    unittest.main(verbosity=2)
