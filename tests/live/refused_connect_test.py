"""A refusal that comes back while connect() runs is told at once, and leaves nothing in the socket (src/artifact/preload/refused_connect.cpp; ADR 0035).

The kernel's own router refuses as a cluster's proxy does: a route that is `unreachable` answers with an ICMP message.
"""

import os
import subprocess
import sys
import unittest

PRELOADED = os.environ["KEELSON_REFUSED_CONNECT"]
ROUTER, AWAY = "192.0.2.1", "198.51.100.1"

# Connects to who is not there yet, waits until he is, and says: errno of connect, then what poll reports of the connection that stands.
CLIENT = """
import select, socket, sys, errno
it = socket.socket()
it.setblocking(False)
print(errno.errorcode.get(it.connect_ex((sys.argv[1], 7)), 0), flush=True)
sys.stdin.readline()
reported = select.poll()
reported.register(it, select.POLLIN)
try:
    it.getpeername()
    print("connected", dict(reported.poll(300)).get(it.fileno(), 0))
except OSError:
    print("not connected")
"""


class RefusedConnect(unittest.TestCase):
    def setUp(self):
        self.processes = []
        self.addCleanup(self.end)
        self.router, self.pod = self.namespace(), self.namespace()
        self.ip(self.router, "link add wire type veth peer name wire-end")
        self.ip(self.router, f"link set wire-end netns {self.pod}")
        for words in (f"addr add {ROUTER}/24 dev wire", "link set wire up", "link set lo up", f"route add unreachable {AWAY}"):
            self.ip(self.router, words)
        for words in ("addr add 192.0.2.2/24 dev wire-end", "link set wire-end up", f"route add default via {ROUTER}"):
            self.ip(self.pod, words)
        self.inside(self.router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")

    def end(self):
        for process in self.processes:
            process.kill()
            process.communicate()

    def start(self, *words):
        self.processes.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return self.processes[-1]

    def namespace(self):
        """The process id of one that holds a network namespace of its own."""
        holder = self.start("unshare", "--net", "sh", "-c", "echo here; exec sleep 60")
        holder.stdout.readline()
        return holder.pid

    def inside(self, pid, *words):
        subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", *words], check=True, stdin=subprocess.DEVNULL)

    def ip(self, pid, words):
        self.inside(pid, "ip", *words.split())

    def connect(self, preload):
        """What a client says that connects a moment before its server is there."""
        client = self.start("nsenter", f"--net=/proc/{self.pod}/ns/net", "env", *([f"LD_PRELOAD={PRELOADED}"] if preload else []), sys.executable, "-c", CLIENT, AWAY)
        began = client.stdout.readline().strip()
        self.ip(self.router, f"route del unreachable {AWAY}")
        self.ip(self.router, f"addr add {AWAY}/32 dev lo")
        server = self.start("nsenter", f"--net=/proc/{self.router}/ns/net", sys.executable, "-c", f"import socket; s = socket.create_server(('{AWAY}', 7)); it = s.accept(); print(it[1], flush=True); input()")
        if began == "EINPROGRESS":
            server.stdout.readline()  # the second SYN, a second after the first
        return began, client.communicate("\n", timeout=10)[0].strip()

    def test_as_the_kernel_tells_it(self):
        """Why there is anything to do: an error that nobody fetches stands beside a connection that works. Should this fail on a newer kernel, ADR 0035 is over."""
        self.assertEqual(self.connect(preload=False), ("EINPROGRESS", "connected 8"))

    def test_as_engines_are_told(self):
        """What is no refusal is tried again, as ever; nothing stands beside the connection."""
        self.assertEqual(self.connect(preload=True), ("EINPROGRESS", "connected 0"))


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        sys.exit(77)
    unittest.main(verbosity=2)
