#!/usr/bin/env python3
"""What the death of a leader costs on Docker Compose, with keelson as the first process of its container and without: one foundation, one load, one table.

  bench/compose_failover.py --keelson build/release/keelson            everything that is still missing; about 40 minutes from nothing
  bench/compose_failover.py --keelson … --only redis-keelson --n 2     some of it
  bench/compose_failover.py --table                                    only the table in docs/benchmarks.md, from the kept results

A Docker engine of its own (tests/lab; needs root), 3 PostgreSQL, 3 etcd, 3 Redis, 3 Sentinels, endpoints. A client writes through the endpoint, one row after
another (tests/live/steady_writer.py), while SIGKILL strikes the leader's engine. The plain side is the same containers with the same configuration whose command is
the engine itself behind Docker's init: the engines' own timers and Docker's restart policy. Every run is written to --out as it ends, so an interrupted bench goes on.
"""
import contextlib, json

import struck

SERIES = {  # title, component, what is struck, with keelson, runs
    "pg-keelson": ("PostgreSQL, keelson, its postmaster", "postgresql", "engine", True, 20),
    "pg-keelson-all": ("PostgreSQL, keelson, all processes of the member", "postgresql", "all", True, 20),
    "redis-keelson": ("Redis, keelson", "redis", "engine", True, 20),
    "pg-stop": ("PostgreSQL, keelson, `docker stop`", "postgresql", "stop", True, 10),
    "redis-stop": ("Redis, keelson, `docker stop`", "redis", "stop", True, 10),
    "pg-plain": ("PostgreSQL, Patroni alone, its postmaster", "postgresql", "engine", False, 5),
    "pg-plain-all": ("PostgreSQL, Patroni alone, all processes of the member", "postgresql", "all", False, 5),
    "redis-plain": ("Redis, Sentinel alone", "redis", "engine", False, 5),
}


@contextlib.contextmanager
def stand():
    from compose_release_test import Engine, Shop
    with Engine() as engine:
        shop = Shop(engine, engine.folder)
        shop.write_blueprint()
        shop.up()
        yield shop


def with_keelson(shop, wanted):
    """Puts the members' containers up as they are rendered, or as engines alone."""
    folder = shop.folder / "base/shop/compose"
    files = ["-f", "compose.yaml"]
    if not wanted:
        services = {}
        for component in ("postgresql", "redis"):
            for member in shop.members(component):
                words = json.loads(shop.engine.run("docker", "inspect", "--format", "{{json .Config.Cmd}}", shop.container(member["name"])).stdout)
                at = words.index("--facts")
                services[member["name"]] = {"command": words[:at] + words[at + 2:], "init": True}
        (shop.folder / "plain.yaml").write_text(json.dumps({"services": services}))  # JSON is YAML
        files += ["-f", str(shop.folder / "plain.yaml")]
    shop.engine.run(*shop.engine.compose, *files, "up", "-d", cwd=folder, timeout=300)


if __name__ == "__main__":
    struck.run(__doc__, SERIES, "Compose", stand, with_keelson)
