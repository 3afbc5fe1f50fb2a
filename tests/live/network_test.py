"""The network policy in the kernel: in force after `up`, mended when somebody touches it, gone after `down`; nobody else's rules moved.

What is open is tried by children that change their uid and connect: the kernel judges, not the listing."""

import os
import pwd
import shutil
import socket
import subprocess
import unittest

from keelson_live import BINARY, Foundation, kill, sweep, until
from network_live import DAEMON, NOBODY, Nft, dial

BLUEPRINT = """
foundation: live-network
access: { local: [daemon] }
components:
  redis: { members: 3, memory: 64Mi }
  web:
    kind: custom
    command: [/usr/bin/python3, -m, http.server, "{port}", --bind, "{address}"]
    ports: [{ name: http, port: 8080 }]
    uses: [redis-master]
"""

FOREIGN = "keelson_test_foreign"


@unittest.skipIf(os.geteuid() != 0, "only root may load nftables rules")
class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.nft = Nft()
        cls.nft(f"table inet {FOREIGN} {{}}; delete table inet {FOREIGN}")
        cls.nft(f"table inet {FOREIGN} {{ chain c {{ type filter hook output priority 10; policy accept; ip daddr 127.78.0.1 counter accept; }} }}")
        cls.foreign = cls.nft(f"list table inet {FOREIGN}")
        cls.it = Foundation("live-network", BLUEPRINT).__enter__()
        cls.it.up()
        cls.table = cls.it.json("network", "show", check=0)["table"]

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()
        cls.nft(f"delete table inet {FOREIGN}")

    def uid(self, component):
        return pwd.getpwnam(f"kl{self.it.block().split('.')[2]}-{component}").pw_uid

    def listed(self):
        return self.nft(f"list table inet {self.table}")

    def test_the_policy_is_in_force_and_a_second_up_has_nothing_to_do(self):
        self.assertIn("@edges accept", self.listed())
        self.assertEqual(self.it.json("network", "show")["state"], "in-force")
        self.assertEqual(self.it.plan(), [])

    def test_a_declared_connection_is_open(self):
        self.assertEqual(dial(self.uid("redis"), self.it.member("redis-2")["address"], 6379), "open")
        self.assertEqual(dial(self.uid("redis-sentinel"), self.it.member("redis-1")["address"], 6379), "open")
        self.assertEqual(dial(self.uid("web"), self.it.endpoint("redis-master")["address"], 6379), "open")

    def test_an_undeclared_connection_is_refused_at_once(self):
        self.assertEqual(dial(self.uid("web"), self.it.member("redis-1")["address"], 6379), "refused")
        self.assertEqual(dial(self.uid("web"), self.it.endpoint("redis-replica")["address"], 6379), "refused")
        self.assertEqual(dial(self.uid("redis"), self.it.member("web-1")["address"], 8080), "refused")
        self.assertEqual(dial(self.uid("redis-endpoints"), self.it.member("redis-sentinel-1")["address"], 26379), "refused")

    def test_the_users_of_access_local_reach_endpoints_and_own_programs_and_no_member(self):
        self.assertEqual(dial(DAEMON, self.it.endpoint("redis-master")["address"], 6379), "open")
        self.assertEqual(dial(DAEMON, self.it.endpoint("redis-replica")["address"], 6379), "open")
        self.assertEqual(dial(DAEMON, self.it.member("web-1")["address"], 8080), "open")
        self.assertEqual(dial(DAEMON, self.it.member("redis-1")["address"], 6379), "refused")

    def test_another_user_of_the_machine_reaches_nothing(self):
        places = [(m["address"], 6379) for m in self.it.members("redis")] + [(self.it.member("web-1")["address"], 8080)]
        places += [(self.it.endpoint(name)["address"], 6379) for name in ("redis-master", "redis-replica")]
        self.assertEqual({dial(NOBODY, *place) for place in places}, {"refused"})

    def test_what_is_outside_the_foundations_addresses_is_nobodys_business(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.assertEqual(dial(NOBODY, *server.getsockname()), "open")

    def test_a_deleted_table_is_drift_named_by_plan_and_mended_by_up(self):
        before = self.listed()
        self.nft(f"delete table inet {self.table}")
        self.assertEqual(dial(NOBODY, self.it.member("redis-1")["address"], 6379), "open")
        steps = self.it.plan()
        self.assertEqual([step["action"] for step in steps], ["network"])
        self.assertIn(f"the kernel has no table {self.table}", steps[0]["reason"])
        self.assertEqual(self.it.json("network", "show")["state"], "missing")
        self.it.up()
        self.assertEqual(self.listed(), before)
        self.assertEqual(self.it.plan(), [])
        self.assertEqual(dial(NOBODY, self.it.member("redis-1")["address"], 6379), "refused")

    def test_a_table_edited_by_hand_is_drift_named_by_plan_and_mended_by_up(self):
        for edit in (f"insert rule inet {self.table} out meta skuid {NOBODY} accept",
                     f"add element inet {self.table} edges {{ {NOBODY} . {self.it.member('redis-1')['address']} . 6379 }}",
                     f"flush set inet {self.table} edges"):
            self.assertIsNotNone(self.nft(edit), edit)
            steps = self.it.plan()
            self.assertEqual([step["action"] for step in steps], ["network"], edit)
            self.assertIn(f"table {self.table} in the kernel is not as keelson left it", steps[0]["reason"])
            self.it.up()
            self.assertEqual(self.it.plan(), [])
        self.assertEqual(dial(NOBODY, self.it.member("redis-1")["address"], 6379), "refused")

    def test_a_changed_access_local_changes_the_policy_and_restarts_nothing(self):
        starts = self.it.starts()
        self.it.write(BLUEPRINT.replace("[daemon]", "[nobody]"))
        try:
            steps = self.it.plan()
            self.assertEqual([step["action"] for step in steps], ["network"])
            self.assertIn("another network policy", steps[0]["reason"])
            self.it.up()
            self.assertEqual(dial(NOBODY, self.it.endpoint("redis-master")["address"], 6379), "open")
            self.assertEqual(dial(DAEMON, self.it.endpoint("redis-master")["address"], 6379), "refused")
        finally:
            self.it.write(BLUEPRINT)
        self.it.up()
        self.assertEqual(dial(DAEMON, self.it.endpoint("redis-master")["address"], 6379), "open")
        self.assertEqual(self.it.starts(), starts)

    def test_an_unknown_user_in_access_local_is_named_and_changes_nothing(self):
        self.it.write(BLUEPRINT.replace("[daemon]", "[daemon, no-such-user]"))
        try:
            refused = self.it.run("up", check=3)
        finally:
            self.it.write(BLUEPRINT)
        self.assertIn("no-such-user, who is no user of this machine", refused.stderr)
        self.assertEqual(self.it.plan(), [])

    def test_it_is_in_force_before_the_first_engine_runs(self):
        other = Foundation("live-network-2", BLUEPRINT.replace("live-network", "live-network-2"))
        with other:
            steps = {step["id"]: step["after"] for step in other.plan()}
            starts = [after for name, after in steps.items() if name.startswith("start ")]
            self.assertGreater(len(starts), 5)
            for after in starts:
                self.assertIn("network", after)

    def test_other_peoples_rules_stay_byte_for_byte(self):
        self.assertEqual(self.nft(f"list table inet {FOREIGN}"), self.foreign)

    @unittest.skipUnless(shutil.which("setpriv"), "setpriv (util-linux) is not here")
    def test_without_the_right_to_load_rules_up_goes_on_and_says_so(self):
        with Foundation("live-network-3", "foundation: live-network-3\ncomponents: { redis: { members: 1, memory: 64Mi } }\n") as other:
            bounded = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]
            up = subprocess.run([*bounded, *other.command("up", "--progress", "plain")], capture_output=True, text=True, timeout=120)
            self.assertEqual(up.returncode, 0, up.stderr)
            self.assertIn("warning: the network policy cannot be put in force: the kernel refuses nftables", up.stderr)
            doctor = subprocess.run([*bounded, BINARY, "doctor"], capture_output=True, text=True, timeout=60, cwd=other.folder)
            self.assertRegex(doctor.stdout, r"nftables +warn +the kernel refuses: .*Operation not permitted")
            self.assertEqual(dial(NOBODY, other.member("redis-1")["address"], 6379), "open")
            self.assertEqual([step["action"] for step in other.plan()], ["network"])  # whoever may, puts it in force later

    def test_z_down_takes_the_table_away_also_when_the_agent_was_killed(self):
        kill(self.it.agent_pid())
        self.it.run("down", check=0)
        self.assertIsNone(self.listed())
        self.assertEqual(self.nft(f"list table inet {FOREIGN}"), self.foreign)
        self.it.up()
        self.assertIsNotNone(self.listed())
        until(self.it.healthy, 60, "healthy again")
        self.it.run("destroy", "--yes", "live-network", check=0)
        self.assertIsNone(self.listed())


if __name__ == "__main__":
    unittest.main(verbosity=2)
