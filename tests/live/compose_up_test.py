"""`keelson up --runtime compose` on a real Docker engine: bring-up, nothing to do, drift, a rolling change, a killed up, down with its data, destroy."""

import json
import os
import signal
import subprocess
import time

from docker_engine import BINARY, Engine, until
from standing import Standing

BLUEPRINT = "foundation: shop\nruntime: compose\ncomponents:\n  redis: {{ members: 3, memory: {memory}, storage: 1Gi }}\n"
POSTGRESQL = "  postgresql: { version: 15, members: 3, memory: 256Mi, storage: 1Gi, databases: [{ name: app, owner: app }] }\n"
BY_NAME, BLOCK = "10.72.208.0/20", "10.88.16.0/20"


class Foundation(Standing):
    def __init__(self, engine, folder):
        self.engine, self.folder = engine, folder
        self.blueprint = folder / "keelson.yaml"

    def write(self, memory):
        self.blueprint.write_text(BLUEPRINT.format(memory=memory) + POSTGRESQL)

    def words(self, *arguments):
        """keelson on the engine's host: it reaches containers at their addresses."""
        first = subprocess.run(["pgrep", "-P", str(self.engine.process.pid)], capture_output=True, text=True).stdout.split()[0]
        return ["nsenter", f"--net=/proc/{first}/ns/net", "--", BINARY, *arguments]

    def run(self, *arguments, check=True, timeout=400):
        return self.engine.run(*self.words(*arguments), check=check, timeout=timeout)

    def redis(self, *words):
        return self.run("connect", "redis", "--", *words).stdout.strip()

    def images(self):
        return self.engine.run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "keelson/redis").stdout.split()

    def containers(self):
        return self.engine.run("docker", "ps", "-aq", "--filter", "label=com.docker.compose.project=shop").stdout.split()


def needs_addresses_of_its_own(foundation):
    """Those by its name are another network's, then behind a route; those chosen once may be changed as long as nothing has them."""
    foundation.write("64Mi")
    book = foundation.folder / "base/shop/compose.json"
    words = ["up", "-f", str(foundation.blueprint), "--progress", "quiet"]
    foundation.engine.run("docker", "network", "create", "--subnet", BY_NAME, "others")
    done = foundation.run(*words, check=False)
    assert done.returncode == 4 and f"Docker network others ({BY_NAME})" in done.stderr and "--subnet 10.64.0.0/20" in done.stderr, done.stderr
    foundation.engine.run("docker", "network", "rm", "others")
    foundation.engine.network("ip", "route", "add", BY_NAME, "dev", "lo")
    done = foundation.run(*words, check=False)
    assert done.returncode == 4 and f"the route to {BY_NAME} by lo" in done.stderr, done.stderr
    foundation.engine.network("ip", "route", "del", BY_NAME)
    assert not foundation.containers() and not book.exists()

    killed = subprocess.Popen(foundation.words(*words), env=foundation.engine.environment, stdin=subprocess.DEVNULL)
    until("the book is written", 30, book.exists)
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    assert json.loads(book.read_text())["block"] == BY_NAME
    print("addresses that others have are refused; a first up that was cut does not bind to those it chose", flush=True)


def brings_up(foundation):
    said, seconds = foundation.up("--subnet", BLOCK)
    assert json.loads((foundation.folder / "base/shop/compose.json").read_text())["block"] == BLOCK
    done = foundation.run("plan", "-f", str(foundation.blueprint), "--subnet", "10.99.0.0/20", check=False)
    assert done.returncode == 4 and f"the addresses of shop are {BLOCK}" in done.stderr, done.stderr
    assert "shop stands" in said, said
    print(f"up, images built and loaded: {seconds:.1f} s", flush=True)
    assert foundation.status()["state"] == "healthy"
    roles = sorted(member["role"] for component in foundation.status()["components"] if component["name"] == "redis" for member in component["members"])
    assert roles == ["primary", "replica", "replica"], roles
    said, seconds = foundation.up()
    assert "nothing to do" in said, said
    print(f"up again, nothing to do: {seconds * 1000:.0f} ms", flush=True)
    foundation.has_nothing_to_do()


def serves(foundation):
    assert foundation.redis("SET", "key", "one") == "OK"
    assert foundation.redis("GET", "key") == "one"
    assert "redis-endpoints-1" in foundation.run("logs", "redis-endpoints", "--tail", "5").stdout
    assert foundation.run("connect", "postgresql", "--", "-Atc", "create table t (n int); insert into t values (7); select n from t").stdout.split()[-1] == "7"
    assert "redis-cli" in foundation.run("exec", "redis-1", "--", "/usr/bin/redis-cli", "--version").stdout


def keeps_its_promises(foundation):
    """Two of them by a drill: the leader's processes are killed inside its container, under a load that counts."""
    for component in ("redis", "postgresql"):
        foundation.drill(component)
    results = foundation.verify()
    assert {result["state"] for result in results} == {"pass"}, [result for result in results if result["state"] != "pass"]
    foundation.sabotage("NE-1")
    for component in ("redis", "postgresql"):
        foundation.switch_over(component)
    print("every promise is kept, one of them broken for a moment; leaders hand over", flush=True)


def mends_drift(foundation):
    state = foundation.folder / "base/shop"
    configuration = state / "compose/secrets/redis-2/static.conf"
    configuration.write_text(configuration.read_text() + "# by hand\n")
    steps = foundation.plan()
    assert [(step["id"], step["reason"]) for step in steps] == [(f"{verb} redis-2", "static.conf was changed by hand") for verb in ("configure", "restart")], steps
    foundation.up()
    foundation.has_nothing_to_do()

    container = foundation.containers()[0]
    victim = foundation.engine.run("docker", "inspect", "--format", '{{index .Config.Labels "com.docker.compose.service"}}', container).stdout.strip()
    foundation.engine.run("docker", "rm", "--force", container)
    assert f"start {victim}" in [step["id"] for step in foundation.plan()]
    foundation.up()
    foundation.has_nothing_to_do()
    until("healthy", 60, lambda: foundation.status()["state"] == "healthy")
    print("a file changed by hand and a removed container are mended", flush=True)


def finishes_what_a_cut_up_owes(foundation):
    """A certificate that was renewed on disk, but whose container began before."""
    key = foundation.folder / "base/shop/compose/config/redis-3/tls/server.crt"
    os.utime(key)
    steps = foundation.plan()
    assert [step["id"] for step in steps] == ["restart redis-3"] and "is newer than what it began with" in steps[0]["reason"], steps
    foundation.up()
    foundation.has_nothing_to_do()


def lets_paused_ones_go_on(foundation):
    """One paused beside one stopped: both are started, in one go."""
    paused, stopped = (foundation.engine.run("docker", "ps", "-q", "--filter", f"label=com.docker.compose.service={name}").stdout.strip() for name in ("redis-3", "redis-2"))
    foundation.engine.run("docker", "pause", paused)
    foundation.engine.run("docker", "stop", stopped)
    steps = {step["id"]: step["reason"] for step in foundation.plan()}
    assert set(steps) >= {"start redis-2", "start redis-3"} and steps["start redis-3"].endswith("its container is paused"), steps
    assert foundation.why("redis-3")[0] == "redis-3: runs, but is not ready: its container is paused", foundation.why("redis-3")
    chain = foundation.why("redis-master")
    assert chain[0].startswith("redis-master: ") and chain[-1].startswith("redis-2: is not running: its container ended with "), chain
    foundation.up()
    assert foundation.why("redis-2") == []
    foundation.has_nothing_to_do()
    print("a paused container goes on, told why", flush=True)


def replaces_certificates(foundation):
    """Ahead of time, one instance's and no other's."""
    files = {name: foundation.folder / f"base/shop/compose/config/{name}/tls/server.crt" for name in ("redis-1", "redis-2")}
    before = {name: file.read_text() for name, file in files.items()}
    assert "redis-2" in foundation.run("cert", "list").stdout
    foundation.run("cert", "rotate", "redis-2", "--progress", "quiet")
    assert {name for name, file in files.items() if file.read_text() != before[name]} == {"redis-2"}
    foundation.has_nothing_to_do()
    print("a certificate is replaced before it is old", flush=True)


def leaves_projects_of_others_alone(foundation):
    """Compose knows projects by their name alone."""
    label = ["--label", "com.docker.compose.project=shop"]
    foundation.engine.run("docker", "volume", "create", *label, "precious")
    other = foundation.engine.run("docker", "create", *label, "--label", "com.docker.compose.service=web", foundation.images()[0], "/usr/bin/redis-server").stdout.strip()
    for words in (["plan", "-f", str(foundation.blueprint)], ["up", "-f", str(foundation.blueprint)], ["down"], ["destroy", "--yes", "shop"]):
        done = foundation.run(*words, check=False)
        assert done.returncode == 4 and "another project of this name" in done.stderr, (words, done.returncode, done.stderr)
    assert foundation.engine.run("docker", "inspect", "--format", "{{.State.Status}}", other).stdout.strip() == "created"
    foundation.engine.run("docker", "rm", other)
    assert "precious" in foundation.run("down", check=False).stderr
    foundation.engine.run("docker", "volume", "rm", "precious")
    print("containers and volumes of another project of the same name are left alone, and told", flush=True)


def looks_past_what_somebody_runs_for_a_moment(foundation):
    """A container of `docker compose run` has its service's labels."""
    words = ["-p", "shop", "run", "--detach", "--no-deps", "redis-1"]
    foundation.engine.run(*foundation.engine.compose, *words, cwd=foundation.folder / "base/shop/compose", check=False)  # its address is taken
    one_off = foundation.engine.run("docker", "ps", "-aq", "--filter", "label=com.docker.compose.oneoff=True").stdout.split()
    assert len(one_off) == 1, one_off
    foundation.has_nothing_to_do()
    assert foundation.status()["state"] == "healthy"
    foundation.engine.run("docker", "rm", "--force", *one_off)


def stands_on_one_engine(foundation):
    """On another engine nothing of it is seen: it would be brought up a second time, or be said to be gone while its data stays."""
    commands = (["plan", "-f", str(foundation.blueprint)], ["up", "-f", str(foundation.blueprint)], ["status"], ["logs", "redis"], ["down"], ["destroy", "--yes", "shop"])
    with Engine() as other:
        for words in commands:
            words = ["env", f"DOCKER_HOST={other.environment['DOCKER_HOST']}", *foundation.words(*words)]
            done = foundation.engine.run(*words, check=False)
            assert done.returncode == 4 and "another Docker engine answers" in done.stderr and foundation.engine.environment["DOCKER_HOST"] in done.stderr, (words, done.stderr)
        assert not other.run("docker", "volume", "ls", "-q").stdout + other.run("docker", "ps", "-aq").stdout
    elsewhere = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh"]
    done = foundation.engine.run(*elsewhere, *foundation.words("up", "-f", str(foundation.blueprint), "--state-dir", str(foundation.folder / "second")), check=False)
    assert done.returncode == 4 and "the Docker engine is not on this machine" in done.stderr, done.stderr
    assert not (foundation.folder / "second").exists()
    assert foundation.plan() == [] and foundation.status()["state"] == "healthy"
    print("another engine, and one of another machine, are refused; nothing is made or removed there", flush=True)


def changes_one_after_another(foundation):
    until("both replicas follow", 60, lambda: foundation.redis("GET", "key") == "one")
    foundation.write("96Mi")
    restarts = [step for step in foundation.plan() if step["id"].startswith("restart redis-")]
    members = [step for step in restarts if step["id"] in ("restart redis-1", "restart redis-2", "restart redis-3")]
    assert len(members) == 3 and members[0]["id"] in members[1]["after"] and members[1]["id"] in members[2]["after"], restarts
    foundation.up()
    foundation.has_nothing_to_do()
    until("what was written is there", 60, lambda: foundation.redis("GET", "key") == "one")
    print("a changed setting starts one member after another anew; nothing is lost", flush=True)


def refuses(foundation):
    kept = foundation.blueprint.read_text()
    foundation.blueprint.write_text(kept.replace("runtime: compose", "runtime: native"))
    for words in ([], ["--runtime", "native"]):
        done = foundation.run("up", "-f", str(foundation.blueprint), *words, check=False)
        assert done.returncode == 4 and "stands on runtime compose" in done.stderr and "keelson destroy" in done.stderr, done.stderr
    foundation.blueprint.write_text(kept)
    for words in (["drill", "pause", "redis"], ["events"]):
        done = foundation.run(*words, check=False)
        assert done.returncode != 0 and "Compose" in done.stderr or "compose" in done.stderr, (words, done.stderr)


def goes_down_and_comes_back(foundation):
    foundation.engine.run("docker", "pause", "shop-redis-2-1")
    foundation.run("down")
    assert not foundation.containers()
    assert "shop_" not in foundation.engine.run("docker", "network", "ls", "--format", "{{.Name}}").stdout
    foundation.run("down")  # again: nothing to do
    assert foundation.run("status", check=False).returncode != 0
    killed = subprocess.Popen(foundation.words("up", "-f", str(foundation.blueprint), "--progress", "quiet"), env=foundation.engine.environment, stdin=subprocess.DEVNULL)
    time.sleep(2.5)
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    foundation.up()
    foundation.has_nothing_to_do()
    until("what was written is there", 60, lambda: foundation.redis("GET", "key") == "one")
    assert foundation.run("connect", "postgresql", "--", "-Atc", "select n from t").stdout.strip() == "7"
    print("down leaves only volumes; an up killed in the middle is finished by the next; the data is there", flush=True)
    foundation.blueprint.write_text(BLUEPRINT.format(memory="96Mi"))  # without PostgreSQL: what it kept goes all the same
    foundation.up()
    assert "postgresql" not in foundation.engine.run("docker", "ps", "-a", "--format", "{{.Names}}").stdout
    foundation.run("destroy", "--yes", "shop")
    assert "shop_" not in foundation.engine.run("docker", "network", "ls", "--format", "{{.Name}}").stdout
    assert not foundation.engine.run("docker", "volume", "ls", "-q").stdout.strip()
    assert not (foundation.folder / "base/shop").exists()


def main():
    with Engine() as engine:
        foundation = Foundation(engine, engine.folder)
        needs_addresses_of_its_own(foundation)
        brings_up(foundation)
        serves(foundation)
        keeps_its_promises(foundation)
        mends_drift(foundation)
        finishes_what_a_cut_up_owes(foundation)
        lets_paused_ones_go_on(foundation)
        replaces_certificates(foundation)
        leaves_projects_of_others_alone(foundation)
        looks_past_what_somebody_runs_for_a_moment(foundation)
        stands_on_one_engine(foundation)
        changes_one_after_another(foundation)
        refuses(foundation)
        goes_down_and_comes_back(foundation)


if __name__ == "__main__":
    main()
