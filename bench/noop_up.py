#!/usr/bin/env python3
"""How long a second `keelson up` takes that finds nothing to do, with real engines standing.

  bench/noop_up.py --keelson build/release/keelson -f blueprints/nexus-architect.yaml --profile laptop --state-dir DIR [--n 30]
The foundation must stand (bring it up with the same arguments first). Runs that found something to do (somebody else changed the
machine meanwhile) are counted apart. Prints and writes wall and CPU milliseconds: median, p95.
"""
import argparse, json, os, resource, statistics, subprocess, sys, time


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(p / 100 * (len(ordered) - 1)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", required=True)
    parser.add_argument("-f", dest="file", required=True)
    parser.add_argument("--profile", default="")
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--n", type=int, default=30)
    parser.add_argument("--out")
    options = parser.parse_args()
    command = [options.keelson, "up", "-f", options.file, "--state-dir", options.state_dir, "--progress", "quiet", "-o", "json"]
    if options.profile:
        command += ["--profile", options.profile]
    wall, cpu, busy = [], [], 0
    for _ in range(options.n):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        took = (time.monotonic() - began) * 1000
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(done.stderr)
        if json.loads(done.stdout)["done"] > 0:
            busy += 1
            continue
        wall.append(took)
        cpu.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    if not wall:
        sys.exit("every run found something to do")
    result = {"bench": "noop_up", "n": len(wall), "runs_with_changes": busy, "load_average": os.getloadavg()[0],
              "wall_ms": {"min": round(min(wall), 1), "median": round(statistics.median(wall), 1), "p95": round(percentile(wall, 95), 1)},
              "cpu_ms": {"median": round(statistics.median(cpu), 1), "p95": round(percentile(cpu, 95), 1)}, "wall_ms_raw": [round(x, 1) for x in wall]}
    print(json.dumps({key: value for key, value in result.items() if not key.endswith("_raw")}))
    if options.out:
        with open(options.out, "w") as out:
            out.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
