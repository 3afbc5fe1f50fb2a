#!/usr/bin/env python3
"""Probes per second of CPU: keelson's agent and blackbox_exporter, the same targets at the same interval in the same windows.

  bench/probes.py --keelson build/release/keelson --blackbox PROGRAM --state-dir DIR [--windows 5] [--seconds 20] [--repeat 4] [--out FILE]

Targets are what a foundation that stands (--state-dir) has: a TCP connect to each endpoint, and GET over HTTPS, verified against its root, as the
foundation's own probes of Patroni and etcd do. Each is probed `--repeat` times a second by both sides, by an agent of this bench (its instances are
`sleep infinity`; only their probes matter) and by an exporter of this bench, which is asked over one kept connection a thread, as Prometheus does.
CPU: all threads of either process (schedstat). Asking the exporter costs the exporter its answer, as in use; whoever asks is not counted.

blackbox_exporter: package prometheus-blackbox-exporter, unpacked (`apt-get download`, `dpkg-deb -x`), so that no service of it starts.
Needs root (member ports accept nobody else); stops what it started.
"""
import argparse, concurrent.futures, http.client, json, os, pathlib, shutil, socket, sqlite3, statistics, subprocess, tempfile, threading, time, urllib.parse


def within(seconds, holds, what):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def cpu_ns(pid):
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def targets_of(options):
    """The probes: {"tcp": [...], "https": [...]}, in keelson's words."""
    status = json.loads(subprocess.run([options.keelson, "status", "-o", "json", "--state-dir", options.state_dir], capture_output=True, text=True).stdout)
    base = {"protocol": "tcp", "trust": "services", "tls": False, "server_name": "", "client_certificate": False, "request": "", "expect_status": 200,
            "user": "", "secret": "", "interval_ms": 1000, "timeout_ms": 1000, "failures": 3}
    tcp = [{**base, "address": e["address"], "port": e["port"]} for e in status["endpoints"]]
    with sqlite3.connect(f"file:{options.state_dir}/state.db?mode=ro", uri=True) as database:
        specs = [json.loads(text)["spec"]["ready"] for (text,) in database.execute("SELECT json FROM agent WHERE kind = 'spec'")]
    return {"tcp": tcp, "https": [probe for probe in specs if probe["protocol"] == "http" and probe["tls"]]}


class Agent:
    """An agent with an instance for each probe."""

    def __init__(self, options, base, probes):
        self.base, self.guardian = base, None
        (base / "agent").mkdir(parents=True)
        state = pathlib.Path(options.state_dir)
        shutil.copytree(state / "trust", base / "trust")
        for file in (state / "agent").glob("keelson-agent-*"):
            shutil.copy(file, base / "agent")
        words = [f"--program={options.keelson}", f"--state-dir={base}", "--foundation=bench-probes", f"--id={os.getpid()}", f"--socket={base}/agent/agent.sock", f"--key-file={base}/key"]
        subprocess.Popen([options.keelson, "guardian", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        within(20, lambda: (base / "agent/agent.sock").exists() and self.answers(), "the agent's answer")
        self.pid = self.call("GET", "/v1/hello")["pid"]
        for number, probe in enumerate(probes):
            spec = {"name": f"target-{number}", "component": "bench", "member": f"target-{number}", "command": ["/usr/bin/sleep", "infinity"], "environment": [], "directory": "/",
                    "uid": -1, "gid": -1, "memory_limit": 0, "open_files": 1024, "stop_signal": 15, "stop_timeout_ms": 2000, "ready": probe}
            self.call("PUT", f"/v1/instances/{spec['name']}", spec)
            self.call("POST", f"/v1/instances/{spec['name']}/start")
        within(30, self.all_ready, f"every probe of the agent succeeds ({self.call('GET', '/v1/instances')})")

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("agent")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(f"{self.base}/agent/agent.sock")
        connection.request(method, path, json.dumps(body) if body is not None else None)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def answers(self):
        try:
            return "pid" in self.call("GET", "/v1/hello")
        except OSError:
            return False

    def all_ready(self):
        return all(row["life"] == "ready" for row in self.call("GET", "/v1/instances")["instances"])

    def end(self):
        self.call("POST", "/v1/shutdown?wait_ms=20000")
        within(30, lambda: not pathlib.Path(f"/proc/{self.pid}").exists(), "the end of the agent")


class Exporter:
    """blackbox_exporter, and somebody who asks it for every probe once a second."""

    THREADS = 8

    def __init__(self, options, base, probes):
        self.probes, self.done, self.failed, self.ending = probes, 0, 0, threading.Event()
        self.lock, self.local = threading.Lock(), threading.local()
        modules = {"tcp": {"prober": "tcp", "timeout": "1s", "tcp": {"preferred_ip_protocol": "ip4"}}}
        for probe in probes:
            if probe["protocol"] == "http":
                modules[self.module(probe)] = {"prober": "http", "timeout": "1s", "http": {"preferred_ip_protocol": "ip4", "valid_status_codes": [probe["expect_status"]], "tls_config": self.tls(options, probe)}}
        configuration = base / "blackbox.json"
        configuration.write_text(json.dumps({"modules": modules}))  # JSON is YAML
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([options.blackbox, f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.pool = concurrent.futures.ThreadPoolExecutor(self.THREADS)
        within(10, lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, "the exporter listens")
        bad = [probe for probe in probes if not self.ask(probe)]
        if bad:
            raise RuntimeError(f"the exporter cannot probe {bad[0]}")
        self.done = self.failed = 0
        self.asker = threading.Thread(target=self.every_second, daemon=True)
        self.asker.start()

    @staticmethod
    def module(probe):
        return f"{probe['trust']}-{probe['server_name']}-{probe['client_certificate']}" if probe["protocol"] == "http" else "tcp"

    @staticmethod
    def tls(options, probe):
        own = f"{options.state_dir}/agent/keelson-agent-{probe['trust']}"
        certificate = {"cert_file": f"{own}.crt", "key_file": f"{own}.key"} if probe["client_certificate"] else {}
        return {"ca_file": f"{options.state_dir}/trust/{probe['trust']}.crt", "server_name": probe["server_name"] or probe["address"], **certificate}

    def ask(self, probe):
        place = f"{probe['address']}:{probe['port']}"
        target = f"https://{place}{probe['request']}" if probe["protocol"] == "http" else place
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.local.connection.request("GET", "/probe?" + urllib.parse.urlencode({"target": target, "module": self.module(probe)}))
        good = b"\nprobe_success 1" in self.local.connection.getresponse().read()
        with self.lock:
            self.done, self.failed = self.done + 1, self.failed + (not good)
        return good

    def every_second(self):
        due = time.monotonic()
        while not self.ending.is_set():
            list(self.pool.map(self.ask, self.probes))
            due += 1
            self.ending.wait(max(0.0, due - time.monotonic()))

    def end(self):
        self.ending.set()
        self.asker.join()
        self.process.terminate()
        self.process.wait()


def windows(options, base, probes):
    """One entry a window: probes and CPU seconds of both sides."""
    out = []
    agent = Agent(options, base / "agent-state", probes)
    try:
        exporter = Exporter(options, base, probes)
        try:
            for _ in range(options.windows):
                before = cpu_ns(agent.pid), cpu_ns(exporter.pid), exporter.done, time.monotonic()
                time.sleep(options.seconds)  # the window itself
                after = cpu_ns(agent.pid), cpu_ns(exporter.pid), exporter.done, time.monotonic()
                if not agent.all_ready() or exporter.failed:
                    raise RuntimeError(f"a probe failed meanwhile: all ready {agent.all_ready()}, the exporter's failures {exporter.failed}")
                took = after[3] - before[3]
                out.append({"keelson": {"probes": round(len(probes) * took), "cpu_s": (after[0] - before[0]) / 1e9}, "blackbox_exporter": {"probes": after[2] - before[2], "cpu_s": (after[1] - before[1]) / 1e9}})
        finally:
            exporter.end()
    finally:
        agent.end()
    return out


def per_cpu_second(entries, side):
    return [entry[side]["probes"] / entry[side]["cpu_s"] for entry in entries]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", required=True)
    parser.add_argument("--blackbox", required=True)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--repeat", type=int, default=4)
    parser.add_argument("--out")
    options = parser.parse_args()
    options.keelson, options.blackbox, options.state_dir = (str(pathlib.Path(path).resolve()) for path in (options.keelson, options.blackbox, options.state_dir))
    result = {"bench": "probes", "windows": options.windows, "seconds": options.seconds, "repeat": options.repeat, "interval_s": 1, "rows": []}
    for protocol, targets in targets_of(options).items():
        with tempfile.TemporaryDirectory(prefix="keelson-bench-") as base:
            entries = windows(options, pathlib.Path(base), targets * options.repeat)
        row = {"protocol": protocol, "targets": len(targets), "probes_a_second": len(targets) * options.repeat,
               **{side: {"probes_per_cpu_second": round(statistics.median(per_cpu_second(entries, side)))} for side in ("keelson", "blackbox_exporter")}, "windows_raw": entries}
        row["ratio"] = round(statistics.median(a / b for a, b in zip(per_cpu_second(entries, "keelson"), per_cpu_second(entries, "blackbox_exporter"))), 1)
        result["rows"].append(row)
        print(f"{protocol:6} {row['probes_a_second']:4} probes a second   keelson {row['keelson']['probes_per_cpu_second']:7} per CPU second   "
              f"blackbox_exporter {row['blackbox_exporter']['probes_per_cpu_second']:6}   ratio {row['ratio']}", flush=True)
    result["load_average"] = os.getloadavg()[0]
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
