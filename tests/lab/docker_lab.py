#!/usr/bin/env python3
"""Docker for the Compose tests, obtained without installing it, once for each content of this recipe, outside the clone.

    tests/lab/docker_lab.py      makes it where it is not there yet; says why where it cannot (exit code 77)

Debian's engine (dockerd 20.10) is fetched by `apt-get download`, so that apt has checked it against Debian's signed index, and only unpacked: no service
starts, nothing on the machine changes. Debian 12 packages no Compose v2: it is built from Go modules, each pinned by compose/go.sum.

    ~/.cache/keelson/docker-<digest>/     $XDG_CACHE_HOME is respected; there whole or not at all
        bin/       for PATH
        config/    for DOCKER_CONFIG: `docker compose` finds its plugin, and nobody's own contexts and credentials are read
        root/      what Debian's packages hold
"""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

SKIPPED = 77  # ctest: SKIP_RETURN_CODE
COMPOSE = pathlib.Path(__file__).resolve().parent / "compose"
RECIPE = (pathlib.Path(__file__), COMPOSE / "go.mod", COMPOSE / "go.sum")
# The engine, and those libraries of it that not every Debian has.
PACKAGES = ("docker.io", "containerd", "runc", "tini", "iptables", "libdevmapper1.02.1", "libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3",
            "libnfnetlink0", "libnftnl11", "libxtables12")
PROGRAMS = {
    "dockerd": "usr/sbin/dockerd",
    "docker": "usr/bin/docker",
    "docker-proxy": "usr/sbin/docker-proxy",
    "containerd": "usr/bin/containerd",
    "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
    "runc": "usr/sbin/runc",
    "iptables": "usr/sbin/xtables-nft-multi iptables",
    "ip6tables": "usr/sbin/xtables-nft-multi ip6tables",
}
# Unpacked programs need their libraries named. Only they: PATH is all that an environment gets, so that keelson runs in it as a user has it.
WRAPPER = """#!/bin/sh
root=${{0%/*}}/../root
export LD_LIBRARY_PATH="$root/{libraries}" XTABLES_LIBDIR="$root/{libraries}/xtables"
exec "$root"/{program} "$@"
"""


class Unavailable(Exception):
    """Why this machine cannot have it, in one line."""


def say(text):
    clear = "\r\033[K" if sys.stderr.isatty() else ""  # test.sh may have a moving line there
    print(f"{clear}docker lab: {text}", file=sys.stderr, flush=True)


def environment():
    """An environment with dockerd, docker and Compose v2 in it: the machine's own, else the lab's, made where it is not there yet. Raises Unavailable."""
    if all(shutil.which(program) for program in ("dockerd", "containerd", "docker", "iptables")) and compose_command(os.environ):
        return dict(os.environ)
    lab = prepare()
    return dict(os.environ, PATH=f"{lab / 'bin'}:{os.environ['PATH']}", DOCKER_CONFIG=str(lab / "config"))


def compose_command(environment):
    """`docker compose` or a docker-compose of its own, version 2 or newer; None without."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0], path=environment["PATH"]):
            told = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, timeout=30, env=environment)
            if told.returncode == 0 and numbers(told.stdout)[:1] >= [2]:
                return words
    return None


def numbers(version):
    """"go1.24.9" is [1, 24, 9], to be compared."""
    return [int(digits) for digits in re.findall(r"\d+", version)]


def pinned(pattern):
    return re.search(pattern, (COMPOSE / "go.mod").read_text(), re.MULTILINE).group(1)


def obstacle():
    """Why the lab cannot be made here; None where it can."""
    if os.geteuid() != 0:
        return "an engine of one's own needs root"
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            return f"{program} is not here: the engine comes from Debian's packages"
    needed = pinned(r"^go (\S+)")
    if not shutil.which("go"):
        return f"go is not here: Docker Compose v2 is built with go {needed} or newer"
    here = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, timeout=30, env=dict(os.environ, GOTOOLCHAIN="local")).stdout.strip()
    if numbers(here) < numbers(needed):
        return f"{here} is too old: Docker Compose v2 is built with go {needed} or newer"
    return None


def prepare():
    """The lab's folder, made if need be; one process makes it, others wait for that. Raises Unavailable."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in RECIPE if file.exists())).hexdigest()[:16]
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "keelson" / f"docker-{digest}"
    if folder.exists():
        os.utime(folder)
        return folder
    why_not = obstacle()
    if why_not:
        raise Unavailable(why_not)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "docker.lock", "w") as lock, open(folder.parent / "docker.log", "a") as log:
        take(lock)
        if not folder.exists():
            make(folder, log)
    return folder


def take(lock):
    """The lock is released by the kernel with the process that holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another run is making it, waiting")
        fcntl.flock(lock, fcntl.LOCK_EX)


def make(folder, log):
    log.truncate(0)
    for left in folder.parent.glob("docker-*.part"):  # of a run that was killed
        shutil.rmtree(left)
    for other in folder.parent.glob("docker-*/"):  # of recipes that nobody has used for a month
        if time.time() - other.stat().st_mtime > 30 * 86400:
            shutil.rmtree(other)
    part = folder.with_suffix(".part")
    try:
        part.mkdir()
        timed("Debian's engine", unpack_engine, part, log)
        timed(f"Docker Compose {pinned(r'docker/compose/v2 (v[0-9.]+)')} by Go", build_compose, part, log)
        shutil.rmtree(part / "scratch")
        for program in ("dockerd", "containerd", "runc", "docker", "docker-compose", "docker-init", "iptables"):
            call([part / "bin" / program, "version" if program == "docker-compose" else "--version"], log)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def timed(what, work, *arguments):
    say(f"getting {what}")
    began = time.monotonic()
    work(*arguments)
    say(f"{what}: {time.monotonic() - began:.1f} s")


def unpack_engine(part, log):
    packages, root, bin_folder = part / "scratch/packages", part / "root", part / "bin"
    packages.mkdir(parents=True)
    bin_folder.mkdir()
    download = ["apt-get", "-q", "download", *PACKAGES]
    try:
        call(download, log, cwd=packages)
    except RuntimeError:  # the machine's package lists may be absent or too old
        call(["apt-get", "-q", "update"], log)
        call(download, log, cwd=packages)
    for package in sorted(packages.glob("*.deb")):
        call(["dpkg-deb", "-x", package, root], log)
    shutil.rmtree(root / "usr/share")
    libraries = next(root.glob("usr/lib/*-linux-gnu")).relative_to(root)
    for name, program in PROGRAMS.items():
        wrapper = bin_folder / name
        wrapper.write_text(WRAPPER.format(libraries=libraries, program=program))
        wrapper.chmod(0o755)
    (bin_folder / "docker-init").symlink_to("../root/usr/bin/tini-static")  # mounted into containers: static, and no script


def build_compose(part, log):
    scratch = part / "scratch/go"  # what a killed compiler leaves goes with it
    scratch.mkdir(parents=True)
    version = pinned(r"docker/compose/v2 (v[0-9.]+)")
    environment = dict(os.environ, HOME=str(pathlib.Path.home()), CGO_ENABLED="0", GOTOOLCHAIN="local", GOWORK="off", GOFLAGS="-mod=readonly -trimpath -buildvcs=false",
                       GOTMPDIR=str(scratch))
    call(["go", "build", "-ldflags", f"-s -w -X github.com/docker/compose/v2/internal.Version={version}", "-o", part / "bin/docker-compose",
          "github.com/docker/compose/v2/cmd"], log, cwd=COMPOSE, env=environment)
    plugins = part / "config/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to("../../bin/docker-compose")


def call(words, log, **more):
    """Runs a command that ends with this process, however that ends; RuntimeError with the log's last lines when it fails."""
    words = [str(word) for word in words]
    print("$", *words, file=log, flush=True)
    with subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **more) as child:
        try:
            status = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    if status != 0:
        last = pathlib.Path(log.name).read_text(errors="replace").splitlines()[-15:]
        raise RuntimeError("\n".join([f"{words[0]} {words[1]}: exit {status} (all of it: {log.name})", *last]))


def main():
    for number in (signal.SIGINT, signal.SIGTERM):  # so that what is half made is removed
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    try:
        found = shutil.which("dockerd", path=environment()["PATH"])
    except Unavailable as why:
        say(f"none, the Compose tests are skipped: {why}")
        return SKIPPED
    except RuntimeError as failure:
        say(str(failure))
        return 1
    say(f"{found}, ready in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
