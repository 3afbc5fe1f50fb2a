"""Every check can fail: each sabotage damages a real foundation, turns exactly its declared checks red, and is repaired."""

import json
import subprocess
import unittest

from keelson_live import ROOT, Foundation, kill, sweep, until


def nexus(name):
    """The shipped blueprint under a name of the test's own, small."""
    text = (ROOT / "blueprints/nexus-architect.yaml").read_text()
    return text.replace("foundation: nexus-architect", f"foundation: {name}", 1)


class Sabotage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.foundation = Foundation("live-sabotage", nexus("live-sabotage"), profile="laptop").__enter__()
        cls.foundation.up()

    @classmethod
    def tearDownClass(cls):
        cls.foundation.__exit__()

    def test_each_turns_exactly_the_declared_checks_red_and_green_again(self):
        done = self.foundation.run("verify", "--sabotage", "all", "-o", "json", timeout=1500)
        report = json.loads(done.stdout)
        self.assertGreaterEqual(len(report["sabotages"]), 18)
        bad = [f"{s['id']} {s['state']}: {s['evidence']}" for s in report["sabotages"] if s["state"] != "pass"]
        self.assertEqual(bad, [], done.stderr[-4000:])
        self.assertEqual(done.returncode, 0)

    def damage(self):
        """RD-4's sabotage, killed once it has begun. The path of the record it leaves."""
        running = subprocess.Popen(self.foundation.command("verify", "--sabotage", "RD-4"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        record = self.foundation.state / "sabotage.json"
        try:
            until(record.exists, 90, "the damage is journaled")
        finally:
            kill(running.pid)
            running.wait()
        return record

    def assert_repaired(self, record):
        self.assertFalse(record.exists())
        checks = json.loads(self.foundation.run("verify", "--only", "RD-4", "-o", "json").stdout)["checks"]
        self.assertEqual([c["state"] for c in checks], ["pass"])
        self.assertEqual(self.foundation.json("plan")["changes"], 0)

    def test_what_a_killed_sabotage_left_is_repaired_by_the_next_up(self):
        record = self.damage()
        self.foundation.up()
        self.assert_repaired(record)

    def test_what_a_killed_sabotage_left_is_repaired_by_the_next_agent(self):
        record = self.damage()
        kill(self.foundation.agent_pid())
        until(lambda: not record.exists(), 60, "the agent that the guardian started has repaired it")
        self.assert_repaired(record)
        self.assertIn("repaired", [event["kind"] for event in map(json.loads, self.foundation.run("events", "-o", "ndjson").stdout.splitlines())])


if __name__ == "__main__":
    unittest.main(verbosity=2)
