"""Two foundations on one machine, brought up at the same moment: nothing of the one is the other's, and destroying the one
leaves the other untouched."""

import os
import pathlib
import socket
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
        self.assertNotRegex(hosts, r"keelson \d+ live-one\n")
        if os.geteuid() == 0:
            self.assertRegex(hosts, r"# BEGIN keelson \d+ live-two\n")
        self.assertEqual(two.starts(), starts)
        self.assertEqual(listeners(two.block()), listening)
        self.assertTrue(two.healthy())
        with Redis(two, two.endpoint("redis-master")["address"]) as client:
            self.assertEqual(client("GET", "mine"), "still")

    def test_two_of_one_name_in_two_directories_share_nothing(self):
        sweep()
        blueprint = BLUEPRINT.format(name="live-same")
        with Foundation("live-same", blueprint) as one, Foundation("live-same", blueprint) as two:
            one.up()
            two.up()
            self.assertNotEqual(one.block(), two.block())
            for it in (one, two):
                self.assertEqual(it.plan(), [], "each is settled beside the other")
            if os.geteuid() != 0:
                return
            users = [pathlib.Path(f"/proc/{it.member('redis-1')['pids'][0]}").stat().st_uid for it in (one, two)]
            self.assertNotEqual(*users)
            hosts = pathlib.Path("/etc/hosts").read_text()
            for it in (one, two):
                self.assertIn(f"{it.endpoint('redis-master')['address']} redis-master.live-same", hosts)
                self.assert_names_lead_to_it(it)
            self.assertEqual([e for e in two.json("access")["endpoints"] if e["host"] != e["address"]], [], "the first one of the domain has the names")
            gone = one.endpoint("redis-master")["address"]
            one.run("destroy", "--yes", "live-same", check=0)
            hosts = pathlib.Path("/etc/hosts").read_text()
            self.assertNotIn(gone + " ", hosts)
            self.assertIn(two.endpoint("redis-master")["address"], hosts)
            self.assertEqual(two.plan(), [])
            self.assertTrue(two.healthy())

    def assert_names_lead_to_it(self, it):
        """What `access` offers is what the resolver makes of it."""
        for row in it.json("access")["endpoints"]:
            self.assertEqual(socket.gethostbyname(row["host"]), row["address"])
        sheet = it.run("access", check=0).stdout
        self.assertEqual((it.state / "access-info.txt").read_text(), sheet)
        names = [name for line in sheet.splitlines() if line.startswith("  names ") for name in line.split(None, 1)[1].split(", ")]
        for name in names:
            self.assertTrue(socket.gethostbyname(name).startswith(it.block()), name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
