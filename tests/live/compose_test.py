"""A rendered folder on a real Docker engine (docker_engine.py): images built here, `docker compose up`, a client with TLS, a killed master, data after `down`."""

import json
import sys
import time

from docker_engine import BINARY, Engine, until

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


def run(engine):
    folder = engine.folder
    blueprint, out = folder / "keelson.yaml", folder / "out"
    own = ["-f", str(blueprint), "--state-dir", str(folder / "state")]

    def render(memory):
        blueprint.write_text(BLUEPRINT.format(memory=memory))
        return engine.run(BINARY, "render", "--runtime", "compose", *own, "--out", str(out)).stdout

    def docker_compose(*words, check=True):
        return engine.run(*engine.compose, *words, cwd=out, check=check)

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

    def refuses_writes():
        answer = client("redis-replica", "SET", "key", "two", check=False)
        if not answer.startswith("-READONLY"):
            print(f"redis-replica answers a write with {answer!r}", flush=True)
        return answer.startswith("-READONLY")

    # Not at once: Sentinels may choose another first master while all is starting, and HAProxy hears of it by its next check.
    until("redis-replica refuses writes", 10, refuses_writes)
    print("a client writes through redis-master and reads through redis-replica, over verified TLS", flush=True)

    assert docker_compose("exec", "-T", "redis-1", "redis-cli", "-a", password, "ping").stdout == "PONG\n", "as handbooks have it"
    assert docker_compose("exec", "-T", "redis-1", "redis-cli", "ping", check=False).stdout.startswith("NOAUTH")
    assert "Name:\tredis-2\nAddress: " in docker_compose("exec", "-T", "redis-1", "nslookup", "redis-2").stdout

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
    # Until its next probe a replica that had no master for three is unhealthy, and `up --wait` would fail at once.
    until("the other replica follows the new master", 30, lambda: "state=online" in client("redis-master", "INFO", "replication", check=False))
    until("it is healthy again", 30, lambda: not engine.run("docker", "ps", "--quiet", "--filter", "health=unhealthy").stdout)
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


if __name__ == "__main__":
    with Engine() as own:
        run(own)
