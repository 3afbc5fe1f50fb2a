#!/usr/bin/env python3
"""What the agent of a foundation that stands and is left alone takes of a core: CPU time of all its threads (schedstat, ns) over windows.

  bench/agent_idle.py --state-dir DIR [--windows 5] [--seconds 30] [--out bench/results/agent_idle.json]

Every instance is probed once a second meanwhile. Several --state-dir are measured in the same windows: that is how two builds are compared on a
machine that does other things too. Needs the rights of whoever brought the foundation up; changes nothing.
"""
import argparse, http.client, json, os, pathlib, re, socket, statistics, time


def call(state_dir, path):
    connection = http.client.HTTPConnection("agent")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(10)
    connection.sock.connect(f"{state_dir}/agent/agent.sock")
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def spent(pid):
    """CPU time so far in ns, and how often a thread of it went to sleep."""
    tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
    slept = sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.M)[1]) for task in tasks)
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks), slept


def pss_kib(pid):
    return int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state-dir", required=True, action="append")
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--out")
    options = parser.parse_args()
    agents = {path: call(path, "/v1/hello")["pid"] for path in options.state_dir}
    seen = {path: [] for path in agents}
    for _ in range(options.windows):
        before = {path: spent(pid) for path, pid in agents.items()}
        began = time.monotonic()
        time.sleep(options.seconds)  # the window itself: nothing to wait for
        took = time.monotonic() - began
        for path, pid in agents.items():
            after = spent(pid)
            seen[path].append({"percent_of_a_core": round((after[0] - before[path][0]) / took / 1e7, 4), "wakeups_per_second": round((after[1] - before[path][1]) / took, 1)})
    result = {"bench": "agent_idle", "windows": options.windows, "seconds": options.seconds, "load_average": os.getloadavg()[0], "agents": []}
    for path, windows in seen.items():
        percents = [window["percent_of_a_core"] for window in windows]
        instances = len(call(path, "/v1/instances")["instances"])
        result["agents"].append({"instances": instances, "median_percent_of_a_core": statistics.median(percents), "pss_kib": pss_kib(agents[path]), "windows": windows})
        print(f"{path}: {instances} instances, {statistics.median(percents):.3f} % of a core (median of {len(percents)}; {min(percents):.3f} to {max(percents):.3f}), "
              f"{statistics.median(window['wakeups_per_second'] for window in windows):.1f} wake-ups a second, PSS {pss_kib(agents[path]) / 1024:.1f} MiB")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
