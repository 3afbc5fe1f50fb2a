"""The agent killed at each line of a leader's release, on real engines (system/failpoint.h): whatever was half done, no write is
lost or doubled, no two members acknowledge, and the foundation is redundant again. tests/model looks at the same places in every
order of events."""

import json
import os
import pathlib
import tempfile
import unittest

from keelson_live import Foundation, small, sweep, until

# As they come in a release.
POSTGRESQL = ("release-fenced", "release-kept", "release-marked", "release-looked", "release-handed", "release-led", "release-closed", "release-void",
              "release-settled", "release-forgotten")
REDIS = ("redis-ordered", "redis-promoted", "redis-followed")


class Interrupted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.wish = pathlib.Path(tempfile.mkdtemp(prefix="keelson-die-")) / "at"
        os.environ["KEELSON_DIE_AT"] = str(cls.wish)
        cls.it = Foundation("live-interrupt", small("live-interrupt")).__enter__()
        cls.it.up()

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()
        del os.environ["KEELSON_DIE_AT"]
        cls.wish.unlink(missing_ok=True)
        cls.wish.parent.rmdir()

    def drill(self, component, place):
        until(self.it.healthy, 90, "the foundation is healthy")
        agent = self.it.agent_pid()
        self.wish.write_text(place + "\n")
        done = self.it.run("drill", "failover", component, "-o", "json", "--progress", "plain", timeout=300)
        self.assertTrue(done.stdout, done.stderr)
        run = json.loads(done.stdout)["runs"][0]
        told = f"{place}: {json.dumps(run, indent=1)}\n{done.stderr[-2000:]}"
        self.assertFalse(self.wish.exists(), f"the agent did not come by {place}\n{told}")
        self.assertNotEqual(self.it.agent_pid(), agent, told)
        self.assertGreater(run["acknowledged"], 100, told)
        self.assertGreater(run["redundancy_ms"] or 0, 0, f"not redundant again\n{told}")
        return run, told

    def postgresql(self, places):
        for place in places:
            with self.subTest(place):
                run, told = self.drill("postgresql", place)
                self.assertEqual([run["lost"], run["duplicated"], run["overlap_ms"]], [0, 0, 0], told)

    def redis(self, places):
        """Replication is asynchronous: what a drill may find lost is its own business; the master must be one, and found again."""
        for place in places:
            with self.subTest(place):
                run, told = self.drill("redis", place)
                self.assertEqual(run["duplicated"], 0, told)

    def test_telling_places(self):
        self.postgresql(("release-marked", "release-handed", "release-void"))
        self.redis(("redis-promoted",))

    def test_every_place(self):
        self.postgresql(POSTGRESQL)
        self.redis(REDIS)
        self.it.write(BLUEPRINT.replace("members: 3, memory: 256Mi", "members: 3, durability: asynchronous, memory: 256Mi"))
        self.it.up()
        self.postgresql(POSTGRESQL)  # an heir then is one that received the dead member's whole log


if __name__ == "__main__":
    unittest.main(verbosity=2)
