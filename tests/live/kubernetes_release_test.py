"""Leaders on Kubernetes: keelson as the first process of their pods gives a dead leader's leadership up, and only then; a pod that is deleted hands over first."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from enclosed import until
from kubernetes_cluster import Cluster
from kubernetes_up_test import Foundation
from leaders import COMPONENTS, WAITS, Leaders, Writer, released

HERE = pathlib.Path(__file__).resolve().parent
USES = {"keelson.dev/uses.postgresql-primary": "true", "keelson.dev/uses.redis-master": "true"}
# The image has no env(1).
ENV = "import os, sys; end = sys.argv.index('--'); os.environ.update(word.split('=', 1) for word in sys.argv[1:end]); os.execv(sys.argv[end + 1], sys.argv[end + 1:])"
SLEEPS = ("/usr/bin/python3", "-c", "import time; time.sleep(1e6)")


class Shop(Foundation, Leaders):
    """The foundation with what these tests do to it. Its clients are pods: `client` has redis-cli, `writer` psql and Python."""

    def __init__(self, cluster):
        super().__init__(cluster)
        self.folder = cluster.folder

    def stand(self):
        self.blueprint.write_text("foundation: shop\nruntime: kubernetes\ncomponents:\n" + COMPONENTS)
        self.load_images()
        self.up()
        self.add_client("client", USES)
        self.add_client("writer", USES, engine="postgresql", command=SLEEPS, steady_writer_py=(HERE / "steady_writer.py").read_text())
        until("clients reach it", 60, lambda: self.redis("PING", check=False) == "PONG" and self.sql("select 1", check=False) == "1")

    def address(self, member):
        return f"{member}.shop.svc.cluster.local"

    def inside(self, member, *words, check=True):
        return self.cluster.run("kubectl", "--namespace", "shop", "exec", f"{member}-0", "--", *words, check=check)

    def pod(self, member, path):
        return self.kubectl("get", "pod", f"{member}-0", "-o", f"jsonpath={{{path}}}", check=False)

    def processes(self, member):
        """As the machine sees them: those of the pod's cgroup that are in one PID namespace with keelson."""
        uid = until(f"the pod of {member} is there", 20, lambda: self.pod(member, ".metadata.uid"))
        seen = {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                if uid in (folder / "cgroup").read_text().replace("_", "-"):
                    seen[int(folder.name)] = (os.readlink(folder / "ns/pid"), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        space = next(space for _, (space, args) in sorted(seen.items()) if args.startswith("/usr/bin/keelson member"))
        return {pid: args for pid, (its, args) in sorted(seen.items()) if its == space}

    def kill(self, member, *chosen):
        for pid in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def visit(self, member):
        visitor = subprocess.Popen(self.cluster.enter(["kubectl", "--namespace", "shop", "exec", "-i", f"{member}-0", "--", *WAITS]), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.cluster.environment)
        self.visited(member)
        return visitor

    def logs(self, member):
        return self.kubectl("logs", f"{member}-0", check=False)

    def starts(self, member):
        return self.pod(member, ".status.containerStatuses[0].state.running.startedAt")

    def end(self, member):
        """As planned; its set makes another pod at once."""
        before = self.pod(member, ".metadata.uid")
        self.kubectl("delete", "pod", f"{member}-0", "--wait=false")
        until("its pod is another one", 90, lambda: self.pod(member, ".metadata.uid") not in ("", before))

    def come_back(self, member):
        self.kubectl("wait", "--for=condition=Ready", f"pod/{member}-0", "--timeout=120s")

    def as_client(self, component):
        """The words before a program of a client's, in a pod elsewhere with the endpoint's label."""
        variables = {name: "/trust/services.crt" if value.endswith(".crt") else value for name, value in self.variables(component).items()}
        return ["kubectl", "exec", "-i", "writer", "--", "/usr/bin/python3", "-c", ENV, *(f"{name}={value}" for name, value in variables.items()), "--"]

    def start_writer(self, component, notes, errors):
        words = self.cluster.enter([*self.as_client(component), "/usr/bin/python3", "/trust/steady_writer.py", component, "/dev/stdout"])
        with open(notes, "w") as out:
            return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out, stderr=errors, env=self.cluster.environment)

    def sql(self, text, check=True):
        return self.cluster.run(*self.as_client("postgresql"), "/usr/lib/postgresql/15/bin/psql", "-Atqc", text, check=check).stdout.strip()


def the_engine_is_killed(shop):
    """With somebody inside, whose session is ended, too."""
    for component in ("postgresql", "redis"):
        visitor = shop.visit(shop.primary(component))
        released(shop, component, shop.kill_engine, f"{component}: its engine is killed, somebody is inside")
        assert visitor.wait(10) != 0
    released(shop, "postgresql", shop.kill_all, "postgresql: all of it is killed")


def a_pod_is_deleted(shop):
    """It hands over in good order, and nothing is lost."""
    for component in ("postgresql", "redis"):
        shop.whole(component)
        member = shop.primary(component)
        with Writer(shop, component) as writer:
            shop.end(member)
            writer.goes_on()
        lost, acknowledged = writer.lost()
        assert lost == 0, f"{lost} of {acknowledged} acknowledged writes are lost"
        assert writer.gap() < 5, f"{component}: {writer.gap():.2f} s without writes"
        print(f"{component}: the leader's pod is deleted: {writer.gap():.2f} s without writes, 0 of {acknowledged} lost", flush=True)
        shop.whole(component)
        assert shop.primary(component) != member


def nothing_is_released_in_a_shared_namespace(shop):
    """The engines' own timers rule, and why is said."""
    member = next(m["name"] for m in shop.members("postgresql") if m["role"] == "replica")
    change = {"spec": {"template": {"spec": {"shareProcessNamespace": True}}}}
    shop.kubectl("patch", "statefulset", member, "--type=merge", "-p", json.dumps(change))
    until("it says so", 60, lambda: "keelson: shared-pid-namespace: keelson is process" in shop.logs(member))
    shop.whole("postgresql")
    print("a member whose pod shares its PID namespace says that it releases nothing", flush=True)


def main():
    with Cluster() as cluster:
        shop = Shop(cluster)
        began = time.monotonic()
        shop.stand()
        print(f"it stands, clients too: {time.monotonic() - began:.0f} s", flush=True)
        the_engine_is_killed(shop)
        a_pod_is_deleted(shop)
        nothing_is_released_in_a_shared_namespace(shop)
        shop.run("destroy", "--yes", "shop")


if __name__ == "__main__":
    main()
