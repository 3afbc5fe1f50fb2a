"""Another machine for the tests: a network namespace at the other end of a wire, with addresses 192.0.2.20 and 192.0.2.30; this end is 192.0.2.1.

    with OtherMachine(engine.network, engine.run) as other:     engine.network: runs on the host that shall be reached; engine.run: runs here
        other.is_greeted("192.0.2.1", 5433, "192.0.2.20")       whether PostgreSQL answers there who comes from that address
"""

import os
import subprocess
import sys

from enclosed import until

HERE, NAMED, STRANGER = "192.0.2.1", "192.0.2.20", "192.0.2.30"
# Asks PostgreSQL for TLS (SSLRequest) and prints its answer.
GREET = """
import socket, sys
address, port, *source = sys.argv[1:]
with socket.create_connection((address, int(port)), 3, (source[0], 0) if source else None) as it:
    it.sendall(bytes([0, 0, 0, 8, 4, 210, 22, 47]))
    print(it.recv(1).decode())
"""


def is_greeted(run, address, port, *source):
    """Whether PostgreSQL answers at a place; `run` runs words where the question comes from, and does not mind when they fail."""
    return run(sys.executable, "-c", GREET, address, str(port), *source).stdout.strip() == "S"


class OtherMachine:
    def __init__(self, network, run):
        self.network, self.run = network, run

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "600"], stdin=subprocess.DEVNULL)
        own = f"/proc/{self.process.pid}/ns/net"
        until("it has a network of its own", 10, lambda: os.readlink(own) != os.readlink("/proc/self/ns/net"))
        self.enter = ["nsenter", f"--net={own}", "--"]
        for words in ("link add wire type veth peer name wire-end", f"addr add {HERE}/24 dev wire", "link set wire up", f"link set wire-end netns {self.process.pid}"):
            self.network("ip", *words.split())
        for words in (f"addr add {NAMED}/24 dev wire-end", f"addr add {STRANGER}/24 dev wire-end", "link set wire-end up", f"route add default via {HERE}"):
            self.run(*self.enter, "ip", *words.split())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def is_greeted(self, address, port, source):
        return is_greeted(lambda *words: self.run(*self.enter, *words, check=False), address, port, source)
