#!/usr/bin/env python3
"""What the end of a leader costs on Kubernetes, with keelson as the first process of its pod and without: one foundation, one load, one table.

  bench/kubernetes_failover.py --keelson build/release/keelson            everything that is still missing; about 45 minutes from nothing
  bench/kubernetes_failover.py --keelson … --only redis-keelson --n 2     some of it
  bench/kubernetes_failover.py --table                                    only the table in docs/benchmarks.md, from the kept results

A node of its own (tests/lab; needs root), 3 PostgreSQL, 3 Redis, 3 Sentinels, endpoints. A client in a pod of its own writes through the endpoint, one row after another
(tests/live/steady_writer.py), while SIGKILL strikes the leader's engine or its pod is deleted. The plain side is the same pods whose command is the engine itself: the
engines' own timers and the kubelet's restarts. Every run is written to --out as it ends, so an interrupted bench goes on.
"""
import contextlib, json

import struck

SERIES = {  # title, component, what is struck, with keelson, runs
    "pg-keelson": ("PostgreSQL, keelson, its postmaster", "postgresql", "engine", True, 20),
    "pg-keelson-all": ("PostgreSQL, keelson, all processes of the member", "postgresql", "all", True, 20),
    "redis-keelson": ("Redis, keelson", "redis", "engine", True, 20),
    "pg-delete": ("PostgreSQL, keelson, the pod is deleted", "postgresql", "delete", True, 20),
    "redis-delete": ("Redis, keelson, the pod is deleted", "redis", "delete", True, 20),
    "pg-plain": ("PostgreSQL, Patroni alone, its postmaster", "postgresql", "engine", False, 5),
    "pg-plain-all": ("PostgreSQL, Patroni alone, all processes of the member", "postgresql", "all", False, 5),
    "redis-plain": ("Redis, Sentinel alone", "redis", "engine", False, 5),
}


@contextlib.contextmanager
def stand():
    from kubernetes_release_test import Cluster, Shop
    with Cluster() as cluster:
        shop = Shop(cluster)
        shop.stand()
        yield shop


def with_keelson(shop, wanted):
    """Puts the members' pods up as they are rendered, or as engines alone."""
    if wanted:
        return shop.up()
    for component in ("postgresql", "redis"):
        for member in [one["name"] for one in shop.members(component)]:
            words = json.loads(shop.kubectl("get", "statefulset", member, "-o", "jsonpath={.spec.template.spec.containers[0].command}"))
            at = words.index("--facts")
            change = [{"op": "replace", "path": "/spec/template/spec/containers/0/command", "value": words[:at] + words[at + 2:]}]
            shop.kubectl("patch", "statefulset", member, "--type=json", "-p", json.dumps(change))
            shop.kubectl("rollout", "status", f"statefulset/{member}", "--timeout=120s")
        shop.whole(component)


if __name__ == "__main__":
    struck.run(__doc__, SERIES, "Kubernetes", stand, with_keelson)
