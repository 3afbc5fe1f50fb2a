"""What a machine can do to keelson: taken ports, foreign files, lost keys, two operators at once, floods. Each is refused or
borne with one clear message, and nothing is half done."""

import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
import unittest

from keelson_live import Foundation, Redis, kill, run_from_artifact, sweep, until

BLUEPRINT = """
foundation: live-bad
components:
  redis: { members: 1, memory: 64Mi }
"""
REFUSED, NOT_HEALTHY, LOCKED = 4, 5, 7


def custom(name, *command):
    return f"""  {name}:
    kind: custom
    command: {json.dumps(list(command))}
    ports: [{{ name: tcp, port: 9000 }}]
    memory: 64Mi
"""


class Standing(unittest.TestCase):
    """One Redis, brought up once; every test leaves it standing."""

    @classmethod
    def setUpClass(cls):
        sweep()
        cls.it = Foundation("live-bad", BLUEPRINT).__enter__()
        cls.it.up()
        cls.data = cls.it.state / "m/redis-1/data"

    @classmethod
    def tearDownClass(cls):
        cls.it.__exit__()

    def setUp(self):
        self.it.write(BLUEPRINT)
        self.it.up()

    def redis(self):
        return Redis(self.it, self.it.endpoint("redis-master")["address"])

    def assert_refused(self, done, *words, code=REFUSED, problems=1):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)
        said = [line for line in done.stderr.splitlines() if line.startswith("keelson: ")]
        self.assertEqual(len(said), problems, "each problem, said once:\n" + done.stderr)

    def assert_nothing_runs(self):
        self.assertIsNone(self.it.agent_pid())
        self.assertEqual(self.it.processes(), [])

    def test_a_port_somebody_holds_is_refused_with_pid_and_name(self):
        address = self.it.endpoint("redis-master")["address"]
        member = self.it.member("redis-1")["address"]
        self.it.run("down", check=0)
        name = pathlib.Path("/proc/self/comm").read_text().strip()
        for held in sorted({address, member}):
            with socket.create_server((held, 6379)):
                self.assert_refused(self.it.up(check=None), f"{held}:6379", f"{name} (pid {os.getpid()})")
                self.assert_nothing_runs()
        self.it.up()

    def test_a_data_directory_that_is_a_link_is_not_followed(self):
        self.it.run("down", check=0)
        elsewhere = self.it.folder / "elsewhere"
        self.data.rename(elsewhere)
        self.data.symlink_to(elsewhere)
        before = snapshot(elsewhere)
        try:
            self.assert_refused(self.it.up(check=None), self.data, "symbolic link")
            self.assertEqual(snapshot(elsewhere), before)
            self.assertTrue(self.data.is_symlink())
            self.assert_nothing_runs()
        finally:
            self.data.unlink()
            elsewhere.rename(self.data)

    def test_everything_that_is_wrong_with_the_data_is_told_at_once_and_nothing_touched(self):
        held = self.it.member("redis-1")["address"]
        self.it.run("down", check=0)
        aside = self.it.folder / "aside"
        shutil.copytree(self.data, aside, symlinks=True)
        own = self.data.stat()
        link, newer = self.data / "linked", self.data / "dump.rdb"
        had_dump = newer.exists()
        link.symlink_to("/etc")
        newer.write_bytes(b"REDIS0011" + b"x" * 100)
        os.chown(newer, own.st_uid, own.st_gid)
        before = snapshot(self.data)
        try:
            self.assert_refused(self.it.up(check=None), link, "symbolic link")  # whose a directory is comes before what is in it
            self.assert_refused(self.it.run("plan", "-f", str(self.it.file)), link)
            link.unlink()
            with socket.create_server((held, 6379)):  # told in the same breath
                self.assert_refused(self.it.up(check=None), newer, "newer Redis", f"{held}:6379", problems=2)
            self.assertEqual([entry for entry in before if entry[0] != str(link)], snapshot(self.data))
            self.assert_nothing_runs()
            self.assertIn("newer Redis", self.it.run("doctor").stdout)
        finally:
            link.unlink(missing_ok=True)
            newer.unlink()
            if had_dump:
                shutil.copy2(aside / "dump.rdb", newer)
                os.chown(newer, own.st_uid, own.st_gid)
        self.it.up()

    @unittest.skipIf(os.geteuid() != 0, "only root can make files of another owner")
    def test_data_of_another_owner_is_neither_touched_nor_taken(self):
        self.it.run("down", check=0)
        owner = self.data.stat()
        os.chown(self.data, 12345, 12345)
        before = snapshot(self.data)
        try:
            self.assert_refused(self.it.up(check=None), self.data, "12345")
            self.assertEqual(snapshot(self.data), before)
            self.assertEqual(self.data.stat().st_uid, 12345)
            self.assert_nothing_runs()
        finally:
            os.chown(self.data, owner.st_uid, owner.st_gid)

    def test_a_lost_key_file_is_named_and_not_replaced(self):
        key = self.key_file()
        aside = key.with_suffix(".aside")
        sealed = (self.it.state / "secrets.enc").read_bytes()
        key.rename(aside)
        try:
            done = self.it.up(check=None)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(str(key), done.stderr)
            self.assertFalse(key.exists())
            self.assertEqual((self.it.state / "secrets.enc").read_bytes(), sealed)
        finally:
            aside.rename(key)

    def test_a_tampered_secret_store_is_refused_and_left_alone(self):
        store = self.it.state / "secrets.enc"
        whole = store.read_bytes()
        broken = bytearray(whole)
        broken[len(broken) // 2] ^= 1
        store.write_bytes(broken)
        pids = self.it.pids() if self.it.healthy() else None
        try:
            done = self.it.up(check=None)
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn("secrets.enc", done.stderr)
            self.assertEqual(store.read_bytes(), bytes(broken))
        finally:
            store.write_bytes(whole)
        if pids is not None:
            self.assertEqual(self.it.pids(), pids)

    def key_file(self):
        base = pathlib.Path(os.environ.get("KEELSON_BASE_DIR", "/var/lib/keelson"))
        keys = [k for k in (base / "keys").glob("live-bad-*.key") if k.stat().st_mtime >= self.it.folder.stat().st_ctime - 3600]
        keys.sort(key=lambda k: k.stat().st_mtime)
        return keys[-1]

    def test_a_lost_or_expired_certificate_is_issued_anew(self):
        certificate = self.it.state / "m/redis-1/tls/server.crt"
        before, start = certificate.read_text(), self.it.starts()
        certificate.unlink()
        self.assertIn("missing", json.dumps(self.it.plan()))
        self.it.up()
        self.assertNotEqual(certificate.read_text(), before)
        own = certificate.stat()
        expired(certificate)
        os.chown(certificate, own.st_uid, own.st_gid)
        self.assertIn("tls/server", json.dumps(self.it.plan()))
        self.it.up()
        self.assertEqual(self.it.plan(), [])
        self.assertEqual(self.it.starts(), start)
        with self.redis() as client:  # verified: the new one is in use
            self.assertEqual(client("PING"), "PONG")

    def test_two_at_once_the_second_names_the_first(self):
        with open(self.it.state / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(json.dumps({"pid": os.getpid(), "command": "keelson up"}))
            lock.flush()
            for verb in (("up",), ("down",)):
                done = self.it.run(*verb)
                self.assertEqual(done.returncode, LOCKED, done.stderr)
                self.assertIn(f"pid {os.getpid()}", done.stderr)
            self.assertTrue(self.it.healthy(), "looking needs no lock")
            lock.truncate(0)

    def test_a_crash_loop_fails_its_step_soon_with_the_cause_and_leaves_others_alone(self):
        start = self.it.starts()["redis-1"]
        self.it.write(BLUEPRINT + custom("broken", "/bin/sh", "-c", "echo no such table: orders >&2; exit 3"))
        began = time.monotonic()
        done = self.it.up(check=None)
        self.assertLess(time.monotonic() - began, 90, "a start that cannot succeed must not take its whole time of 180 s")
        self.assert_refused(done, "broken-1 ends each time it is started", "no such table: orders", code=NOT_HEALTHY, problems=2)  # and the count of steps
        broken = next(i for i in self.instances() if i["name"] == "broken-1")
        self.assertRegex(broken["detail"], "3")
        self.assertLess(broken["restarts"], 20, "it backs off")
        self.assertIn(self.it.run("status").returncode, (5,))
        self.assertEqual(self.it.starts()["redis-1"], start)
        with self.redis() as client:
            self.assertEqual(client("PING"), "PONG")
        self.it.write(BLUEPRINT)
        self.it.up()
        self.assertNotIn("broken-1", [i["name"] for i in self.instances()])

    def test_a_program_without_ports_is_ready_when_it_lives_and_one_that_dies_never_is(self):
        worker = """  worker:
    kind: custom
    command: ["/bin/sh", "-c", "while :; do sleep 60 & wait; done"]
    uses: [redis-master]
"""
        self.it.write(BLUEPRINT + worker)
        self.it.up()
        self.assertEqual(self.it.plan(), [])
        self.assertTrue(self.it.healthy())
        kill(self.it.member("worker-1")["pids"][0])
        until(lambda: self.it.starts()["worker-1"][1] == 1 and self.it.healthy(), 30, "it was started again")
        self.it.write(BLUEPRINT + worker.replace("while :; do sleep 60 & wait; done", "sleep 0.3"))
        self.assert_refused(self.it.up(check=None), "worker-1 ends each time", code=NOT_HEALTHY, problems=2)
        self.it.write(BLUEPRINT)
        self.it.up()

    def instances(self):
        return self.it.json("ps").get("instances", [])

    def test_a_log_flood_is_capped_and_counted_and_others_answer(self):
        flood = ("import os, socket\n"
                 "s = socket.create_server((os.environ['KEELSON_ADDRESS'], 9000))\n"
                 "line = b'x' * 1023 + b'\\n'\n"
                 "while True: os.write(1, line * 64)\n")
        self.it.write(BLUEPRINT + custom("flood", "/usr/bin/python3", "-c", flood))
        self.it.up()
        log = self.it.state / "log"
        with self.redis() as client:
            until(lambda: client("PING") == "PONG" and (log / "flood-1.log.1").exists() and dropped(log), 60, "the log is rotated and drops are counted")
        used = sum(file.stat().st_size for file in log.glob("*.log*"))
        self.assertLess(used, 20 << 20)
        self.it.write(BLUEPRINT)
        self.it.up()

    def test_a_closed_standard_output_breaks_nothing(self):
        status = " ".join(self.it.command("status"))
        for line in (f"{status} | head -0", f"{status} >&-", f"{status} >&- 2>&-", f"{status} > /dev/full"):
            done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True, timeout=30)
            self.assertLess(done.returncode, 128, f"{line}: {done.returncode} {done.stderr}")
            self.assertNotIn("terminate", done.stderr)
        self.assertTrue(self.it.healthy())

    def test_foreign_engines_keep_their_pids(self):
        foreign = [run_from_artifact("redis-7.0", "usr/bin/redis-server", "--bind", "127.0.0.1", "--port", "6379", "--save", "", "--dir", str(self.it.folder))]
        self.addCleanup(lambda: [p.kill() or p.wait() for p in foreign])
        until(lambda: listens("127.0.0.1", 6379), 20, "the foreign Redis listens")
        foreign.append(self.foreign_postgres())
        until(lambda: listens("127.0.0.1", 5432), 40, "the foreign PostgreSQL listens")
        self.it.run("down", check=0)
        self.it.up()
        self.it.run("down", check=0)
        self.it.up()
        self.assertEqual([p.poll() for p in foreign], [None, None])

    def foreign_postgres(self):
        folder = self.it.folder / "foreign"
        folder.mkdir()
        user = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            os.chown(folder, 65534, 65534)
            user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        run_from_artifact("postgresql-15", "usr/lib/postgresql/15/bin/initdb", "-D", str(folder / "data"), "-A", "trust", "-N", "-U", "postgres", before=user).wait(60)
        return run_from_artifact("postgresql-15", "usr/lib/postgresql/15/bin/postgres", "-D", str(folder / "data"), "-h", "127.0.0.1", "-k", str(folder), before=user)


class Killed(unittest.TestCase):
    def test_an_up_killed_at_any_moment_is_finished_by_the_next(self):
        sweep()
        seed = random.randrange(1 << 30)
        moments = random.Random(seed)
        for _ in range(4):
            with self.subTest(seed=seed), Foundation("live-killed", BLUEPRINT.replace("live-bad", "live-killed")) as it:
                after = moments.uniform(0.02, 1.5)
                process = subprocess.Popen(it.command("up"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(after)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                it.up()
                self.assertTrue(it.healthy(), f"killed after {after:.3f} s")
                self.assertEqual(it.plan(), [])


    @unittest.skipUnless(os.geteuid() == 0, "only root gives directories away")
    def test_a_directory_that_was_made_and_not_given_away_is_finished(self):
        with Foundation("live-killed", BLUEPRINT.replace("live-bad", "live-killed")) as it:
            for part in ("", "m", "m/redis-1"):
                (it.state / part).mkdir(mode=0o711)
            it.up()
            self.assertNotEqual((it.state / "m/redis-1").stat().st_uid, 0)
        with Foundation("live-killed", BLUEPRINT.replace("live-bad", "live-killed")) as it:
            for part in ("", "m", "m/redis-1", "m/redis-1/somebodys"):
                (it.state / part).mkdir(mode=0o711)
            self.assertIn("belongs to uid 0", it.up(check=4).stderr)  # not empty: keelson did not leave it like that
            shutil.rmtree(it.state / "m")


def snapshot(folder):
    """Path, owner, mode, bytes of everything below and including a folder."""
    out = []
    for path in [folder, *sorted(folder.rglob("*"))]:
        info = path.lstat()
        out.append((str(path), info.st_uid, info.st_gid, info.st_mode, path.read_bytes() if path.is_file() else b""))
    return out


def dropped(log):
    return any(b"keelson: dropped" in file.read_bytes() for file in log.glob("flood-1.log*"))


def listens(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False


def expired(certificate):
    """Puts a certificate in its place that ended yesterday."""
    key = certificate.with_name("expired.key")
    request = subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=expired", "-keyout", key],
                             check=True, capture_output=True).stdout
    subprocess.run(["openssl", "x509", "-req", "-signkey", key, "-days", "-1", "-out", certificate], input=request, check=True, capture_output=True)
    key.unlink()


if __name__ == "__main__":
    unittest.main(verbosity=2)
