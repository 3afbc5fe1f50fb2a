#!/usr/bin/env python3
"""What the death of a leader costs, with keelson and on the engines' own timers: one foundation, one load, one table.

  bench/failover.py --keelson build/release/keelson            everything that is still missing; about 50 minutes from nothing
  bench/failover.py --keelson … --only pg-keelson --n 2        some of it
  bench/failover.py --table                                    only the table in docs/benchmarks.md, from the kept results

It brings up a foundation of its own (3 PostgreSQL, 3 etcd, 3 Redis, 3 Sentinels, endpoints, pooler), runs `keelson drill` on it and destroys it. The
peers are the same engines with the same configuration while keelson's agent stands still (drill `unattended`): nobody fences, releases or
tells the endpoint anything until another member leads; only then the agent goes on. Every run is written to --out as it ends, so an interrupted bench goes on where
it was; a run counts for good, whatever its verdict. Needs root for what keelson does as root; traffic stays on loopback.
"""
import argparse, dataclasses, json, os, pathlib, shutil, socket, ssl, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAME = "bench-failover"
BLUEPRINT = """foundation: bench-failover
components:
  postgresql: {{ version: 15, members: 3, memory: 512Mi, storage: 2Gi, durability: {durability}, databases: [{{ name: app, owner: app }}] }}
  redis: {{ members: 3, memory: 128Mi }}
"""
DEFAULTS = {"ttl": 30, "loop_wait": 10, "retry_timeout": 10}


@dataclasses.dataclass(frozen=True)
class Series:
    title: str
    component: str
    fault: str                # of `keelson drill`
    n: int                    # runs that are wanted
    durability: str = "synchronous"
    patroni: dict = dataclasses.field(default_factory=lambda: DEFAULTS)  # its dynamic configuration
    down_after: int = 5       # Sentinel's, seconds


DEATHS = {
    "pg-keelson": Series("PostgreSQL, keelson", "postgresql", "failover", 30),
    "pg-postmaster": Series("PostgreSQL, keelson, only the postmaster", "postgresql", "postmaster-kill", 30),
    "pg-async": Series("PostgreSQL, keelson, `durability: asynchronous`", "postgresql", "failover", 30, durability="asynchronous"),
    "pg-patroni-30": Series("PostgreSQL, Patroni alone, ttl 30, loop 10 (its defaults)", "postgresql", "unattended", 5),
    "pg-patroni-20": Series("PostgreSQL, Patroni alone, ttl 20, loop 1", "postgresql", "unattended", 5, patroni={"ttl": 20, "loop_wait": 1, "retry_timeout": 3}),
    "redis-keelson": Series("Redis, keelson", "redis", "failover", 30),
    "redis-sentinel-30": Series("Redis, Sentinel alone, down-after 30 s (its default)", "redis", "unattended", 5, down_after=30),
    "redis-sentinel-5": Series("Redis, Sentinel alone, down-after 5 s", "redis", "unattended", 5),
}
OTHERS = {
    "pg-switchover": Series("switchover", "postgresql", "switchover", 30),
    "pg-patroni-kill": Series("Patroni beside the leader killed", "postgresql", "patroni-kill", 30),
    "pg-agent-kill": Series("keelson's agent killed", "postgresql", "agent-kill", 30),
    "redis-agent-kill": Series("keelson's agent killed (Redis)", "redis", "agent-kill", 5),
    "pg-etcd-leader": Series("etcd's leader killed", "postgresql", "etcd-leader", 30),
    "pg-pause": Series("the leader stands still for 60 s", "postgresql", "pause", 5),
}
SERIES = DEATHS | OTHERS
BEGIN, END = "<!-- failover: written by bench/failover.py -->", "<!-- failover: end -->"


class Foundation:
    """Stands while the bench runs; whatever happens, it is destroyed."""

    def __init__(self, keelson):
        self.keelson = str(pathlib.Path(keelson).resolve())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keelson-bench-"))
        self.folder.chmod(0o711)
        self.state = self.folder / "s"
        self.timers = self.durability = None

    def run(self, *arguments, timeout=600):
        return subprocess.run([self.keelson, *arguments, "--state-dir", str(self.state)], capture_output=True, text=True, timeout=timeout, cwd=self.folder)

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            sys.exit(f"keelson {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def as_wanted(self, series):
        """Up, with these timers of the engines in force: as their operators set them, a blueprint has no setting for all of them."""
        if self.durability != series.durability:
            (self.folder / "keelson.yaml").write_text(BLUEPRINT.format(durability=series.durability))
            self.must("up", "-f", str(self.folder / "keelson.yaml"), "--progress", "quiet")
            self.durability, self.timers = series.durability, None
        patroni, down_after = series.patroni, series.down_after
        if self.timers == (patroni, down_after):
            return
        self.patch(patroni)
        for sentinel in self.members("redis-sentinel"):
            self.tell_sentinel(sentinel["address"], "SENTINEL", "SET", "redis", "down-after-milliseconds", str(down_after * 1000))
        self.must("wait", "--timeout", "120s")
        self.timers = (patroni, down_after)

    def members(self, component):
        return next(c["members"] for c in json.loads(self.run("status", "-o", "json").stdout)["components"] if c["name"] == component)

    def tell_sentinel(self, address, *command):
        context = ssl.create_default_context(cafile=self.state / "trust/services.crt")
        password = self.must("secret", "get", "redis/agent", "--reveal").rstrip("\n")
        with context.wrap_socket(socket.create_connection((address, 26379), 5), server_hostname=address) as connection:
            reader = connection.makefile("rb")
            for words in (("AUTH", "agent", password), command):
                connection.sendall(b"".join([b"*%d\r\n" % len(words)] + [b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words]))
                answer = reader.readline()
                if answer != b"+OK\r\n":
                    sys.exit(f"the Sentinel at {address} answered {answer!r} to {words[0]}")

    def patch(self, configuration):
        """Patroni's dynamic configuration, as `patronictl edit-config` writes it."""
        member = next(m for m in self.members("postgresql") if m["role"] == "primary")
        context = ssl.create_default_context(cafile=self.state / "trust/control.crt")
        context.load_cert_chain(self.state / "agent/keelson-agent-control.crt", self.state / "agent/keelson-agent-control.key")
        request = urllib.request.Request(f"https://{member['address']}:8008/config", data=json.dumps(configuration).encode(), method="PATCH")
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            got = json.loads(answer.read())
        if any(got.get(key) != value for key, value in configuration.items()):
            sys.exit(f"Patroni did not take {configuration}: {got}")

    def destroy(self):
        if self.state.exists():
            self.run("destroy", "--yes", NAME)
        shutil.rmtree(self.folder, ignore_errors=True)


def load(path):
    if path.exists():
        return json.loads(path.read_text())
    return {"bench": "failover", "series": {}}


def drill(foundation, results, name, wanted, out, deadline):
    """Runs what is missing of one series, a few at a time."""
    series = SERIES[name]
    runs = results["series"].setdefault(name, {"runs": []})["runs"]
    while len(runs) < wanted:
        if time.monotonic() > deadline:
            return False
        foundation.as_wanted(series)
        times = min(wanted - len(runs), 1 if series.fault in ("unattended", "pause") else 5)
        done = foundation.run("drill", series.fault, series.component, "--times", str(times), "--progress", "quiet", "-o", "json")
        if not done.stdout:
            sys.exit(f"{name}: {done.stderr}")
        card = json.loads(done.stdout)
        for run in card["runs"]:
            runs.append(run | {"seed": card["seed"], "at": card["observed_at"], "load_average": round(os.getloadavg()[0], 2)})
        out.write_text(json.dumps(results, indent=1) + "\n")
        print(f"{name}: {len(runs)} of {wanted}, gap {card['gap_ms'] and card['gap_ms']['max']} ms, {card['verdict']}", flush=True)
    return True


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def seconds(values):
    if not values:
        return "- | - | -"
    return " | ".join(f"{percentile(values, p) / 1000:.3f}" for p in (50, 95, 100))


def row(title, runs, gaps):
    if not runs:
        return f"| {title} | 0 | not measured yet |" + " |" * (len(gaps) * 3 + 2)
    of = lambda key: [run[key] for run in runs if run.get(key) is not None]
    redundant = of("redundancy_ms")
    return (f"| {title} | {len(runs)} | " + " | ".join(seconds(of(gap)) for gap in gaps) + f" | {percentile(redundant, 50) / 1000 if redundant else 0:.1f} | "
            f"{sum(of('lost'))} of {sum(of('acknowledged'))} | {sum(1 for run in runs if run['broken'])} | {percentile(of('load_average'), 50):.1f} |")


def table(results):
    runs = lambda name: results["series"].get(name, {"runs": []})["runs"]
    lines = ["| leader killed (SIGKILL of its whole group) | n | gap p50, s | p95 | max | pooled p50, s | p95 | max | redundant p50, s | lost | broken runs | load |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    lines += [row(series.title, runs(name), ("gap_ms", "pooled_gap_ms")) for name, series in DEATHS.items()]
    lines += ["", "| with keelson | n | gap p50, s | p95 | max | pooled p50, s | p95 | max | usual gap p50, s | p95 | max | redundant p50, s | lost | broken runs | load |",
              "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    lines += [row(series.title, runs(name), ("gap_ms", "pooled_gap_ms", "usual_gap_ms")) for name, series in OTHERS.items()]
    return "\n".join(lines)


def write_table(results, document):
    text = document.read_text()
    if BEGIN not in text:
        sys.exit(f"{document} has no place for the table: {BEGIN}")
    before, rest = text.split(BEGIN, 1)
    document.write_text(before + BEGIN + "\n" + table(results) + "\n" + END + rest.split(END, 1)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", default=ROOT / "build/release/keelson")
    parser.add_argument("--n", type=int, help="runs of each series (30; 5 where each takes longer than half a minute)")
    parser.add_argument("--only", default=",".join(SERIES), help="of " + ", ".join(SERIES))
    parser.add_argument("--minutes", type=float, default=60, help="nothing more is begun then; run it again to go on (60)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results/failover.json")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(SERIES)
    if unknown:
        parser.error(f"no such series: {', '.join(sorted(unknown))}")
    results = load(options.out)
    complete = True
    if not options.table:
        deadline = time.monotonic() + options.minutes * 60
        foundation = Foundation(options.keelson)
        try:
            for name in options.only.split(","):
                complete &= drill(foundation, results, name, options.n or SERIES[name].n, options.out, deadline)
        finally:
            foundation.destroy()
    write_table(results, options.document)
    print(table(results))
    if not complete:
        sys.exit("time is up before all was measured: run it again, it goes on")


if __name__ == "__main__":
    main()
