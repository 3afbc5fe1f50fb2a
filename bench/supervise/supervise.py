#!/usr/bin/env python3
"""Supervisors side by side, each with the same child binary: keelson's agent, supervisord, runit (runsvdir), s6 (s6-svscan).

Measures, for each: start-up of N children, PSS and CPU of all of the supervisor's own processes while the children idle, and the
time from SIGKILL of a child to the first instruction of its successor (the child notes CLOCK_MONOTONIC itself). Each child is
killed once, after it lived 3 s: every supervisor's first, undelayed restart. Needs root (cgroups); stops what it started.

  bench/supervise/supervise.py --keelson build/release/keelson --child PATH --peers DIR --out bench/results/supervise.json
`--peers` is a directory into which the Debian packages supervisor, runit and python3-pkg-resources were unpacked (dpkg-deb -x), so that none
of their services is installed or started; package s6 must be installed (it runs nothing by itself, and knows its programs by absolute path).
"""
import argparse, http.client, json, os, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path

ADDRESS = "127.77.231.1"
FIRST_PORT = 10000


def within(seconds, holds, what):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.005)


def children_of(pid):
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(pid):
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        found.append(at)
        todo += children_of(at)
    return found


def cpu_ns(pid):
    try:  # every thread: schedstat of the process is only its first thread's
        return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0


def pss_kib(pid):
    try:
        return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
    except (FileNotFoundError, ProcessLookupError, TypeError):
        return 0


class Supervisor:
    """One run of one supervisor with `count` children under `base`."""

    def __init__(self, options, base, count):
        self.options, self.base, self.count = options, base, count
        self.notes = base / "notes"
        self.notes.mkdir()
        self.roots = []

    def command(self, i):
        return [str(self.options.child), str(self.notes / str(i)), ADDRESS, str(FIRST_PORT + i)]

    def note(self, i):
        """(start time in ns, pid) of each life of child i."""
        try:
            return [tuple(map(int, line.split())) for line in (self.notes / str(i)).read_text().splitlines()]
        except FileNotFoundError:
            return []

    def all_began(self):
        return sum(1 for _ in self.notes.iterdir()) == self.count

    def own_processes(self):
        child = str(self.options.child)
        out = []
        for root in self.roots:
            for pid in descendants(root):
                try:
                    if os.readlink(f"/proc/{pid}/exe") != child:
                        out.append(pid)
                except OSError:
                    pass
        return out


class Keelson(Supervisor):
    name = "keelson"
    probe_ms = 3_600_000  # supervision only, like the peers

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("agent")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(str(self.base / "agent/agent.sock"))
        connection.request(method, path, json.dumps(body) if body is not None else None)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer

    def spec(self, i):
        return {"name": f"child-{i}", "component": "bench", "member": f"child-{i}", "command": self.command(i), "environment": [],
                "directory": str(self.base), "uid": -1, "gid": -1, "memory_limit": 0, "open_files": 1024, "stop_signal": 15,
                "stop_timeout_ms": 2000,
                "ready": {"protocol": "tcp", "trust": "services", "address": ADDRESS, "port": FIRST_PORT + i, "tls": False, "server_name": "",
                          "client_certificate": False, "request": "", "expect_status": 200, "user": "", "secret": "",
                          "interval_ms": self.probe_ms, "timeout_ms": 1000, "failures": 3}}

    def start(self):
        program = str(self.options.keelson)
        words = [f"--program={program}", f"--state-dir={self.base}", "--foundation=bench-supervise", f"--id={os.getpid()}",
                 f"--socket={self.base}/agent/agent.sock", f"--key-file={self.base}/key"]
        guardian = subprocess.Popen([program, "guardian", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        within(20, lambda: (self.base / "agent/agent.sock").exists(), "the agent's socket")
        within(20, self.answers, "the agent's answer")
        hello = self.call("GET", "/v1/hello")
        self.agent = hello["pid"]
        self.roots = [hello["guardian_pid"] or guardian.pid]
        for i in range(self.count):
            self.call("PUT", f"/v1/instances/child-{i}", self.spec(i))
            self.call("POST", f"/v1/instances/child-{i}/start")

    def answers(self):
        try:
            return "pid" in self.call("GET", "/v1/hello")
        except OSError:
            return False

    def end(self):
        self.call("POST", "/v1/shutdown?wait_ms=60000")
        within(60, lambda: not Path(f"/proc/{self.agent}").exists(), "the end of the agent")


class KeelsonProbing(Keelson):
    name = "keelson, each child probed at 1 Hz"
    probe_ms = 1000


class Peer(Supervisor):
    def run(self, argv, **more):
        tree = self.options.peers
        environment = {**os.environ, "PATH": f"{tree}/usr/bin:{os.environ['PATH']}",
                       "PYTHONPATH": f"{tree}/usr/lib/python3/dist-packages"}
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, **more)
        self.roots = [self.process.pid]

    def services(self):
        where = self.base / "services"
        for i in range(self.count):
            (where / str(i)).mkdir(parents=True)
            script = where / str(i) / "run"
            script.write_text("#!/bin/sh\nexec " + " ".join(self.command(i)) + "\n")
            script.chmod(0o755)
        return where

    def end(self):
        family = descendants(self.process.pid)
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.end_rest(family)

    def end_rest(self, family):
        for pid in reversed(family):  # what a supervisor leaves running on purpose (runsv, s6-supervise, children)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Supervisord(Peer):
    name, stop_signal = "supervisord", signal.SIGTERM

    def start(self):
        lines = ["[supervisord]", "nodaemon=true", "user=root", f"logfile={self.base}/log", f"pidfile={self.base}/pid", f"childlogdir={self.base}", "minfds=8192"]
        for i in range(self.count):
            lines += [f"[program:c{i}]", "command=" + " ".join(self.command(i)), "autorestart=true", "stdout_logfile=NONE", "stderr_logfile=NONE"]
        (self.base / "conf").write_text("\n".join(lines))
        self.run(["/usr/bin/python3", f"{self.options.peers}/usr/bin/supervisord", "-c", str(self.base / "conf")])


class Runit(Peer):
    name, stop_signal = "runit", signal.SIGHUP  # TERM to the runsv processes, and exit

    def start(self):
        self.run([f"{self.options.peers}/usr/bin/runsvdir", str(self.services())])


class S6(Peer):
    name, stop_signal = "s6", signal.SIGTERM

    def start(self):
        self.run(["s6-svscan", "-c", str(self.count + 10), str(self.services())])


def restart_latency(run, kills):
    """SIGKILL to the successor's first instruction, milliseconds."""
    out = []
    for i in range(min(kills, run.count)):
        lives = run.note(i)
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        os.kill(lives[-1][1], signal.SIGKILL)
        within(15, lambda: len(run.note(i)) > len(lives), f"child {i} again")
        out.append((run.note(i)[-1][0] - began) / 1e6)
    return out


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(p / 100 * (len(ordered) - 1)))]


def measure(kind, options, count, kills, idle_s):
    base = Path(tempfile.mkdtemp(prefix="keelson-bench-", dir="/tmp"))
    run = kind(options, base, count)
    result = {"supervisor": kind.name, "children": count}
    try:
        began = time.monotonic()
        run.start()
        within(120, run.all_began, "all children")
        result["start_up_s"] = round(time.monotonic() - began, 3)
        if kills or idle_s:
            time.sleep(4)  # beyond the young age below which supervisors delay a restart
        if idle_s:
            pids = run.own_processes()
            before = {pid: cpu_ns(pid) for pid in pids}
            time.sleep(idle_s)
            result["idle_cpu_percent"] = round(sum(max(0, cpu_ns(pid) - before[pid]) for pid in pids) / (idle_s * 1e7), 4)
            result["processes"] = len(pids)
            result["pss_kib"] = sum(pss_kib(pid) for pid in pids)
        if kills:
            latencies = restart_latency(run, kills)
            result["restart_ms"] = {"n": len(latencies), "median": round(statistics.median(latencies), 2), "p95": round(percentile(latencies, 95), 2),
                                    "p99": round(percentile(latencies, 99), 2), "max": round(max(latencies), 2)}
            result["restart_ms_raw"] = [round(x, 3) for x in latencies]
    finally:
        run.end()
        shutil.rmtree(base, ignore_errors=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("keelson", "child", "peers"):
        parser.add_argument(f"--{name}", type=lambda p: Path(p).resolve(), required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--idle-s", type=float, default=15)
    parser.add_argument("--only", help="a supervisor's name")
    parser.add_argument("--children", type=int, nargs="*", default=[20, 200, 1000])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    results = []
    for count in options.children:
        for kind in (Keelson, KeelsonProbing, Supervisord, Runit, S6):
            if options.only and options.only != kind.name:
                continue
            if kind is KeelsonProbing and count != 200:
                continue
            kills = 100 if count == 200 and kind is not KeelsonProbing else 0
            try:
                result = measure(kind, options, count, kills, options.idle_s if count < 1000 else 0)
            except (TimeoutError, RuntimeError, OSError) as problem:
                result = {"supervisor": kind.name, "children": count, "failed": str(problem)}
            results.append(result)
            print(json.dumps({key: value for key, value in result.items() if not key.endswith("_raw")}), flush=True)
            if options.out:
                options.out.write_text(json.dumps({"bench": "supervise", "load_average": os.getloadavg()[0], "results": results}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
