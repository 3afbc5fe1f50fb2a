"""Leaders on Compose: keelson as the first process of their containers gives a dead leader's leadership up, and only then."""

import json
import pathlib
import re
import subprocess
import sys
import time

from compose_up_test import Foundation
from docker_engine import Engine, until

HERE = pathlib.Path(__file__).resolve().parent
BLUEPRINT = """foundation: shop
runtime: compose
components:
  redis: { members: 3, memory: 64Mi, storage: 1Gi }
  postgresql: { version: 15, members: 3, memory: 256Mi, storage: 1Gi, databases: [{ name: app, owner: app }] }
"""
RELEASED = re.compile(r"keelson: leader-release: released to (\S+): ")
REFUSED = re.compile(r"keelson: leader-release: restart in place \(([a-z-]+)\)")
# A program of every image that waits for what it is told.
WAITS = ["/usr/bin/keelson", "relay", "/nowhere"]


class Shop(Foundation):
    """The foundation with what these tests do to it."""

    def write_blueprint(self):
        self.blueprint.write_text(BLUEPRINT)

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
            code = "import json,ssl,urllib.request as u,sys; c=ssl._create_unverified_context(); print(u.urlopen('https://%s:8008/cluster'%sys.argv[1],context=c,timeout=5).read().decode())"
            done = self.inside(name, "/usr/bin/python3", "-c", code, self.address(name), check=False)
            if done.returncode == 0:
                members = json.loads(done.stdout)["members"]
                return (sorted(m["role"] for m in members) == ["leader", "replica", "sync_standby"] and all(m["state"] in ("running", "streaming") and m.get("lag", 0) == 0 for m in members)
                        and len({m.get("timeline") for m in members}) == 1)
        return False

    def container(self, member):
        return f"shop-{member}-1"

    def address(self, member):
        networks = json.loads(self.engine.run("docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", self.container(member)).stdout)
        return next(value["IPAddress"] for name, value in networks.items() if name.endswith(".members") and value["IPAMConfig"])

    def inside(self, member, *words, check=True, user=None):
        return self.engine.run("docker", "exec", *(["-u", user] if user else []), self.container(member), *words, check=check)

    def processes(self, member):
        """As the engine's host sees them: pid -> command line. The first process of the container is the first."""
        first = self.engine.run("docker", "inspect", "--format", "{{.State.Pid}}", self.container(member)).stdout.strip()
        rows = [line.split(None, 1) for line in self.engine.run("docker", "top", self.container(member), "-eo", "pid,args").stdout.splitlines()[1:]]
        return {int(pid): args for pid, args in sorted(rows, key=lambda row: (row[0] != first, int(row[0])))}

    def kill(self, member, *chosen):
        """SIGKILL to processes of a container, by somebody on the engine's host."""
        return self.engine.host("kill", "-KILL", *map(str, chosen), check=False)  # a health check may have ended meanwhile

    def kill_engine(self, member):
        program = "/usr/lib/postgresql/15/bin/postgres" if member.startswith("postgresql") else "/usr/bin/redis-server"
        self.kill(member, next(pid for pid, args in self.processes(member).items() if args.startswith(program)))

    def kill_all(self, member):
        """All of the member at once, but the container's first process."""
        self.kill(member, *list(self.processes(member))[1:])

    def visit(self, member, *options):
        """Somebody who sits in a container, until they are thrown out or leave (`stdin.close()`)."""
        visitor = subprocess.Popen(["docker", "exec", "-i", *options, self.container(member), *WAITS], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=self.engine.environment)
        until("they are inside", 20, lambda: any("relay /nowhere" in args for args in self.processes(member).values()))
        return visitor

    def logs(self, member):
        done = self.engine.run("docker", "logs", self.container(member))
        return done.stdout + done.stderr

    def decisions(self, member):
        return [line for line in self.logs(member).splitlines() if line.startswith("keelson: leader-release: ")]

    def starts(self, member):
        return self.engine.run("docker", "inspect", "--format", "{{.State.StartedAt}}", self.container(member)).stdout.strip()


class Writer:
    """Writes through an endpoint while it is open; then `gap` is the longest time between two acknowledged writes in seconds."""

    def __init__(self, shop, component):
        self.shop, self.component = shop, component
        self.notes = shop.folder / f"{component}.written"

    def __enter__(self):
        exports = self.shop.run("env", self.component).stdout
        tree = next(pathlib.Path(self.shop.engine.environment["KEELSON_ARTIFACT_DIR"]).glob("postgresql-15*"))
        environment = {"PYTHONPATH": str(tree / "usr/lib/python3/dist-packages"), "LD_LIBRARY_PATH": f"{tree}/usr/lib/x86_64-linux-gnu"}
        self.clear()
        self.notes.unlink(missing_ok=True)
        shell = exports + 'exec "$@"'
        words = [*self.shop.words()[:3], "env", *(f"{k}={v}" for k, v in environment.items()), "sh", "-c", shell, "sh", sys.executable, str(HERE / "steady_writer.py"), self.component, str(self.notes)]
        self.errors = open(f"{self.notes}.errors", "w")
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=self.errors, env=self.shop.engine.environment)
        until("the writer writes", 30, lambda: self.count() > 100)
        return self

    def count(self):
        return self.notes.read_text().count("\n") if self.notes.exists() else 0

    def clear(self):
        if self.component == "redis":
            self.shop.redis("DEL", "written")
        else:
            self.shop.sql("drop table if exists written")

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


def sql(shop, text):
    return shop.run("connect", "postgresql", "--", "-Atqc", text).stdout.strip()


Shop.sql = sql


def fault(shop, component, strike):
    """Strikes the primary under a writer: its name, the decision, the gap in seconds, (lost, acknowledged)."""
    shop.whole(component)
    member = shop.primary(component)
    before = len(shop.decisions(member))
    with Writer(shop, component) as writer:
        strike(member)
        until("a decision", 60, lambda: len(shop.decisions(member)) > before)
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


def the_engine_is_killed(shop):
    for component in ("postgresql", "redis"):
        released(shop, component, shop.kill_engine, f"{component}: its engine is killed")
        released(shop, component, shop.kill_all, f"{component}: all of it is killed")


def somebody_is_inside(shop):
    """A session of docker exec in the dead leader's container is ended, too."""
    for component in ("postgresql", "redis"):
        member = shop.primary(component)
        visitor = shop.visit(member)
        released(shop, component, shop.kill_engine, f"{component}: with somebody inside")
        assert visitor.wait(10) != 0


def roots_session_stays(shop):
    """One that the member's user may not end: nothing is released while it is there."""
    shop.whole("redis")
    member = shop.primary("redis")
    before = len(shop.decisions(member))
    visitor = shop.visit(member, "-u", "0")
    shop.kill_engine(member)
    until("it is said", 30, lambda: "processes remain 5 s after SIGKILL" in shop.logs(member))
    assert len(shop.decisions(member)) == before, shop.decisions(member)
    visitor.stdin.close()
    visitor.wait(30)
    until("a decision", 30, lambda: len(shop.decisions(member)) > before)
    shop.whole("redis")
    print("with a session of root's inside nothing is released before it is gone", flush=True)


def a_stop_is_planned(shop):
    for component in ("postgresql", "redis"):
        shop.whole(component)
        member = shop.primary(component)
        decisions = len(shop.decisions(member))
        with Writer(shop, component) as writer:
            began = time.monotonic()
            shop.engine.run("docker", "stop", shop.container(member))
            took = time.monotonic() - began
            writer.goes_on()
        shop.engine.run("docker", "start", shop.container(member))
        lost, acknowledged = writer.lost()
        assert lost == 0 and len(shop.decisions(member)) == decisions, (lost, shop.decisions(member))
        assert writer.gap() < 5, f"{component}: {writer.gap():.2f} s without writes"
        assert "keelson: stopped" in shop.logs(member)
        print(f"{component}: docker stop of the leader ({took:.1f} s): {writer.gap():.2f} s without writes, 0 of {acknowledged} lost", flush=True)
        shop.whole(component)


def nothing_is_released_in_a_shared_namespace(shop):
    """The engines' own timers rule, and why is said."""
    folder = shop.folder / "base/shop/compose"
    for component, name in (("redis", "redis-2"), ("postgresql", "postgresql-2")):
        shop.whole(component)
        override = shop.folder / "shared.yaml"
        override.write_text(f"services:\n  {name}:\n    pid: host\n")
        shop.engine.run(*shop.engine.compose, "-f", "compose.yaml", "-f", str(override), "up", "-d", "--no-deps", name, cwd=folder)
        until("it says so", 30, lambda: "keelson: shared-pid-namespace: keelson is process" in shop.logs(name))
    shop.whole("redis")
    print("a member that shares the host's PID namespace says that it releases nothing", flush=True)


def another_container_joins(shop):
    """keelson is the first process, but not alone: it ends its own container's processes only, and releases nothing."""
    shop.whole("redis")
    member = shop.primary("redis")
    user, image = shop.engine.run("docker", "inspect", "--format", "{{.Config.User}} {{.Image}}", shop.container(member)).stdout.split()
    guest = shop.engine.run("docker", "run", "-d", "-i", "--pid", f"container:{shop.container(member)}", "--user", user, image, *WAITS).stdout.strip()
    before = len(shop.decisions(member))
    with Writer(shop, "redis") as writer:
        shop.kill_engine(member)
        until("a decision", 60, lambda: len(shop.decisions(member)) > before)
        writer.goes_on()
    decision = shop.decisions(member)[before]
    assert REFUSED.match(decision) and REFUSED.match(decision).group(1) == "shared-pid-namespace", decision
    assert shop.engine.run("docker", "inspect", "--format", "{{.State.Running}}", guest).stdout.strip() == "true", "it killed another container"
    shop.engine.run("docker", "rm", "--force", guest)
    print(f"with another container in its PID namespace: {decision[9:]}; {writer.gap():.1f} s without writes on the engine's own timers", flush=True)
    shop.whole("redis")


def main():
    with Engine() as engine:
        shop = Shop(engine, engine.folder)
        shop.write_blueprint()
        shop.up()
        the_engine_is_killed(shop)
        somebody_is_inside(shop)
        a_stop_is_planned(shop)
        another_container_joins(shop)
        roots_session_stays(shop)
        nothing_is_released_in_a_shared_namespace(shop)
        shop.run("destroy", "--yes", "shop")


if __name__ == "__main__":
    main()
