"""What an engine of a test's own needs whatever it is: namespaces that end with the test, a folder, cgroups, and nothing left of a test that was killed.

The first process of new PID, mount and network namespaces ends when its standard input, whose other end the test holds, is closed; the kernel then
ends all others. Folder and cgroups of a test that was killed are removed by the next one.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lab"))
from obtaining import SKIPPED  # noqa: E402

NAMESPACES = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--net", "/bin/sh", "-c"]


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def make_folder(engine):
    """The test's own, under one for all tests with this engine, whence the folders of killed tests are removed first."""
    scratch = pathlib.Path(tempfile.gettempdir()) / f"keelson-live-{engine}"
    scratch.mkdir(mode=0o711, exist_ok=True)
    for left in scratch.glob("*-*"):
        if not pathlib.Path(f"/proc/{left.name.split('-')[0]}").exists():
            remove(left)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=scratch))
    folder.chmod(0o711)
    return folder


def cgroup(folder):
    """The name of the test's cgroup, the same in each hierarchy."""
    return f"{folder.parent.name}-{folder.name}"


def cgroups(folder):
    """Its directories, one in each hierarchy."""
    return [path for pattern in (cgroup(folder), f"*/{cgroup(folder)}") for path in pathlib.Path("/sys/fs/cgroup").glob(pattern)]


def thaw(folder):
    """What a test left paused does not even take a SIGKILL before it goes on."""
    for group in cgroups(folder):
        for file, word in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            for path in group.rglob(file):
                with contextlib.suppress(OSError):  # it is going already
                    path.write_text(word)


def remove(folder):
    """What is left of a test whose engine has ended: its folder and empty cgroups."""
    shutil.rmtree(folder, ignore_errors=True)
    thaw(folder)
    for group in cgroups(folder):
        for path, _, _ in os.walk(group, topdown=False):
            until(f"{path} is empty", 10, lambda path=path: gone(path))


def gone(cgroup_path):
    """Its last process may not be reaped yet."""
    try:
        os.rmdir(cgroup_path)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def first_process(unshare):
    """The pid, as seen from here, of the first process of the namespaces that `unshare` made."""
    return int(subprocess.run(["pgrep", "-P", str(unshare.pid)], capture_output=True, text=True, timeout=30).stdout.split()[0])


def until(what, seconds, condition):
    """Polls until `condition()` is true, and returns what it was; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while not (held := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return held
