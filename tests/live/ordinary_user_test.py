"""Somebody who is not root brings up a foundation: everything runs as that user, and what then cannot be enforced is said."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import unittest

from keelson_live import BINARY, artifact

NAME = "keelson-live-user"
BLUEPRINT = """
foundation: live-user
components:
  redis: { members: 1, memory: 64Mi }
"""


@unittest.skipIf(os.geteuid() != 0, "making a user needs root; run as an ordinary user, every other live test is this one")
class OrdinaryUser(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="keelson-user-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        remove_user()  # of a run that was killed
        subprocess.run(["useradd", "--system", "--no-create-home", "--home-dir", self.home, "--shell", "/bin/sh", NAME], check=True)
        self.addCleanup(remove_user)
        self.user = pwd.getpwnam(NAME)
        self.program = self.home / "keelson"
        shutil.copy(BINARY, self.program)
        (self.home / "keelson.yaml").write_text(BLUEPRINT)
        for path in (self.home, self.program, self.home / "keelson.yaml"):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def run_as_user(self, *arguments, check=0):
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "KEELSON_ARTIFACT_DIR": str(artifact("."))}
        command = ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups", str(self.program), *arguments]
        done = subprocess.run(command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=300)
        if check is not None:
            self.assertEqual(done.returncode, check, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def test_a_foundation_without_root(self):
        self.addCleanup(self.run_as_user, "destroy", "--yes", "live-user", "--foundation", "live-user", check=None)
        self.assertIn("warning: the network policy is not enforced: an ordinary user runs this foundation", self.run_as_user("up").stderr)
        status = json.loads(self.run_as_user("status", "-o", "json").stdout)
        self.assertEqual(status["state"], "healthy")
        pids = [pid for c in status["components"] for m in c["members"] for pid in m["pids"]]
        self.assertTrue(pids)
        for pid in pids:
            self.assertEqual(pathlib.Path(f"/proc/{pid}").stat().st_uid, self.user.pw_uid)
        self.assertEqual(json.loads(self.run_as_user("plan", "-o", "json").stdout)["steps"], [])
        self.assertIn("nothing to do", self.run_as_user("up").stdout)
        self.assertEqual(self.run_as_user("connect", "redis", "--", "PING").stdout.strip(), "PONG")
        self.assert_verify_says_what_is_not_enforced()
        self.run_as_user("down")
        self.assertEqual(processes_of(self.user.pw_uid), [])
        self.assertNotIn("live-user", pathlib.Path("/etc/hosts").read_text())
        self.run_as_user("up")
        self.run_as_user("destroy", "--yes", "live-user", "--foundation", "live-user")
        self.assertEqual(processes_of(self.user.pw_uid), [])
        self.assertFalse((self.home / ".local/state/keelson/live-user").exists())

    def assert_verify_says_what_is_not_enforced(self):
        checks = json.loads(self.run_as_user("verify", "-o", "json", check=None).stdout)["checks"]
        states = {c["id"]: c["state"] for c in checks}
        self.assertNotIn("fail", states.values(), json.dumps(checks, indent=1))
        self.assertIn("skip", states.values())
        for check in ("AC-1", "NE-1"):
            self.assertEqual(states.get(check), "skip", json.dumps(states))
        self.assertEqual(json.loads(self.run_as_user("network", "show", "-o", "json").stdout)["state"], "not-asked")


def processes_of(uid):
    """All but those that only wait for their parent to hear of their end."""
    return [p.name for p in pathlib.Path("/proc").glob("[0-9]*") if owner(p) == uid and (p / "stat").read_text().rpartition(")")[2].split()[0] != "Z"]


def owner(path):
    try:
        return path.stat().st_uid
    except OSError:
        return None


def remove_user():
    try:
        uid = pwd.getpwnam(NAME).pw_uid
    except KeyError:
        return
    for pid in processes_of(uid):
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            pass
    subprocess.run(["userdel", NAME], capture_output=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
