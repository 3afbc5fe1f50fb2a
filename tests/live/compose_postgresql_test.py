"""PostgreSQL of three with everything around it as a rendered folder on a real Docker engine: a client over TLS by every endpoint, a killed primary, data after `down`."""

import json
import time

from docker_engine import BINARY, Engine, until

BLUEPRINT = """foundation: shop
components:
  postgresql: { members: 3, memory: 256Mi, storage: 1Gi, databases: [{ name: shop, owner: shop_app }] }
"""
MEMBERS = ("postgresql-1", "postgresql-2", "postgresql-3")
PORTS = {"postgresql-primary": 5432, "postgresql-replica": 5432, "postgresql-pooler": 6432}
PSQL = "/usr/lib/postgresql/15/bin/psql"


def run(engine):
    folder = engine.folder
    blueprint, out = folder / "keelson.yaml", folder / "out"
    own = ["-f", str(blueprint), "--state-dir", str(folder / "state")]
    blueprint.write_text(BLUEPRINT)

    def docker_compose(*words, check=True):
        return engine.run(*engine.compose, *words, cwd=out, check=check, timeout=300)

    rendered = engine.run(BINARY, "render", "--runtime", "compose", *own, "--out", str(out))
    assert "made at the first start" in rendered.stderr, rendered.stderr
    engine.run(BINARY, "images", "build", *own, timeout=600)
    loaded = json.loads(engine.run(BINARY, "images", "load", *own, "-o", "json", timeout=600).stdout)["images"]
    image = next(one["name"] for one in loaded if one["name"].startswith("keelson/postgresql:15"))
    began = time.monotonic()
    docker_compose("up", "-d", "--wait")
    print(f"healthy {time.monotonic() - began:.1f} s after docker compose up", flush=True)

    password = (out / "secrets/clients/postgresql/shop_app").read_text()

    def start_client():
        """An application's container: it joins the networks of the endpoints, and has the password and the root that the folder holds."""
        engine.run("docker", "run", "-d", "--name", "client", "--network", "shop_postgresql-primary", "-v", f"{out}/trust:/trust:ro", "-e", f"PGPASSWORD={password}",
                   image, "/usr/bin/python3", "-c", "import signal; signal.pause()")
        for endpoint in ("postgresql-replica", "postgresql-pooler"):
            engine.run("docker", "network", "connect", f"shop_{endpoint}", "client")

    def end_client():
        engine.run("docker", "rm", "-f", "client")

    def ask(endpoint, statement, check=True, user="shop_app", sslmode="verify-full"):
        where = f"host={endpoint}.shop.internal port={PORTS[endpoint]} dbname=shop user={user} sslmode={sslmode} sslrootcert=/trust/services.crt connect_timeout=3"
        done = engine.run("docker", "exec", "client", PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", where, "-c", statement, check=check, timeout=60)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def superuser(member, statement, check=True):
        """Over the member's own socket, as its own user: nobody else, and no other way, is let in."""
        return docker_compose("exec", "-T", member, "psql", "-XAtq", "-U", "postgres", "-c", statement, check=check).stdout.strip()

    def primary():
        leading = [member for member in MEMBERS if superuser(member, "select not pg_is_in_recovery()", check=False) == "t"]
        return leading[0] if len(leading) == 1 else None

    assert "accepting connections" in docker_compose("exec", "-T", "postgresql-1", "pg_isready").stdout
    start_client()
    ask("postgresql-primary", "create table kept (n int); insert into kept values (1)")
    until("the replica has it", 10, lambda: ask("postgresql-replica", "select n from kept", check=False) == "1")
    assert "read-only" in ask("postgresql-replica", "insert into kept values (0)", check=False)
    assert ask("postgresql-pooler", "insert into kept values (2) returning n") == "2"
    assert "reject" in ask("postgresql-primary", "select 1", check=False, sslmode="disable")
    assert "requires a valid client certificate" in ask("postgresql-primary", "select 1", check=False, user="postgres")
    until("both replicas stream, one of them synchronously", 60, lambda: superuser(primary(), "select string_agg(sync_state, ',' order by sync_state) from pg_stat_replication "
                                                                                            "where state = 'streaming'") == "async,sync")
    assert ask("postgresql-primary", "select count(*) from pg_timezone_names where name = 'Europe/Berlin'") == "1", "the image has no time zones"
    assert ask("postgresql-primary", "select datcollate from pg_database where datname = 'shop'") == "C.UTF-8"
    print("a client writes through primary and pooler and reads through replica, over verified TLS; plaintext and the superuser are refused", flush=True)

    def home(name):
        network = f"shop_{name.rsplit('-', 1)[0]}.members"
        return json.loads(engine.run("docker", "inspect", f"shop-{name}-1", "--format", "{{json .NetworkSettings.Networks}}").stdout)[network]["IPAddress"]

    def reaches(service, name, port):
        return docker_compose("exec", "-T", service, "/usr/bin/keelson", "probe", "tcp", "--address", home(name), "--port", str(port), check=False).returncode == 0

    assert reaches("postgresql-1", "etcd-1", 2379), "a declared edge is closed"
    assert not reaches("postgresql-pooler-1", "postgresql-1", 5432), "an edge nobody declared is open"
    assert not reaches("postgresql-pooler-1", "etcd-1", 2379), "an edge nobody declared is open"

    victim = primary()
    engine.run("docker", "kill", f"shop-{victim}-1")
    killed = time.monotonic()
    until("the endpoint takes writes again", 90, lambda: ask("postgresql-primary", "insert into kept values (3) returning n", check=False) == "3")
    print(f"writes again {time.monotonic() - killed:.1f} s after the primary was killed", flush=True)
    assert primary() not in (None, victim)
    docker_compose("up", "-d", "--wait")
    until("the old primary streams again", 90, lambda: superuser(primary(), "select count(*) from pg_stat_replication where state = 'streaming'") == "2")

    assert "nothing changed" in engine.run(BINARY, "render", "--runtime", "compose", *own, "--out", str(out)).stdout
    end_client()
    docker_compose("down")
    docker_compose("up", "-d", "--wait")
    start_client()
    until("what was acknowledged is there", 60, lambda: ask("postgresql-pooler", "select string_agg(distinct n::text, ',' order by n::text) from kept", check=False) == "1,2,3")
    end_client()
    docker_compose("down", "-v")
    left = engine.run("docker", "ps", "-aq").stdout + engine.run("docker", "volume", "ls", "-q").stdout
    assert not left.strip(), f"down -v left {left}"
    print("data outlives down; down -v leaves nothing", flush=True)


if __name__ == "__main__":
    with Engine() as own:
        run(own)
