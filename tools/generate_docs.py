#!/usr/bin/env python3
"""Writes the reference pages whose facts live in the program, or says which of them are out of date.

    tools/generate_docs.py build/release/keelson            writes docs/reference/{blueprint.schema.json,settings.md,cli.md}, and README.md's table of promises
    tools/generate_docs.py --check build/release/keelson    writes nothing; exits 1 and shows the difference when a page is old
"""

import difflib
import json
import pathlib
import subprocess
import sys

REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "reference"
README = REFERENCE.parent.parent / "README.md"
APPLIES = {
    "live": "at once",
    "reload": "the member reads its files again",
    "restart": "the member restarts",
    "rebuild": "not on a foundation that stands",
}


def ask(binary, *arguments):
    return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def size(bytes_):
    for unit, factor in (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
        if bytes_ >= factor and bytes_ % factor == 0:
            return f"{bytes_ // factor}{unit}"
    return str(bytes_)


def bound(row, value):
    return size(value) if row["type"].startswith("size") else str(value)


def value_of(row):
    parts = [row["type"]]
    if "minimum" in row:
        parts.append(f"at least {bound(row, row['minimum'])}")
    if "maximum" in row:
        parts.append(f"at most {bound(row, row['maximum'])}")
    return ", ".join(parts)


def default_of(row):
    if row["required"]:
        return "required"
    return f"`{row['default']}`" if "default" in row else "-"


def rows(settings, prefix=""):
    for row in settings:
        path = prefix + row["name"]
        yield f"| `{path}` | {cell(value_of(row))} | {cell(default_of(row))} | {cell(row['doc'])} | {APPLIES[row['applies']]} |"
        inner = path + ("[]." if row["type"] == "list" else ".")
        yield from rows(row.get("fields", []), inner)


def kind_section(kind):
    lines = [f"## {kind['name']}", "", cell(kind["summary"]) + "."]
    if not kind["in_blueprint"]:
        lines += ["", "It comes with other components; a blueprint does not name it."]
    if kind["ports"]:
        lines += ["", "| port | name | what for |", "|---|---|---|"]
        lines += [f"| {port['number']} | {port['name']} | {cell(port['purpose'])} |" for port in kind["ports"]]
    if kind["settings"]:
        lines += ["", "| setting | value | default | meaning | a change counts |", "|---|---|---|---|---|", *rows(kind["settings"])]
    return "\n".join(lines) + "\n"


def settings_page(binary):
    names = [line.split()[0] for line in ask(binary, "explain").splitlines() if line.strip()]
    kinds = [json.loads(ask(binary, "explain", name, "-o", "json"))["kind"] for name in names]
    head = """# Settings

This page is generated from the program (`tools/generate_docs.py`): what `keelson explain KIND` says, for every kind.
`x[].y` is field `y` of each entry of list `x`. For editors there is the [JSON Schema](blueprint.schema.json): the first line of
a blueprint, `# yaml-language-server: $schema=PATH`, names it.

An entry of `components` has the kind of its name, unless it says `kind:`.
"""
    return head + "\n" + "\n".join(kind_section(kind) for kind in kinds)


def schema_page(binary):
    text = ask(binary, "schema")
    json.loads(text)  # a schema that is no JSON must not be committed
    return text if text.endswith("\n") else text + "\n"


def pages(binary):
    yield REFERENCE / "blueprint.schema.json", schema_page(binary)
    yield REFERENCE / "settings.md", settings_page(binary)
    yield REFERENCE / "cli.md", ask(binary, "reference")
    yield README, readme(binary)


BEGIN, END = "<!-- parity: written by tools/generate_docs.py from docs/parity -->", "<!-- parity: end -->"


def readme(binary):
    """With the table of which runtime keeps which promise, of the reports that tests/live/parity_test.py left."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN, 1)
    reports = sorted(map(str, README.parent.glob("docs/parity/*.json")))
    return before + BEGIN + "\n\n" + ask(binary, "parity", "--markdown", *reports) + "\n" + END + rest.split(END, 1)[1]


def difference(path, wanted):
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(difflib.unified_diff(present.splitlines(), wanted.splitlines(), str(path), "what the program says", lineterm=""))


def main(arguments):
    check = "--check" in arguments
    binaries = [argument for argument in arguments if not argument.startswith("--")]
    if len(binaries) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    old = 0
    for path, wanted in pages(binaries[0]):
        if check:
            lines = difference(path, wanted)
            if lines:
                old += 1
                print("\n".join(lines[:40]))
        else:
            path.write_text(wanted, encoding="utf-8")
    if old:
        print(f"{old} page(s) are out of date. Next: {sys.argv[0]} {binaries[0]}, then commit them.", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
