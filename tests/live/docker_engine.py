"""A Docker engine of a test's own.

    with Engine() as engine:
        engine.run("docker", "ps")                       a program that reaches the engine: docker, docker compose, keelson
        engine.run(*engine.compose, "up", cwd=folder)    Compose v2
        engine.network("curl", "http://10.1.2.3")        the same on the engine's host, whence its containers are reached

dockerd runs in namespaces of its own (enclosed.py) and keeps all it has under the test's folder. Where the machine cannot have an engine the test is skipped, and
says why.
"""

import json
import os
import subprocess
import time

from enclosed import NAMESPACES, ROOT, cgroup, first_process, make_folder, remove, skip, thaw, until  # noqa: F401

import docker_lab  # where it is: enclosed.py
from obtaining import Unavailable

BINARY = os.environ.get("KEELSON_BINARY", str(ROOT / "build/release/keelson"))
# The engine's first process: it ends when dockerd does, and when the test, which holds the other end of its standard input, is gone.
# Docker and containerd make things in /run and /opt, `mount` without -n does in /run.
INSIDE = """
mount -n -t tmpfs tmpfs /run && mount -n -t tmpfs tmpfs /opt && ip link set lo up && echo 1 >/proc/sys/net/ipv4/ip_forward || exit
exec 3<&0
(cat <&3 >/dev/null; kill -KILL -1) &
dockerd --config-file={folder}/daemon.json --data-root={folder}/data --exec-root={folder}/exec --pidfile={folder}/pid -H unix://{folder}/docker.sock \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent=/{cgroup} --oom-score-adjust=0 --ip6tables=false
exit $?
"""


class Engine:
    """Use as a context manager. `folder`: the test's own, gone with the engine, and keelson's base directory in it; `environment`: with which docker and Compose reach it; `compose`: words of Compose v2."""

    def __init__(self):
        try:
            self.environment = docker_lab.environment()
        except Unavailable as why:
            skip(why)
        self.compose = docker_lab.compose_command(self.environment)
        # What an engine cannot do without. Where the machine has it, an engine that does not start is a failure.
        tried = self.run(*NAMESPACES, "mount -n -t tmpfs tmpfs /run && ip link set lo up && iptables -t nat -S", check=False)
        if tried.returncode != 0:
            skip(f"no namespaces or no NAT for an engine here: {tried.stderr.strip()[-400:]}")
        self.folder = make_folder("docker")
        self.environment["DOCKER_HOST"] = f"unix://{self.folder}/docker.sock"
        # What keelson keeps beside a state directory (keys, images) goes with the test; the engines that it fetched stay.
        self.environment.setdefault("KEELSON_ARTIFACT_DIR", "/var/lib/keelson/artifacts")
        self.environment["KEELSON_BASE_DIR"] = str(self.folder / "base")

    def __enter__(self):
        self.log = open(self.folder / "dockerd.log", "w")
        # Else the engine's identity goes to /etc/docker of the machine, and settings are read from there.
        (self.folder / "daemon.json").write_text(json.dumps({"deprecated-key-path": f"{self.folder}/key.json"}))
        inside = INSIDE.format(folder=self.folder, cgroup=cgroup(self.folder))
        self.process = subprocess.Popen([*NAMESPACES, inside], stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT, env=self.environment)
        try:
            deadline = time.monotonic() + 60
            while self.run("docker", "version", check=False).returncode != 0:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError("dockerd does not start: " + (self.folder / "dockerd.log").read_text()[-2000:])
                time.sleep(0.1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        thaw(self.folder)
        self.process.wait(60)
        self.log.close()
        remove(self.folder)

    def run(self, *words, check=True, cwd=None, timeout=180):
        """Runs a program with the engine's environment; AssertionError with what it said if it fails, unless `check` is False."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, cwd=cwd, env=self.environment)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def host(self, *words, check=True):
        """Runs among the processes of the engine's host, as it numbers them."""
        return self.run("nsenter", "--target", str(first_process(self.process)), "--pid", "--mount", "--", *words, check=check)

    def network(self, *words, check=True):
        """Runs on the engine's host, as somebody who sits on it."""
        return self.run("nsenter", f"--net=/proc/{first_process(self.process)}/ns/net", "--", *words, check=check)
