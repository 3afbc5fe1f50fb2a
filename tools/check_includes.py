#!/usr/bin/env python3
"""House rules that a compiler does not check. Prints file:line: offence; exits 1 when there is one.

1. Include direction: a room of src/ includes only rooms below it (design: base < system < ... < main), written from
   src/ ("base/result.h"). Rooms of one level do not include each other, nor do the rooms inside components/ and
   runtime/; a file directly in such a folder (the catalog) may include the rooms inside it.
2. A file has fewer than 800 lines (JSON is data, often generated, and may have more; so may generated pages and golden files).
3. No file names a path that exists on one developer's machine only.
"""

import pathlib
import re
import sys

LEVELS = [
    ["base"], ["system"], ["async"], ["protocol"], ["component"], ["blueprint"], ["model"],
    ["components", "plan", "security", "artifact", "state", "telemetry"],
    ["supervision"], ["runtime"], ["client"], ["apply", "verify", "operate"],
    ["pipeline"], ["console", "cli"], ["main.cpp"],
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
HOUSES = ("components", "runtime")  # rooms that consist of rooms
MAX_LINES = 800
GENERATED = ("docs/reference/cli.md", "docs/reference/settings.md")  # by tools/generate_docs.py: a page is as long as what it tells
CHECKED = ("src", "tests", "bench", "tools", "cmake", "blueprints", "docs", "packaging", ".ci")
TEXT = {".cpp", ".h", ".py", ".sh", ".cmake", ".txt", ".md", ".yaml", ".yml", ".json", ".conf", ".cfg", ".ini", ".sql", ""}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
# Written in two halves so that this file does not offend against its own rule.
HOST_PATH = re.compile(r"(?<![\w.}$/-])/(?:wor" + r"k|roo" + r"t|hom" + r"e/[a-z]\w*)/")


def inner_room(parts):
    """("components", "redis", "x.h") -> "redis"; "" for a file directly in the house or in a plain room."""
    return parts[1] if parts[0] in HOUSES and len(parts) > 2 else ""


def check_include(source, included, root):
    """Why `source` (relative to src/) may not include `included`, or None."""
    here, there = pathlib.PurePath(source).parts, pathlib.PurePath(included).parts
    if len(there) == 1:
        if included.endswith("_conf.h"):  # generated from the room's own conf/ by keelson_room
            return None
        return f'"{included}" is not written from src/'
    if not (root / "src" / included).is_file():
        return f'"{included}" does not exist under src/'
    if here[0] not in LEVEL:
        return f'"{here[0]}" is not a room of the design: give it a level in tools/check_includes.py'
    if there[0] not in LEVEL:
        return f'"{there[0]}" is not a room of the design: give it a level in tools/check_includes.py'
    if here[0] != there[0]:
        if LEVEL[there[0]] >= LEVEL[here[0]]:
            return f"room {here[0]} includes {included}: {there[0]} is not below it"
        return None
    mine, other = inner_room(here), inner_room(there)
    if mine and other and mine != other:
        return f"room {here[0]}/{mine} includes its sibling {there[0]}/{other}"
    return None


def check_file(path, root):
    """Yields (line, offence)."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return  # binary test inputs have no lines
    relative = path.relative_to(root)
    if len(lines) >= MAX_LINES and path.suffix != ".json" and "testdata" not in relative.parts and relative.as_posix() not in GENERATED:
        yield MAX_LINES, f"{len(lines)} lines: split it before {MAX_LINES}"
    in_room = relative.parts[0] == "src" and path.suffix in (".h", ".cpp")
    for number, line in enumerate(lines, 1):
        if found := HOST_PATH.search(line):
            yield number, f"names a path of one machine: {found.group(0)}"
        if in_room and (found := INCLUDE.match(line)):
            if offence := check_include(relative.relative_to("src").as_posix(), found.group(1), root):
                yield number, offence


def files_of(root):
    for folder in CHECKED:
        yield from sorted(p for p in (root / folder).rglob("*") if p.is_file() and p.suffix in TEXT
                          and "__pycache__" not in p.parts)
    yield from sorted(p for p in root.iterdir() if p.is_file() and p.suffix in TEXT and p.name not in ("LICENSE", ".git"))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    offences = checked = 0
    for path in files_of(root):
        if path.is_symlink():
            continue
        checked += 1
        for line, offence in check_file(path, root):
            print(f"{path.relative_to(root)}:{line}: {offence}")
            offences += 1
    print(f"{checked} files checked, {offences} offences", file=sys.stderr)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
