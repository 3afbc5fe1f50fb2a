"""Two foundations on one machine, brought up at the same moment: nothing of the one is the other's, and destroying the one
leaves the other untouched."""

import os
import pathlib
import subprocess
import unittest

from keelson_live import Foundation, Redis, alive, cgroup_of, listeners, sweep

BLUEPRINT = """
foundation: {name}
components:
  redis: {{ members: 1, memory: 64Mi }}
"""


class TwoFoundations(unittest.TestCase):
    def test_they_stand_apart_and_one_outlives_the_other(self):
        sweep()
        with Foundation("live-one", BLUEPRINT.format(name="live-one")) as one, Foundation("live-two", BLUEPRINT.format(name="live-two")) as two:
            both = [subprocess.Popen(it.command("up"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for it in (one, two)]
            for process in both:
                self.assertEqual(process.wait(300), 0, process.stderr.read())
                process.stderr.close()
            for it in (one, two):
                self.assertTrue(it.healthy())
                self.assertEqual(it.plan(), [], it.name)
            self.assertNotEqual(one.block(), two.block())
            if os.geteuid() == 0:
                uids = [pathlib.Path(f"/proc/{it.member('redis-1')['pids'][0]}").stat().st_uid for it in (one, two)]
                self.assertNotEqual(*uids)
                self.assertNotIn(0, uids)
            self.assert_no_way_from(one, two)
            self.assert_destroying_leaves(one, two)

    def assert_no_way_from(self, one, two):
        """The password and the root of the one open nothing at the other."""
        address = two.endpoint("redis-master")["address"]
        with self.assertRaises(OSError):
            Redis(one, address)
        self.assertNotEqual(one.secret("redis/app"), two.secret("redis/app"))

    def assert_destroying_leaves(self, one, two):
        with Redis(two, two.endpoint("redis-master")["address"]) as client:
            client("SET", "mine", "still")
        block, starts, listening = one.block(), two.starts(), listeners(two.block())
        pids = one.member("redis-1")["pids"]
        one.run("destroy", "--yes", "live-one", check=0)
        self.assertFalse(one.state.exists())
        self.assertEqual([pid for pid in pids if alive(pid)], [])
        self.assertEqual(listeners(block), set())
        self.assertEqual(cgroup_of(block), [])
        hosts = pathlib.Path("/etc/hosts").read_text()
        self.assertNotIn("keelson live-one\n", hosts)
        if os.geteuid() == 0:
            self.assertIn("# BEGIN keelson live-two\n", hosts)
        self.assertEqual(two.starts(), starts)
        self.assertEqual(listeners(two.block()), listening)
        self.assertTrue(two.healthy())
        with Redis(two, two.endpoint("redis-master")["address"]) as client:
            self.assertEqual(client("GET", "mine"), "still")


if __name__ == "__main__":
    unittest.main(verbosity=2)
