"""What live tests share: a foundation of their own, brought up by the real program and cleaned up whatever happens.

A test's foundation has a state directory of its own under a temporary folder; addresses, users and cgroups come from the
host registry, so that tests run beside each other and beside a demo. Nothing here sleeps: waits poll a condition with a
deadline. A run that was killed is cleaned up by the next one (see sweep).
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KEELSON_BINARY", str(ROOT / "build/release/keelson"))
SCRATCH = pathlib.Path(tempfile.gettempdir()) / "keelson-live"


class Foundation:
    """One foundation, from blueprint text. Use as a context manager: leaving it destroys the foundation."""

    def __init__(self, name, blueprint):
        self.name = name
        SCRATCH.mkdir(mode=0o711, exist_ok=True)
        SCRATCH.chmod(0o711)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SCRATCH))
        self.folder.chmod(0o711)
        self.state = self.folder / "s"
        self.file = self.folder / "keelson.yaml"
        self.write(blueprint)

    def write(self, blueprint):
        self.file.write_text(blueprint)

    def __enter__(self):
        atexit.register(self.destroy)
        return self

    def __exit__(self, *_):
        self.destroy()
        atexit.unregister(self.destroy)

    def run(self, *arguments, file=None, check=None, timeout=300, text_input=None):
        """keelson with this foundation's state directory. `check`: the exit code it must have (None = any)."""
        command = [BINARY, *arguments, "--state-dir", str(self.state)]
        if file is None and arguments[0] in ("up", "plan", "apply"):
            file = self.file
        if file is not None:
            command += ["-f", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, input=text_input, cwd=self.folder)
        if check is not None and done.returncode != check:
            raise AssertionError(f"{' '.join(command)}\nexit {done.returncode}, not {check}\n--- out\n{done.stdout[-4000:]}\n--- err\n{done.stderr[-6000:]}\n{self.logs() if check == 0 else ''}")
        return done

    def json(self, *arguments, check=None):
        return json.loads(self.run(*arguments, "-o", "json", check=check).stdout)

    def up(self, check=0):
        return self.run("up", "--progress", "plain", check=check)

    def pids(self):
        """Every process of the foundation, by member, as `status` says."""
        return {m["name"]: m["pids"] for c in self.json("status")["components"] for m in c["members"]}

    def logs(self):
        """The last lines of each log, for a failed assertion."""
        out = []
        for path in sorted((self.state / "log").glob("*.log")) + sorted((self.state / "agent").glob("*.log")):
            lines = path.read_bytes()[-1500:].decode(errors="replace")
            out.append(f"--- {path.name}\n{lines}")
        return "\n".join(out)

    def destroy(self):
        if self.state.exists():
            subprocess.run([BINARY, "destroy", "--yes", self.name, "--state-dir", str(self.state)], capture_output=True, timeout=120)
        if self.state.exists():
            print(f"destroy left {self.state}", file=sys.stderr)
            return
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep():
    """Destroys what a killed run left: folders whose test process is gone."""
    if not SCRATCH.exists():
        return
    for folder in SCRATCH.iterdir():
        owner = folder.name.split("-")[0]
        if owner.isdigit() and pathlib.Path(f"/proc/{owner}").exists():
            continue
        state = folder / "s"
        if (state / "applied.json").exists():
            applied = json.loads((state / "applied.json").read_text())
            name = next((line.split(":", 1)[1].split("#")[0].strip() for line in applied["sources"][0]["text"].splitlines() if line.startswith("foundation:")), "")
            subprocess.run([BINARY, "destroy", "--yes", name, "--state-dir", str(state)], capture_output=True, timeout=120)
        if not state.exists():
            shutil.rmtree(folder, ignore_errors=True)


def until(condition, seconds, what):
    """Polls until `condition()` is true; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def listeners(block):
    """(address, port) of every TCP listener inside a block such as "127.77.3."."""
    out = set()
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        if state != "0A":
            continue
        raw, port = local.split(":")
        address = ".".join(str(int(raw[i:i + 2], 16)) for i in (6, 4, 2, 0))
        if address.startswith(block):
            out.add((address, int(port, 16)))
    return out
