"""Leaders that are struck while somebody writes, on any runtime of containers: what tests and benches of a release share."""

import functools
import json
import re
import time

from enclosed import until
from standing import Standing

RELEASED = re.compile(r"keelson: leader-release: released to (\S+): ")
REFUSED = re.compile(r"keelson: leader-release: restart in place \(([a-z-]+)\)")
COMPONENTS = "  redis: { members: 3, memory: 64Mi, storage: 1Gi }\n  postgresql: { version: 15, members: 3, memory: 256Mi, storage: 1Gi, databases: [{ name: app, owner: app }] }\n"
# A program of every image that waits for what it is told.
WAITS = ["/usr/bin/keelson", "relay", "/nowhere"]
ENGINES = {"postgresql": "/usr/lib/postgresql/15/bin/postgres", "redis": "/usr/bin/redis-server"}
CLUSTER = """
import json, ssl, sys, urllib.request
print(urllib.request.urlopen('https://%s:8008/cluster' % sys.argv[1], context=ssl._create_unverified_context(), timeout=5).read().decode())
"""


class Leaders(Standing):
    """For classes that also have inside(member, *words, check=True), address(member), processes(member): host pid -> command line, the container's first process
    first, kill(member, *pids), visit(member): somebody who sits in its container, logs(member), starts(member), end(member) as planned, come_back(member), start_writer(component, notes, errors), sql(text),
    redis(*words), and `folder`."""

    def members(self, component):
        return next(c["members"] for c in self.status()["components"] if c["name"] == component)

    def primary(self, component):
        return next((m["name"] for m in self.members(component) if m["role"] == "primary"), None)

    def whole(self, component):
        """One primary, and all others follow it."""
        def now():
            if component == "postgresql":
                return self.cluster_whole()
            return sorted(m["role"] for m in self.members(component)) == ["primary", "replica", "replica"] and self.status()["state"] == "healthy"
        until(f"{component} is whole", 120, now)

    def cluster_whole(self):
        """As Patroni says: one timeline, a synchronous standby, nothing to catch up on."""
        for name in ("postgresql-1", "postgresql-2", "postgresql-3"):
            done = self.inside(name, "/usr/bin/python3", "-c", CLUSTER, self.address(name), check=False)
            if done.returncode == 0:
                members = json.loads(done.stdout)["members"]
                return (sorted(m["role"] for m in members) == ["leader", "replica", "sync_standby"] and all(m["state"] in ("running", "streaming") and m.get("lag", 0) == 0 for m in members)
                        and len({m.get("timeline") for m in members}) == 1)
        return False

    def kill_engine(self, member):
        self.kill(member, next(pid for pid, args in self.processes(member).items() if args.startswith(ENGINES[member.rsplit("-", 1)[0]])))

    def kill_all(self, member):
        """All of the member at once, but the container's first process."""
        self.kill(member, *[pid for pid, args in self.processes(member).items() if not args.startswith("/usr/bin/keelson member")])  # not by number: numbers begin again

    def visited(self, member):
        until("they are inside", 20, lambda: any("relay /nowhere" in args for args in self.processes(member).values()))

    def decisions(self, member):
        return [line for line in self.logs(member).splitlines() if line.startswith("keelson: leader-release: ")]

    @functools.cache
    def variables(self, component):
        """How clients reach it, as `keelson env` says."""
        return json.loads(self.run("env", component, "-o", "json").stdout)["variables"]


class Writer:
    """Writes through an endpoint while it is open (steady_writer.py); then `gap` is the longest time between two acknowledged writes in seconds."""

    def __init__(self, shop, component):
        self.shop, self.component = shop, component
        self.notes = shop.folder / f"{component}.written"

    def __enter__(self):
        if self.component == "redis":
            self.shop.redis("DEL", "written")
        else:
            self.shop.sql("drop table if exists written")
        self.notes.unlink(missing_ok=True)
        self.errors = open(f"{self.notes}.errors", "w")
        self.process = self.shop.start_writer(self.component, self.notes, self.errors)
        until("the writer writes", 30, lambda: self.count() > 100)
        return self

    def count(self):
        return self.notes.read_text().count("\n") if self.notes.exists() else 0

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.errors.close()

    def goes_on(self, seconds=120):
        """Until writes have been acknowledged for two seconds from now on."""
        now = time.monotonic()
        until("writes go on", seconds, lambda: self.rows()[-1][1] > now + 2)

    def rows(self):
        lines = self.notes.read_text().splitlines()
        return [(int(n), float(at)) for n, at in (line.split() for line in lines if line.count(" ") == 1 and line[-1].isdigit() and "." in line)]

    def gap(self):
        times = [at for _, at in self.rows()]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def lost(self):
        """Acknowledged, and not there."""
        acknowledged = {number for number, _ in self.rows()}
        if self.component == "redis":
            there = set(map(int, self.shop.redis("SMEMBERS", "written").split()))
        else:
            there = set(map(int, self.shop.sql("select n from written").split()))
        return len(acknowledged - there), len(acknowledged)


def fault(shop, component, strike):
    """Strikes the primary under a writer: its name, the decision, the gap in seconds, (lost, acknowledged)."""
    shop.whole(component)
    member = shop.primary(component)
    before = len(shop.decisions(member))
    with Writer(shop, component) as writer:
        strike(member)
        try:
            until("a decision", 60, lambda: len(shop.decisions(member)) > before)
        except AssertionError as late:
            raise AssertionError(f"{member} decided nothing; its log ends with:\n{shop.logs(member)[-6000:]}") from late
        writer.goes_on()
    decision = shop.decisions(member)[before]
    shop.whole(component)
    return member, decision, writer.gap(), writer.lost()


def released(shop, component, strike, said):
    started = shop.starts(shop.primary(component))
    member, decision, gap, (lost, acknowledged) = fault(shop, component, strike)
    heir = RELEASED.match(decision)
    assert heir and heir.group(1) != member, (decision, shop.logs(member)[-3000:])
    assert lost == 0, f"{lost} of {acknowledged} acknowledged writes are lost"
    assert gap < 3, f"{gap:.2f} s without writes\n{decision}"  # the bench measures; this machine does other things besides
    assert shop.starts(member) == started, "the container was started anew"
    assert shop.primary(component) != member
    print(f"{said}: {gap:.2f} s without writes, 0 of {acknowledged} lost; {decision[9:]}", flush=True)
