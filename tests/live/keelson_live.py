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
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KEELSON_BINARY", str(ROOT / "build/release/keelson"))
SCRATCH = pathlib.Path(tempfile.gettempdir()) / "keelson-live"


def small(name):
    """A blueprint with what can fail over: PostgreSQL and Redis, three members each, as small as they go."""
    return f"""
foundation: {name}
components:
  postgresql: {{ version: 15, members: 3, memory: 256Mi, storage: 1Gi, databases: [{{ name: app, owner: app }}] }}
  redis: {{ members: 3, memory: 64Mi }}
"""


class Foundation:
    """One foundation, from blueprint text. Use as a context manager: leaving it destroys the foundation."""

    def __init__(self, name, blueprint, profile=None):
        self.name = name
        self.profile = profile
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

    def command(self, *arguments, file=None):
        """The command line of keelson with this foundation's state directory; what follows "--" stays last."""
        own = ["--state-dir", str(self.state)]
        if arguments[0] in ("up", "plan"):
            own += ["-f", str(file or self.file)] + (["--profile", self.profile] if self.profile else [])
        cut = arguments.index("--") if "--" in arguments else len(arguments)
        return [BINARY, *arguments[:cut], *own, *arguments[cut:]]

    def run(self, *arguments, file=None, check=None, timeout=300, text_input=None):
        """Runs keelson. `check`: the exit code it must have (None = any)."""
        command = self.command(*arguments, file=file)
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, input=text_input, cwd=self.folder)
        if check is not None and done.returncode != check:
            logs = self.logs() if check == 0 else ""
            raise AssertionError(f"{' '.join(command)}\nexit {done.returncode}, not {check}\n--- out\n{done.stdout[-4000:]}\n--- err\n{done.stderr[-6000:]}\n{logs}")
        return done

    def json(self, *arguments, check=None):
        return json.loads(self.run(*arguments, "-o", "json", check=check).stdout)

    def up(self, check=0):
        return self.run("up", "--progress", "plain", check=check)

    def plan(self):
        return self.json("plan", check=0)["steps"]

    def members(self, component=None):
        """Members as `status` tells them: name, role, state, address, pids."""
        return [m for c in self.json("status")["components"] if component in (None, c["name"]) for m in c["members"]]

    def member(self, name):
        return next(m for m in self.members() if m["name"] == name)

    def primary(self, component):
        """Name of the one primary; None while there is none, or more than one."""
        names = [m["name"] for m in self.members(component) if m["role"] == "primary"]
        return names[0] if len(names) == 1 else None

    def healthy(self):
        return self.run("status").returncode == 0

    def pids(self):
        """Every process of the foundation, by member."""
        return {m["name"]: m["pids"] for m in self.members()}

    def starts(self):
        """When each instance was started and how often again: equal before and after = nothing was restarted."""
        return {i["name"]: (i["started_at"], i["restarts"]) for i in self.json("ps")["instances"]}

    def endpoint(self, name):
        return next(e for e in self.json("status")["endpoints"] if e["name"] == name)

    def block(self):
        """The foundation's addresses: "127.77.3."."""
        return self.members()[0]["address"].rsplit(".", 1)[0] + "."

    def secret(self, name):
        return self.run("secret", "get", name, "--reveal", check=0).stdout.rstrip("\n")

    def trust(self, domain):
        return self.state / f"trust/{domain}.crt"

    def agent_pid(self):
        """The supervising agent of this state directory; None when there is none."""
        done = subprocess.run(["pgrep", "-f", f"keelson agent .*{self.state}"], capture_output=True, text=True)
        return next((int(p) for p in done.stdout.split()), None)

    def processes(self):
        """Every process that says this foundation's folder on its command line (agent, guardian, log writer, engines)."""
        done = subprocess.run(["pgrep", "-f", str(self.state)], capture_output=True, text=True)
        return [int(p) for p in done.stdout.split()]

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


def sockets(state):
    """(local, remote, inode) of every TCP socket over IPv4 in a state of /proc/net/tcp; places are (address, port)."""
    def place(text):
        raw, port = text.split(":")
        return ".".join(str(int(raw[i:i + 2], 16)) for i in (6, 4, 2, 0)), int(port, 16)

    lines = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [(place(line[1]), place(line[2]), line[9]) for line in lines if line[3] == state]


def listeners(block):
    """(address, port) of every TCP listener inside a block such as "127.77.3."."""
    return {local for local, _, _ in sockets("0A") if local[0].startswith(block)}


def connections(pid):
    """(address, port) of whom a process is connected to at this moment."""
    own = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            own.add(os.readlink(fd).removeprefix("socket:[").rstrip("]"))
        except FileNotFoundError:
            pass  # closed since it was listed
    return {remote for _, remote, inode in sockets("01") if inode in own}


class Redis:
    """A Redis client of a few lines: TLS, verified against the foundation's root, one user."""

    def __init__(self, foundation, address, user="app", port=6379):
        context = ssl.create_default_context(cafile=foundation.trust("services"))
        self.socket = context.wrap_socket(socket.create_connection((address, port), 5), server_hostname=address)
        self.reader = self.socket.makefile("rb")
        self("AUTH", user, foundation.secret(f"redis/{user}"))

    def __call__(self, *command):
        words = [str(word).encode() for word in command]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        if not line:
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2].decode()

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def cgroup_of(block):
    """Cgroup folders of the foundation that has this block: its number names them."""
    number = block.split(".")[2]
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if " - cgroup" in line]
    return [f"{mount}/keelson/{number}" for mount in mounts if pathlib.Path(f"{mount}/keelson/{number}").exists()]


def memory_limit(block, instance):
    """The limit the kernel holds an instance to, in bytes; None where it holds none."""
    for mount in (line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if " - cgroup" in line):
        for name in ("memory.max", "memory.limit_in_bytes"):
            file = pathlib.Path(f"{mount}/keelson/{block.split('.')[2]}/{instance}/{name}")
            if file.exists():
                return int(file.read_text())
    return None


def artifact(name):
    """The folder of an engine's artifact, as the program keeps it."""
    base = os.environ.get("KEELSON_ARTIFACT_DIR") or os.environ.get("KEELSON_BASE_DIR", "/var/lib/keelson") + "/artifacts"
    return pathlib.Path(base) / name


def run_from_artifact(name, program, *arguments, before=()):
    """Starts an engine's program by hand, as somebody who knows nothing of keelson."""
    tree = artifact(name)
    libraries = ":".join(str(tree / d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": libraries, "LANG": "C.UTF-8"}
    return subprocess.Popen([*before, str(tree / program), *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
