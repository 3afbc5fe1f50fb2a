"""A rendered folder on a real Docker engine: images built here, `docker compose up`, a client with TLS, a killed master, data after `down`.

The engine is the test's own: dockerd in new PID, mount and network namespaces, all it keeps under the test's folder. The kernel ends the whole
PID namespace with its first process, and that one with this test, however it ends. Without Docker's programs the test is skipped, and says why.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # ctest: SKIP_RETURN_CODE
ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KEELSON_BINARY", str(ROOT / "build/release/keelson"))
SCRATCH = pathlib.Path(tempfile.gettempdir()) / "keelson-live-compose"
BLUEPRINT = "foundation: shop\ncomponents:\n  redis: {{ members: 3, memory: {memory}, storage: 1Gi }}\n"
CLIENT = r"""
import socket, ssl, sys
address, trust, name, password, *words = sys.argv[1:]
context = ssl.create_default_context(cafile=trust)
with socket.create_connection((address, 6379), 3) as plain, context.wrap_socket(plain, server_hostname=name) as tls:
    for command in (["AUTH", "app", password], words):
        tls.sendall(b"".join([b"*%d\r\n" % len(command)] + [b"$%d\r\n%s\r\n" % (len(w), w) for w in map(str.encode, command)]))
        answer = tls.recv(4096).decode()
print(answer.strip())
"""


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def compose_command():
    """`docker compose` or a docker-compose of its own, version 2 or newer; None without."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0]):
            done = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, timeout=30)
            if done.returncode == 0 and done.stdout.strip().lstrip("v").split(".")[0].isdigit() and int(done.stdout.strip().lstrip("v").split(".")[0]) >= 2:
                return words
    return None


def cgroups(pid):
    """The cgroups a run's engine makes, one in each hierarchy."""
    return [path for pattern in ("", "*/") for path in pathlib.Path("/sys/fs/cgroup").glob(f"{pattern}keelson-compose-{pid}")]


def remove(folder):
    """What is left of a run whose engine has ended: its folder and empty cgroups."""
    shutil.rmtree(folder, ignore_errors=True)
    for group in cgroups(folder.name.split("-")[0]):
        for path, _, _ in os.walk(group, topdown=False):
            os.rmdir(path)


def sweep():
    """Runs that were killed; their engines went with them."""
    for folder in SCRATCH.glob("*-*"):
        if not pathlib.Path(f"/proc/{folder.name.split('-')[0]}").exists():
            remove(folder)


class Engine:
    """A dockerd that dies with this process."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = folder / "docker.sock"
        inside = ("mount -t tmpfs tmpfs /run && ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_forward && exec dockerd"
                  f" --data-root={folder}/data --exec-root={folder}/exec --pidfile={folder}/pid -H unix://{self.socket}"
                  f" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent=/keelson-compose-{os.getpid()} --oom-score-adjust=0 --ip6tables=false")
        self.log = open(folder / "dockerd.log", "w")
        # The test waits for nothing while it holds this pipe's other end: should it die, `cat` ends and the namespace with it.
        self.process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--net", "/bin/sh", "-c",
                                         f"({inside}) & cat >/dev/null"], stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT)
        self.environment = dict(os.environ, DOCKER_HOST=f"unix://{self.socket}")
        deadline = time.monotonic() + 60
        while self.run("docker", "version", check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                skip("no Docker engine starts here: " + (folder / "dockerd.log").read_text()[-400:])
            time.sleep(0.1)

    def run(self, *words, check=True, cwd=None, timeout=180):
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, cwd=cwd, env=self.environment)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def network(self, *words, check=True):
        """Runs on the engine's host, as somebody who sits on it."""
        child = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()[0]
        return self.run("nsenter", f"--net=/proc/{child}/ns/net", "--", *words, check=check)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.log.close()


def until(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def run(engine, folder, compose):
    blueprint, out = folder / "keelson.yaml", folder / "out"
    own = ["-f", str(blueprint), "--state-dir", str(folder / "state")]

    def render(memory):
        blueprint.write_text(BLUEPRINT.format(memory=memory))
        return engine.run(BINARY, "render", "--runtime", "compose", *own, "--out", str(out)).stdout

    def docker_compose(*words, check=True):
        return engine.run(*compose, *words, cwd=out, check=check)

    render("64Mi")
    first = json.loads(engine.run(BINARY, "images", "build", *own, "-o", "json", timeout=400).stdout)["images"]
    again = json.loads(engine.run(BINARY, "images", "build", *own, "-o", "json", timeout=400).stdout)["images"]
    assert [i["id"] for i in first] == [i["id"] for i in again], "the same content, another id"
    engine.run(BINARY, "images", "load", *own, timeout=400)
    for image in first:
        assert engine.run("docker", "image", "inspect", "--format", "{{.Id}}", image["name"]).stdout.strip() == image["id"], "the engine calls it otherwise"
    began = time.monotonic()
    docker_compose("up", "-d", "--wait")
    print(f"healthy {time.monotonic() - began:.1f} s after docker compose up", flush=True)

    where = {}
    for line in (out / "access-info.txt").read_text().splitlines():
        if line.startswith("redis-"):
            name = line.split(":")[0]
        if line.strip().startswith("address"):
            where[name] = line.split()[1].split(":")[0]
    password = (out / "secrets/clients/redis/app").read_text()

    def client(endpoint, *words, check=True):
        return engine.network(sys.executable, "-c", CLIENT, where[endpoint], str(out / "trust/services.crt"), f"{endpoint}.shop.internal", password, *words, check=check).stdout.strip()

    assert client("redis-master", "SET", "key", "one") == "+OK"
    until("the replica has it", 10, lambda: client("redis-replica", "GET", "key") == "$3\none")
    assert client("redis-replica", "SET", "key", "two").startswith("-READONLY")
    print("a client writes through redis-master and reads through redis-replica, over verified TLS", flush=True)

    def home(name):
        network = f"shop_{name.rsplit('-', 1)[0]}.members"
        return json.loads(engine.run("docker", "inspect", f"shop-{name}-1", "--format", "{{json .NetworkSettings.Networks}}").stdout)[network]["IPAddress"]

    def master():
        """The one member that the master does not count among its replicas: Sentinels may have chosen another than redis-1 while all was starting."""
        replicas = client("redis-master", "INFO", "replication", check=False)
        others = [name for name in ("redis-1", "redis-2", "redis-3") if f"ip={home(name)}," not in replicas]
        return others[0] if "role:master" in replicas and len(others) == 1 else None

    def reaches(service, name, port):
        return docker_compose("exec", "-T", service, "/usr/bin/keelson", "probe", "tcp", "--address", home(name), "--port", str(port), check=False).returncode == 0

    assert reaches("redis-endpoints-1", "redis-1", 6379), "a declared edge is closed"
    assert reaches("redis-1", "redis-sentinel-1", 26379), "a declared edge is closed"
    assert not reaches("redis-endpoints-1", "redis-sentinel-1", 26379), "an edge nobody declared is open"
    print("who has an edge connects, who has none does not", flush=True)

    assert "nothing changed" in render("64Mi")
    assert "Recreate" not in docker_compose("up", "-d", "--wait").stderr, "a second up changes something"

    until("both replicas follow", 30, lambda: master() is not None)
    victim = master()
    engine.run("docker", "kill", f"shop-{victim}-1")
    killed = time.monotonic()
    until("the endpoint takes writes again", 60, lambda: client("redis-master", "SET", "key", "three", check=False) == "+OK")
    print(f"writes again {time.monotonic() - killed:.1f} s after the master was killed", flush=True)
    docker_compose("up", "-d", "--wait")

    docker_compose("down")
    docker_compose("up", "-d", "--wait")
    until("what was acknowledged is there", 30, lambda: client("redis-master", "GET", "key", check=False) == "$5\nthree")
    render("96Mi")
    told = docker_compose("up", "-d", "--wait").stderr
    assert "redis-1-1  Recreate" in told and "sentinel-1-1  Recreate" not in told, told
    docker_compose("down", "-v")
    left = engine.run("docker", "ps", "-aq").stdout + engine.run("docker", "volume", "ls", "-q").stdout
    assert not left.strip(), f"down -v left {left}"
    print("data outlives down; a changed setting starts only the members anew; down -v leaves nothing", flush=True)


def main():
    if os.geteuid() != 0:
        skip("an engine of one's own needs root")
    for program in ("dockerd", "containerd", "docker", "unshare", "nsenter", "ip"):
        if not shutil.which(program):
            skip(f"{program} is not here (Debian: apt-get install --no-install-recommends docker.io)")
    compose = compose_command()
    if compose is None:
        skip("Docker Compose v2 is not here; Debian 12 packages only version 1")
    SCRATCH.mkdir(mode=0o711, exist_ok=True)
    sweep()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SCRATCH))
    folder.chmod(0o711)
    engine = Engine(folder)
    try:
        run(engine, folder, compose)
    finally:
        engine.stop()
        remove(folder)


if __name__ == "__main__":
    main()
