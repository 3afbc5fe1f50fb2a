#!/usr/bin/env python3
"""First bring-up of the Nexus foundation, engines already fetched, beside its critical path measured alone.

  bench/bringup.py --keelson build/release/keelson [-f blueprints/nexus-architect.yaml] [--profile laptop] [--rounds 5] [--out FILE]

Each round, in a state directory of its own:
1. `keelson up` from nothing (no state, no users, no certificates, no data): wall time until it returns.
2. `keelson down`, the data of etcd and PostgreSQL emptied, and the slowest chain of the engines' own start times by hand, with the very same commands,
   configuration, certificates and users, but no keelson and nothing beside them:
     etcd       all members started together, until each answers that it is healthy
     postgresql all Patronis started together, until each answers /read-only with 200 (initdb and start of one, base backups of the others)
     standby    until Patroni names a synchronous standby; its loop is woken by PATCH /config, as otherwise it would sleep 10 s
   Their sum is the critical path. Creating roles and databases, certificates and users are keelson's, and not in it.
Prints both and the ratio of the medians. Needs root and artifacts in the store; destroys what it made.
"""
import argparse, http.client, json, os, pathlib, shutil, signal, socket, sqlite3, ssl, statistics, subprocess, sys, tempfile, time

NAME = "bench-bringup"


class Answer(http.client.HTTPSConnection):
    """To an address, verified by a name."""

    def __init__(self, probe, context):
        super().__init__(probe["server_name"], probe["port"], timeout=2, context=context)
        self.address, self.context = probe["address"], context

    def connect(self):
        self.sock = self.context.wrap_socket(socket.create_connection((self.address, self.port), 2), server_hostname=self.host)


class ByHand:
    """etcd and PostgreSQL as `up` declared them, started by this bench."""

    def __init__(self, state):
        with sqlite3.connect(f"file:{state}/state.db?mode=ro", uri=True) as database:
            specs = [json.loads(text)["spec"] for (text,) in database.execute("SELECT json FROM agent WHERE kind = 'spec' ORDER BY name")]
        self.state, self.running = state, []
        self.etcd = [spec for spec in specs if spec["component"] == "etcd"]
        self.postgresql = [spec for spec in specs if spec["component"] == "postgresql"]
        if not self.etcd or not self.postgresql:
            sys.exit("this blueprint has no etcd and PostgreSQL: the chain measured here is theirs")
        self.context = ssl.create_default_context(cafile=f"{state}/trust/control.crt")
        self.context.load_cert_chain(f"{state}/agent/keelson-agent-control.crt", f"{state}/agent/keelson-agent-control.key")

    def empty(self):
        for spec in self.etcd + self.postgresql:
            for folder in ("data", "run"):
                for entry in (self.state / "m" / spec["name"] / folder).iterdir():
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    def start(self, specs):
        for spec in specs:
            log = open(self.state / "log" / f"by-hand-{spec['name']}.log", "ab")
            self.running.append(subprocess.Popen(spec["command"], env=dict(spec["environment"]), cwd=spec["directory"], user=spec["uid"], group=spec["gid"], extra_groups=[],
                                                 umask=0o077, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def ask(self, probe, method="GET", path=None, body=None):
        """Status and JSON; (0, None) while nobody answers."""
        connection = Answer(probe, self.context)
        try:
            connection.request(method, path or probe["request"], body)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text.startswith(b"{") else None
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    def until(self, holds, what):
        began = time.monotonic()
        while not holds():
            if time.monotonic() > began + 120:
                raise TimeoutError(what)
            time.sleep(0.01)
        return time.monotonic() - began

    def all_answer(self, specs):
        return all(self.ask(spec["ready"])[0] == 200 for spec in specs)

    def standby_named(self):
        _, cluster = self.ask(self.postgresql[0]["ready"], path="/cluster")
        members = (cluster or {}).get("members", [])
        if any(member["role"] == "sync_standby" for member in members):
            return True
        leader = next((member["name"] for member in members if member["role"] == "leader"), None)
        for spec in self.postgresql:
            if spec["member"] == leader:
                _, configuration = self.ask(spec["ready"], path="/config")
                self.ask(spec["ready"], "PATCH", "/config", json.dumps(configuration))
        return False

    def chain(self):
        try:
            self.start(self.etcd)
            etcd = self.until(lambda: self.all_answer(self.etcd), "etcd is healthy")
            self.start(self.postgresql)
            postgresql = self.until(lambda: self.all_answer(self.postgresql), "PostgreSQL is ready")
            return {"etcd_s": etcd, "postgresql_s": postgresql, "standby_s": self.until(self.standby_named, "a synchronous standby is named")}
        finally:
            self.end()

    def end(self):
        """Newest first: Patroni wants etcd while it stops. Its postmaster is in a session of its own, and ends with it."""
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running):
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def steps_of(state):
    """The steps of the first run, from the journal: what took how long."""
    with sqlite3.connect(f"file:{state}/state.db?mode=ro", uri=True) as database:
        (run, began), = database.execute("SELECT id, started_ms FROM run ORDER BY id LIMIT 1")
        return [{"step": step, "from_ms": start - began, "to_ms": end - began} for step, start, end in
                database.execute("SELECT id, started_ms, finished_ms FROM step WHERE run = ? ORDER BY started_ms", (run,))]


def one_round(options, file, base):
    state = base / "s"
    run = lambda *words: subprocess.run([options.keelson, *words, "--state-dir", str(state)], capture_output=True, text=True, timeout=300)
    try:
        began = time.monotonic()
        done = run("up", "-f", str(file), "--profile", options.profile, "--progress", "quiet")
        took = time.monotonic() - began
        if done.returncode != 0:
            sys.exit(done.stderr)
        steps = steps_of(state)
        if run("down").returncode != 0:
            sys.exit("down failed")
        by_hand = ByHand(state)
        by_hand.empty()
        return {"up_s": took, **by_hand.chain(), "steps": steps}
    finally:
        run("destroy", "--yes", NAME)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", required=True)
    parser.add_argument("-f", dest="file", default=str(pathlib.Path(__file__).resolve().parents[1] / "blueprints/nexus-architect.yaml"))
    parser.add_argument("--profile", default="laptop")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out")
    options = parser.parse_args()
    options.keelson = str(pathlib.Path(options.keelson).resolve())
    text = pathlib.Path(options.file).read_text()
    name = next(line.split(":", 1)[1].split("#")[0].strip() for line in text.splitlines() if line.startswith("foundation:"))
    rounds = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="keelson-bench-") as folder:
            base = pathlib.Path(folder)
            base.chmod(0o711)
            file = base / "keelson.yaml"
            file.write_text(text.replace(f"foundation: {name}", f"foundation: {NAME}", 1))
            one = one_round(options, file, base)
        one["critical_path_s"] = one["etcd_s"] + one["postgresql_s"] + one["standby_s"]
        rounds.append({key: round(value, 3) if isinstance(value, float) else value for key, value in one.items()})
        print(f"round {number + 1}: up {one['up_s']:.2f} s, critical path {one['critical_path_s']:.2f} s = etcd {one['etcd_s']:.2f} + PostgreSQL {one['postgresql_s']:.2f} + standby {one['standby_s']:.2f}", flush=True)
    medians = {key: round(statistics.median(one[key] for one in rounds), 3) for key in ("up_s", "critical_path_s", "etcd_s", "postgresql_s", "standby_s")}
    result = {"bench": "bringup", "rounds": len(rounds), "load_average": os.getloadavg()[0], "median": medians, "ratio": round(medians["up_s"] / medians["critical_path_s"], 3), "raw": rounds}
    print(f"median: up {medians['up_s']:.2f} s, critical path {medians['critical_path_s']:.2f} s, ratio {result['ratio']}")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
