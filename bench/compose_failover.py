#!/usr/bin/env python3
"""What the death of a leader costs on Docker Compose, with keelson as the first process of its container and without: one foundation, one load, one table.

  bench/compose_failover.py --keelson build/release/keelson            everything that is still missing; about 40 minutes from nothing
  bench/compose_failover.py --keelson … --only redis-keelson --n 2     some of it
  bench/compose_failover.py --table                                    only the table in docs/benchmarks.md, from the kept results

A Docker engine of its own (tests/lab; needs root), 3 PostgreSQL, 3 etcd, 3 Redis, 3 Sentinels, endpoints. A client writes through the endpoint, one row after
another (tests/live/steady_writer.py), while SIGKILL strikes the leader's engine. The plain side is the same containers with the same configuration whose command is
the engine itself behind Docker's init: the engines' own timers and Docker's restart policy. Every run is written to --out as it ends, so an interrupted bench goes on.
"""
import argparse, json, os, pathlib, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/live"))

SERIES = {  # title, component, what is killed, with keelson, runs
    "pg-keelson": ("PostgreSQL, keelson, its postmaster", "postgresql", "engine", True, 20),
    "pg-keelson-all": ("PostgreSQL, keelson, all processes of the member", "postgresql", "all", True, 20),
    "redis-keelson": ("Redis, keelson", "redis", "engine", True, 20),
    "pg-stop": ("PostgreSQL, keelson, `docker stop`", "postgresql", "stop", True, 10),
    "redis-stop": ("Redis, keelson, `docker stop`", "redis", "stop", True, 10),
    "pg-plain": ("PostgreSQL, Patroni alone, its postmaster", "postgresql", "engine", False, 5),
    "pg-plain-all": ("PostgreSQL, Patroni alone, all processes of the member", "postgresql", "all", False, 5),
    "redis-plain": ("Redis, Sentinel alone", "redis", "engine", False, 5),
}
BEGIN, END = "<!-- compose-failover: written by bench/compose_failover.py -->", "<!-- compose-failover: end -->"


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
    for component in ("postgresql", "redis"):
        shop.whole(component)


def one_run(shop, component, what, keelson):
    from compose_release_test import Writer, until
    shop.whole(component)
    member = shop.primary(component)
    before = len(shop.decisions(member))
    with Writer(shop, component) as writer:
        if what == "stop":
            shop.engine.run("docker", "stop", shop.container(member))
        else:
            {"engine": shop.kill_engine, "all": shop.kill_all}[what](member)
        if keelson and what != "stop":
            try:
                until("a decision", 120, lambda: len(shop.decisions(member)) > before)
            except AssertionError as late:
                raise AssertionError(f"{member} decided nothing; its log ends with:\n{shop.logs(member)[-4000:]}") from late
        time.sleep(2)  # a fault that nobody tells of has begun by now
        writer.goes_on()
    if what == "stop":
        shop.engine.run("docker", "start", shop.container(member))
    lost, acknowledged = writer.lost()
    said = [line[9:] for line in shop.decisions(member)[-1:]] if what != "stop" else []
    shop.whole(component)
    return {"gap_ms": round(writer.gap() * 1000), "lost": lost, "acknowledged": acknowledged, "leads_now": shop.primary(component) != member, "said": said,
            "load_average": round(os.getloadavg()[0], 2)}


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def table(results):
    lines = ["| leader killed (SIGKILL) on Compose | n | gap p50, s | p95 | max | another leads | lost | load |", "|---|---|---|---|---|---|---|---|"]
    for name, (title, *_) in SERIES.items():
        runs = results.get(name, [])
        if not runs:
            lines.append(f"| {title} | 0 | not measured yet | | | | | |")
            continue
        gaps = [run["gap_ms"] / 1000 for run in runs]
        lines.append(f"| {title} | {len(runs)} | " + " | ".join(f"{percentile(gaps, p):.2f}" for p in (50, 95, 100)) + f" | {sum(run['leads_now'] for run in runs)} | "
                     f"{sum(run['lost'] for run in runs)} of {sum(run['acknowledged'] for run in runs)} | {percentile([run['load_average'] for run in runs], 50):.1f} |")
    return "\n".join(lines)


def measure(options, results):
    os.environ["KEELSON_BINARY"] = str(pathlib.Path(options.keelson).resolve())
    from compose_release_test import Engine, Shop
    deadline = time.monotonic() + options.minutes * 60
    with Engine() as engine:
        shop = Shop(engine, engine.folder)
        shop.write_blueprint()
        shop.up()
        stands_with = True
        for name in options.only.split(","):
            _, component, what, keelson, wanted = SERIES[name]
            runs = results.setdefault(name, [])
            while len(runs) < (options.n or wanted):
                if time.monotonic() > deadline:
                    return False
                if stands_with != keelson:
                    with_keelson(shop, keelson)
                    stands_with = keelson
                runs.append(one_run(shop, component, what, keelson))
                options.out.write_text(json.dumps(results, indent=1) + "\n")
                print(f"{name}: {len(runs)}: {runs[-1]}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", default=ROOT / "build/release/keelson")
    parser.add_argument("--n", type=int, help="runs of each series (20; fewer where each takes long)")
    parser.add_argument("--only", default=",".join(SERIES), help="of " + ", ".join(SERIES))
    parser.add_argument("--minutes", type=float, default=60, help="nothing more is begun then; run it again to go on (60)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results/compose_failover.json")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table")
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    complete = options.table or measure(options, results)
    before, rest = options.document.read_text().split(BEGIN, 1)
    options.document.write_text(before + BEGIN + "\n" + table(results) + "\n" + END + rest.split(END, 1)[1])
    print(table(results))
    if not complete:
        sys.exit("time is up before all was measured: run it again, it goes on")


if __name__ == "__main__":
    main()
