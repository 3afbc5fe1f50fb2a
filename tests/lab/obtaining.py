"""How a lab comes to be: programs from Debian's packages, unpacked and not installed, and from Go modules, pinned by go.sum, in a folder outside the clone.

A `Lab` says what is in it. `prepare` makes it where it is not there yet:

    ~/.cache/keelson/<lab>-<digest>/     $XDG_CACHE_HOME is respected; there whole or not at all
        bin/       for PATH
        root/      what Debian's packages hold

The digest is that of the lab as data: other comments, other functions need no other folder.
"""

import dataclasses
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
from collections.abc import Callable, Mapping

SKIPPED = 77  # ctest: SKIP_RETURN_CODE
EDITION = 1  # of this file and of what labs do in `finish`: one more when the same data gives another folder
# Unpacked programs need their libraries named. Only they: PATH is all that an environment gets, so that keelson runs in it as a user has it.
WRAPPER = """#!/bin/sh
root=${{0%/*}}/../root
export LD_LIBRARY_PATH="$root/{libraries}" XTABLES_LIBDIR="$root/{libraries}/xtables"
exec "$root"/{program} "$@"
"""


class Unavailable(Exception):
    """Why this machine cannot have it, in one line."""


@dataclasses.dataclass(frozen=True)
class GoProgram:
    what: str  # as people call it, with its version
    module: pathlib.Path  # the folder of go.mod and go.sum
    package: str  # what is built of it
    program: str  # its name in bin/
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)  # set by the linker: its version

    def data(self):
        return [self.package, self.program, dict(self.variables), {file.name: file.read_text() for file in sorted(self.module.iterdir())}]

    def go(self):
        """The oldest Go that builds it, such as "1.24.9"."""
        return re.search(r"^go (\S+)", (self.module / "go.mod").read_text(), re.MULTILINE).group(1)


@dataclasses.dataclass(frozen=True)
class Lab:
    name: str
    purpose: str  # what is skipped without it
    packages: tuple[str, ...]  # Debian's
    programs: Mapping[str, str]  # name in bin/: path and first arguments under root/
    go_programs: tuple[GoProgram, ...]
    finish: Callable  # (part, log): what more is made of it
    tried: tuple[str, ...]  # command lines that must succeed before the lab counts as made
    files: tuple[pathlib.Path, ...] = ()  # what `finish` reads

    def say(self, text):
        clear = "\r\033[K" if sys.stderr.isatty() else ""  # test.sh may have a moving line there
        print(f"{clear}{self.name} lab: {text}", file=sys.stderr, flush=True)

    def folder(self):
        data = [EDITION, WRAPPER, self.packages, dict(self.programs), [program.data() for program in self.go_programs], [file.read_text() for file in self.files]]
        digest = hashlib.sha256(repr(data).encode()).hexdigest()[:16]
        return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "keelson" / f"{self.name}-{digest}"


def numbers(version):
    """"go1.24.9" is [1, 24, 9], to be compared."""
    return [int(digits) for digits in re.findall(r"\d+", version)]


def pinned(module, pattern):
    """What a go.mod says about a version."""
    return re.search(pattern, (module / "go.mod").read_text(), re.MULTILINE).group(1)


def obstacle(lab):
    """Why the lab cannot be made here; None where it can."""
    if os.geteuid() != 0:
        return "an engine of one's own needs root"
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            return f"{program} is not here: the engine comes from Debian's packages"
    newest = max(lab.go_programs, key=lambda program: numbers(program.go()))
    needed = f"{newest.what} is built with go {newest.go()} or newer"
    if not shutil.which("go"):
        return f"go is not here: {needed}"
    here = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, timeout=30, env=dict(os.environ, GOTOOLCHAIN="local")).stdout.strip()
    if numbers(here) < numbers(newest.go()):
        return f"{here} is too old: {needed}"
    return None


def prepare(lab):
    """The lab's folder, made if need be; one process makes it, others wait for that. Raises Unavailable."""
    folder = lab.folder()
    if folder.exists():
        os.utime(folder)
        return folder
    why_not = obstacle(lab)
    if why_not:
        raise Unavailable(why_not)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{lab.name}.lock", "w") as lock, open(folder.parent / f"{lab.name}.log", "a") as log:
        take(lab, lock)
        if not folder.exists():
            make(lab, folder, log)
    return folder


def take(lab, lock):
    """The lock is released by the kernel with the process that holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lab.say("another run is making it, waiting")
        fcntl.flock(lock, fcntl.LOCK_EX)


def make(lab, folder, log):
    log.truncate(0)
    for left in folder.parent.glob(f"{lab.name}-*.part"):  # of a run that was killed
        shutil.rmtree(left)
    for other in folder.parent.glob(f"{lab.name}-*/"):  # of recipes that nobody has used for a month
        if time.time() - other.stat().st_mtime > 30 * 86400:
            shutil.rmtree(other)
    part = folder.with_suffix(".part")
    try:
        (part / "bin").mkdir(parents=True)
        timed(lab, "Debian's packages", unpack, lab, part, log)
        for program in lab.go_programs:
            timed(lab, f"{program.what} by Go", build, program, part, log)
        lab.finish(part, log)
        shutil.rmtree(part / "scratch")
        for line in lab.tried:
            program, *words = line.split()
            call([part / "bin" / program, *words], log)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def timed(lab, what, work, *arguments):
    lab.say(f"getting {what}")
    began = time.monotonic()
    work(*arguments)
    lab.say(f"{what}: {time.monotonic() - began:.1f} s")


def unpack(lab, part, log):
    packages, root = part / "scratch/packages", part / "root"
    packages.mkdir(parents=True)
    download = ["apt-get", "-q", "download", *lab.packages]
    with open(part.parent / "packages.lock", "w") as lock:  # two of `apt-get update`: one fails
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            call(download, log, cwd=packages)
        except RuntimeError:  # the machine's package lists may be absent or too old
            call(["apt-get", "-q", "update"], log)
            call(download, log, cwd=packages)
    for package in sorted(packages.glob("*.deb")):
        call(["dpkg-deb", "-x", package, root], log)
    shutil.rmtree(root / "usr/share")
    libraries = next(root.glob("usr/lib/*-linux-gnu")).relative_to(root)
    for name, program in lab.programs.items():
        wrapper = part / "bin" / name
        wrapper.write_text(WRAPPER.format(libraries=libraries, program=program))
        wrapper.chmod(0o755)


def build(program, part, log):
    scratch = part / "scratch/go"  # what a killed compiler leaves goes with it
    scratch.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, HOME=str(pathlib.Path.home()), CGO_ENABLED="0", GOTOOLCHAIN="local", GOWORK="off", GOFLAGS="-mod=readonly -trimpath -buildvcs=false",
                       GOTMPDIR=str(scratch))
    set_variables = [f"-X {name}={value}" for name, value in program.variables.items()]
    call(["go", "build", "-ldflags", " ".join(["-s -w", *set_variables]), "-o", part / "bin" / program.program, program.package], log, cwd=program.module, env=environment)


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


def main(lab, find):
    """What a lab's program does: `find` tells what is there, and makes it where it is not."""
    for number in (signal.SIGINT, signal.SIGTERM):  # so that what is half made is removed
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    try:
        found = find()
    except Unavailable as why:
        lab.say(f"none, the {lab.purpose} are skipped: {why}")
        return SKIPPED
    except RuntimeError as failure:
        lab.say(str(failure))
        return 1
    lab.say(f"{found}, ready in {time.monotonic() - began:.1f} s")
    return 0
