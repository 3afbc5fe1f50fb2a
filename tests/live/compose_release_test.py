"""Leaders on Compose: keelson as the first process of their containers gives a dead leader's leadership up, and only then."""

import json
import pathlib
import subprocess
import sys
import time

from compose_up_test import Foundation
from docker_engine import Engine, until
from leaders import COMPONENTS, REFUSED, WAITS, Leaders, Writer, released

HERE = pathlib.Path(__file__).resolve().parent


class Shop(Foundation, Leaders):
    """The foundation with what these tests do to it."""

    def write_blueprint(self):
        self.blueprint.write_text("foundation: shop\nruntime: compose\ncomponents:\n" + COMPONENTS)

    def container(self, member):
        return f"shop-{member}-1"

    def address(self, member):
        networks = json.loads(self.engine.run("docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", self.container(member)).stdout)
        return next(value["IPAddress"] for name, value in networks.items() if name.endswith(".members") and value["IPAMConfig"])

    def inside(self, member, *words, check=True, user=None):
        return self.engine.run("docker", "exec", *(["-u", user] if user else []), self.container(member), *words, check=check)

    def processes(self, member):
        """As the engine's host sees them."""
        first = self.engine.run("docker", "inspect", "--format", "{{.State.Pid}}", self.container(member)).stdout.strip()
        rows = [line.split(None, 1) for line in self.engine.run("docker", "top", self.container(member), "-eo", "pid,args").stdout.splitlines()[1:]]
        return {int(pid): args for pid, args in sorted(rows, key=lambda row: (row[0] != first, int(row[0])))}

    def kill(self, member, *chosen):
        """SIGKILL to processes of a container, by somebody on the engine's host."""
        return self.engine.host("kill", "-KILL", *map(str, chosen), check=False)  # a health check may have ended meanwhile

    def visit(self, member, *options):
        """Until they are thrown out or leave (`stdin.close()`)."""
        visitor = subprocess.Popen(["docker", "exec", "-i", *options, self.container(member), *WAITS], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=self.engine.environment)
        self.visited(member)
        return visitor

    def logs(self, member):
        done = self.engine.run("docker", "logs", self.container(member))
        return done.stdout + done.stderr

    def starts(self, member):
        return self.engine.run("docker", "inspect", "--format", "{{.State.StartedAt}}", self.container(member)).stdout.strip()

    def end(self, member):
        """As planned."""
        self.engine.run("docker", "stop", self.container(member))

    def come_back(self, member):
        self.engine.run("docker", "start", self.container(member))

    def start_writer(self, component, notes, errors):
        """On the engine's host."""
        tree = next(pathlib.Path(self.engine.environment["KEELSON_ARTIFACT_DIR"]).glob("postgresql-15*"))
        environment = {"PYTHONPATH": str(tree / "usr/lib/python3/dist-packages"), "LD_LIBRARY_PATH": f"{tree}/usr/lib/x86_64-linux-gnu", **self.variables(component)}
        words = [*self.words()[:3], "env", *(f"{k}={v}" for k, v in environment.items()), sys.executable, str(HERE / "steady_writer.py"), component, str(notes)]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stderr=errors, env=self.engine.environment)

    def sql(self, text):
        return self.run("connect", "postgresql", "--", "-Atqc", text).stdout.strip()


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
            shop.end(member)
            took = time.monotonic() - began
            writer.goes_on()
        shop.come_back(member)
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
