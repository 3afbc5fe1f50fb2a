"""Published places on a real machine's edge: another network namespace dials them over a wire, from an address that is named and from one that is not."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import unittest

from keelson_live import Foundation, Redis, artifact, sweep, until
from network_live import DAEMON, NOBODY, Nft, OtherMachine, dial, run

HERE, TRUSTED, STRANGER = OtherMachine.HERE, OtherMachine.TRUSTED, OtherMachine.STRANGER
FIXED, EVERYWHERE, LOCAL, DATABASE, POOLER = 26379, 36379, 46379, 45432, 46432
PUBLISH = f"""
publish:
  - {{ endpoint: redis-master, at: "{HERE}:{FIXED}", from: [{TRUSTED}, {HERE}] }}
  - {{ endpoint: redis-master, at: "0.0.0.0:{EVERYWHERE}", from: [{STRANGER}, 169.254.0.0/16] }}
  - {{ endpoint: redis-master, at: "127.0.0.1:{LOCAL}" }}
  - {{ endpoint: postgresql-primary, at: "127.0.0.1:{DATABASE}" }}
  - {{ endpoint: postgresql-pooler, at: "127.0.0.1:{POOLER}" }}
"""
BLUEPRINT = """
foundation: live-publish
access: { local: [daemon] }
components:
  redis: { members: 1, memory: 64Mi }
  postgresql: { members: 1, durability: asynchronous, memory: 256Mi, databases: [{ name: shop, owner: shop }], pooler: { members: 1 } }
"""
# A TLS client that believes the services' root and wants the certificate to be for the address it dials.
CLIENT = """
import socket, ssl, sys
address, port, root, password = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
with socket.create_connection((address, int(port)), 5) as plain, context.wrap_socket(plain, server_hostname=address) as client:
    client.sendall(f"AUTH app {password}\\r\\nPING\\r\\n".encode())
    heard = b""
    while not heard.endswith(b"+PONG\\r\\n"):
        more = client.recv(100)
        if not more:
            break
        heard += more
    print(heard.decode())
"""


@unittest.skipIf(os.geteuid() != 0, "only root may load nftables rules and make network namespaces")
@unittest.skipUnless(shutil.which("ip"), "ip (iproute2) is not here")
class Publish(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        cls.nft = Nft()
        cls.other = OtherMachine("keelson-test-publish")
        cls.enterClassContext(cls.other)
        cls.it = Foundation("live-publish", BLUEPRINT + PUBLISH)
        cls.enterClassContext(cls.it)
        cls.it.up()
        cls.table = cls.it.json("network", "show", check=0)["table"]

    def test_from_a_named_address_it_is_open_and_from_another_refused(self):
        self.assertEqual(self.other.dial(TRUSTED, HERE, FIXED), "open")
        self.assertEqual(self.other.dial(STRANGER, HERE, FIXED), "refused")

    def test_a_place_on_every_address_is_judged_the_same(self):
        self.assertEqual(self.other.dial(STRANGER, HERE, EVERYWHERE), "open")
        self.assertEqual(self.other.dial(TRUSTED, HERE, EVERYWHERE), "refused")

    def test_every_address_is_no_way_around_from_for_users_of_this_machine(self):
        free = "127.77.250.250"  # of nobody's: the block is the only loopback that is not judged by where one comes from
        for address in ("127.0.0.1", free, HERE, self.it.endpoint("redis-master")["address"]):
            self.assertEqual(dial(NOBODY, address, EVERYWHERE), "refused", address)

    def test_a_local_place_is_open_to_everybody_on_this_machine_but_to_no_component(self):
        self.assertEqual(dial(NOBODY, "127.0.0.1", LOCAL), "open")
        self.assertEqual(dial(NOBODY, HERE, FIXED), "open")
        component = pwd.getpwnam(f"kl{self.it.block().split('.')[2]}-redis").pw_uid
        for place in (("127.0.0.1", LOCAL), (HERE, FIXED), ("127.0.0.1", EVERYWHERE)):
            self.assertEqual(dial(component, *place), "refused", place)
        self.assertEqual(self.other.dial(TRUSTED, HERE, LOCAL), "refused")  # nobody listens there

    def test_a_client_elsewhere_verifies_the_certificate_for_the_address_it_dials(self):
        done = subprocess.run(["ip", "netns", "exec", self.other.name, sys.executable, "-c", CLIENT, HERE, str(FIXED), self.it.trust("services"), self.it.secret("redis/app")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.split(), ["+OK", "+PONG"], done.stderr)

    def test_the_commands_that_everybody_knows_work_at_localhost_and_verify_its_name(self):
        with Redis(self.it, "localhost", port=LOCAL) as client:
            self.assertEqual(client("PING"), "PONG")
        tree = artifact("postgresql-15")
        environment = dict(os.environ, LD_LIBRARY_PATH=":".join(str(tree / d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")), PGCONNECT_TIMEOUT="5",
                           PGPASSWORD=self.it.secret("postgresql/shop"), PGSSLMODE="verify-full", PGSSLROOTCERT=str(self.it.trust("services")))
        for port in (DATABASE, POOLER):
            done = subprocess.run([tree / "usr/lib/postgresql/15/bin/psql", "-XAt", "-h", "localhost", "-p", str(port), "-U", "shop", "-d", "shop", "-c", "select 1"],
                                  env=environment, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout.strip(), "1", done.stderr)

    def test_members_are_not_reached_from_elsewhere_even_where_loopback_is_routed(self):
        member = self.it.member("redis-1")["address"]
        there = f"net/ipv4/conf/{self.other.wire}/route_localnet"
        with open(f"/proc/sys/{there}", "w") as setting:
            setting.write("1")
        run("ip", "netns", "exec", self.other.name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/there/route_localnet")
        run("ip", "-n", self.other.name, "route", "replace", f"{member}/32", "via", HERE)
        self.assertNotEqual(self.other.dial(TRUSTED, member, 6379), "open")
        rule = next(line for line in self.nft(f"list table inet {self.table}").splitlines() if "drop" in line)
        self.assertNotIn("packets 0 ", rule)  # it came here, and this rule it was

    def test_it_is_shown_and_a_second_up_has_nothing_to_do(self):
        shown = self.it.json("network", "show", check=0)
        self.assertEqual(shown["state"], "in-force")
        self.assertIn({"endpoint": "redis-master", "at": f"{HERE}:{FIXED}", "from": [TRUSTED, HERE]}, shown["published"])
        self.assertEqual(self.it.plan(), [])

    def check(self):
        report = self.it.json("verify", "--only", "NE-1")
        return next(c for c in report["checks"] if c["id"] == "NE-1")

    def test_verify_tries_it_from_another_namespace_and_sees_a_place_that_is_open_to_too_many(self):
        self.assertEqual(self.check()["state"], "pass", self.check()["evidence"])
        self.assertRegex(self.check()["evidence"], r"2 of them from another network namespace \(169\.254\.\d+\.2\)")
        self.assertIsNotNone(self.nft(f"add element inet {self.table} published {{ {HERE} . {FIXED} . 169.254.0.0/16 }}"))
        found = self.check()
        self.assertEqual(found["state"], "fail")
        self.assertIn(f"another network namespace -> published redis-master ({HERE}:{FIXED}) is open", found["evidence"])
        self.it.up()
        self.assertIsNotNone(self.nft(f"delete element inet {self.table} published {{ 0.0.0.0-255.255.255.255 . {EVERYWHERE} . 169.254.0.0/16 }}"))
        found = self.check()
        self.assertEqual(found["state"], "fail")
        self.assertIn("is declared, and meets: Connection refused", found["evidence"])
        self.it.up()
        self.assertEqual(self.check()["state"], "pass")
        self.assertNotIn("keelson-", subprocess.run(["ip", "netns"], capture_output=True, text=True).stdout.replace(self.other.name, ""))

    def test_what_is_no_longer_published_closes_without_a_restart_of_an_engine(self):
        starts = self.it.starts()
        self.it.write(BLUEPRINT)
        try:
            self.it.up()
            self.assertEqual(self.other.dial(TRUSTED, HERE, FIXED), "refused")
            self.assertEqual(dial(NOBODY, "127.0.0.1", LOCAL), "refused")
            self.assertNotIn("published", self.nft(f"list table inet {self.table}"))
        finally:
            self.it.write(BLUEPRINT + PUBLISH)
        self.it.up()
        until(lambda: self.other.dial(TRUSTED, HERE, FIXED) == "open", 30, "published again")
        self.assertEqual(self.it.starts(), starts)

    def test_an_address_of_another_machine_is_refused_before_anything_changes(self):
        self.it.write(BLUEPRINT + PUBLISH + '  - { endpoint: redis-master, at: "198.18.77.200:6379", from: [198.18.77.0/24] }\n')
        try:
            refused = self.it.run("up", check=4)
        finally:
            self.it.write(BLUEPRINT + PUBLISH)
        self.assertIn("198.18.77.200", refused.stderr)
        self.assertIn("is no address of this machine", refused.stderr)
        self.assertEqual(self.it.plan(), [])

    def test_a_place_that_somebody_else_holds_is_refused_on_a_running_foundation_too(self):
        with socket.create_server((HERE, 26380)):
            self.it.write(BLUEPRINT + PUBLISH + f'  - {{ endpoint: redis-master, at: "{HERE}:26380", from: [{TRUSTED}] }}\n')
            try:
                refused = self.it.run("up", check=4)
            finally:
                self.it.write(BLUEPRINT + PUBLISH)
        self.assertIn(f"{HERE}:26380: an address that redis-master (published) needs is in use", refused.stderr)
        self.assertEqual(self.it.plan(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
