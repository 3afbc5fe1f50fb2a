#!/usr/bin/env python3
"""What the network policy costs: the same load on the same foundation with its nftables table loaded and deleted, by turns, in one run.

  bench/network_cost.py --keelson build/release/keelson --state-dir DIR [--rounds 5] [--seconds 10] [--out FILE]
Root. The foundation must stand and have PostgreSQL and Redis (blueprints/nexus-architect.yaml). Deletes its table between measurements and
ends with `keelson up`, which puts it in force again. Three loads, through the endpoints over TLS: pgbench `SELECT 1` with 8 kept
connections, the same with a new connection for each transaction (only a connection's first packet is judged), redis-benchmark SET
with 20 connections. Prints the median of each, the ratio with/without, and how far apart equal runs are (a ratio inside that is noise); the raw
figures go to --out.
"""
import argparse, ctypes, json, os, pathlib, re, statistics, subprocess, sys, tempfile


def nft(command):
    library = ctypes.CDLL("libnftables.so.1")
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.nft_ctx_free.argtypes = [ctypes.c_void_p]
    context = library.nft_ctx_new(0)
    failed = library.nft_run_cmd_from_buffer(context, command.encode())
    library.nft_ctx_free(context)
    if failed:
        sys.exit(f"nft {command}: refused")


class Bench:
    def __init__(self, options):
        self.options = options
        self.table = self.keelson_json("network", "show")["table"]
        status = self.keelson_json("status")
        self.endpoints = {e["name"]: e for e in status["endpoints"]}
        base = pathlib.Path(os.environ.get("KEELSON_ARTIFACT_DIR") or os.environ.get("KEELSON_BASE_DIR", "/var/lib/keelson") + "/artifacts")
        self.postgresql, self.redis = base / "postgresql-15", base / "redis-7.0"
        self.trust = f"{options.state_dir}/trust/services.crt"
        access = {e["name"]: e for e in self.keelson_json("access")["endpoints"]}
        self.database = access["postgresql-primary"]["database"]
        self.owner = access["postgresql-primary"]["users"][0]

    def keelson(self, *arguments):
        done = subprocess.run([self.options.keelson, *arguments, "--state-dir", self.options.state_dir], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return done.stdout

    def keelson_json(self, *arguments):
        return json.loads(self.keelson(*arguments, "-o", "json"))

    def secret(self, name):
        return self.keelson("secret", "get", name, "--reveal").strip()

    def run(self, tree, command, environment):
        libraries = ":".join(str(tree / d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
        done = subprocess.run([str(tree / command[0]), *command[1:]], capture_output=True, text=True, timeout=300,
                              env={"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": libraries, "LANG": "C.UTF-8", **environment})
        if done.returncode != 0:
            sys.exit(f"{command[0]}: {done.stderr[-1000:]}")
        return done.stdout

    def pgbench(self, *more):
        endpoint = self.endpoints["postgresql-primary"]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write("SELECT 1;\n")
            script.flush()
            out = self.run(self.postgresql, ["usr/lib/postgresql/15/bin/pgbench", "-n", "-f", script.name, "-c", "8", "-j", "2", "-T", str(self.options.seconds), *more],
                           {"PGHOSTADDR": endpoint["address"], "PGHOST": "postgresql-primary", "PGPORT": str(endpoint["port"]), "PGUSER": self.owner["name"],
                            "PGPASSWORD": self.secret(self.owner["secret"]), "PGDATABASE": self.database, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": self.trust})
        return float(re.search(r"tps = ([0-9.]+)", out).group(1))

    def redis_set(self):
        endpoint = self.endpoints["redis-master"]
        requests = 12_000 * self.options.seconds
        out = self.run(self.redis, ["usr/bin/redis-benchmark", "--tls", "--cacert", self.trust, "--sni", "redis-master", "-h", endpoint["address"], "-p", str(endpoint["port"]),
                                    "--user", "app", "-a", self.secret("redis/app"), "-t", "set", "-c", "20", "-n", str(requests), "--csv"], {})
        return float(out.splitlines()[-1].split(",")[1].strip('"'))

    def measure(self):
        loads = {"pgbench select 1, 8 connections": self.pgbench, "pgbench select 1, a connection each": lambda: self.pgbench("-C"), "redis SET, 20 connections": self.redis_set}
        seen = {name: {"with": [], "without": []} for name in loads}
        for turn in range(self.options.rounds):
            order = ("with", "without") if turn % 2 == 0 else ("without", "with")
            for state in order:
                self.keelson("up", "--progress", "quiet")
                if state == "without":
                    nft(f"delete table inet {self.table}")
                seen_state = self.keelson_json("network", "show")["state"]
                if seen_state != {"with": "in-force", "without": "missing"}[state]:
                    sys.exit(f"the table is {seen_state}, so this would measure something else")
                for name, load in loads.items():
                    seen[name][state].append(load())
        return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", required=True)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--out")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        seen = bench.measure()
    finally:
        bench.keelson("up", "--progress", "quiet")
    result = {"bench": "network_cost", "rounds": options.rounds, "seconds": options.seconds, "load_average": os.getloadavg()[0], "per_second": {}, "raw": seen}
    for name, states in seen.items():
        with_it, without = statistics.median(states["with"]), statistics.median(states["without"])
        noise = max(max(runs) / min(runs) for runs in states.values())
        result["per_second"][name] = {"with": round(with_it), "without": round(without), "ratio": round(with_it / without, 3), "max_over_min": round(noise, 3)}
        print(f"{name:40} with {with_it:9.0f}/s   without {without:9.0f}/s   ratio {with_it / without:.3f}   max/min of one kind {noise:.2f}")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
