#!/usr/bin/env python3
"""Runs one case: a folder with a command and what it must print.

    run.py KEELSON CASE [--update]

cmd             shell text; `keelson` is the program under test
expected.out    standard output, exactly (absent: nothing may be printed, unless out.has exists)
expected.err    standard error, exactly (absent: nothing may be printed, unless err.has exists)
out.has         lines, each of which must occur somewhere in standard output
err.has         the same for standard error
expected.exit   the exit code (absent: 0)
Everything else in the folder is copied to the directory the command runs in.

No case starts an engine, so none may leave anything behind: a case fails when the state, base or home directory of its
private world holds a file afterwards. Times and the private directory are masked before comparing.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
OWN = {"cmd", "expected.out", "expected.err", "expected.exit", "out.has", "err.has"}


def masked(data: bytes, world: str) -> str:
    return TIME.sub("<time>", data.decode("utf-8", "replace").replace(world, "<world>"))


def run(program: pathlib.Path, case: pathlib.Path, world: pathlib.Path):
    for name in ("bin", "work", "home", "state", "base"):
        (world / name).mkdir()
    (world / "bin" / "keelson").symlink_to(program)
    for entry in case.iterdir():
        if entry.name not in OWN:
            shutil.copy(entry, world / "work" / entry.name)
    environment = {
        "PATH": f"{world}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(world / "home"),
        "XDG_STATE_HOME": str(world / "state"),
        "KEELSON_BASE_DIR": str(world / "base"),
    }
    done = subprocess.run(["/bin/bash", "-c", (case / "cmd").read_text()], cwd=world / "work", env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    left = [str(path.relative_to(world)) for name in ("home", "state", "base") for path in (world / name).rglob("*")]
    return masked(done.stdout, str(world)), masked(done.stderr, str(world)), done.returncode, left


def problems_of(case: pathlib.Path, out: str, err: str, code: int, left: list) -> list:
    problems = []
    wanted = int((case / "expected.exit").read_text()) if (case / "expected.exit").exists() else 0
    if code != wanted:
        problems.append(f"exit code {code}, expected {wanted}")
    for name, text in (("out", out), ("err", err)):
        exact, has = case / f"expected.{name}", case / f"{name}.has"
        if has.exists():
            problems += [f"std{name} lacks: {line}" for line in has.read_text().splitlines() if line and line not in text]
        elif text != (exact.read_text() if exact.exists() else ""):
            problems.append(f"std{name} is not what expected.{name} says")
    if left:
        problems.append("left behind: " + ", ".join(left))
    return problems


def update(case: pathlib.Path, out: str, err: str, code: int) -> None:
    for name, text in (("out", out), ("err", err)):
        path = case / f"expected.{name}"
        if (case / f"{name}.has").exists():
            continue
        if text:
            path.write_text(text)
        else:
            path.unlink(missing_ok=True)
    if code:
        (case / "expected.exit").write_text(f"{code}\n")


def main() -> int:
    program, case = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="keelson-case-") as world:
        out, err, code, left = run(program, case, pathlib.Path(world))
    if "--update" in sys.argv[3:]:
        update(case, out, err, code)
    problems = problems_of(case, out, err, code, left)
    if not problems:
        return 0
    print(f"{case.name}: " + "; ".join(problems))
    print(f"--- stdout\n{out}--- stderr\n{err}--- exit {code}")
    return 1


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
