"""One unchanged blueprint on each runtime: brought up, its leaders killed by drills, every check made to fail and then tried; then `keelson parity` finds no gap.

With KEELSON_KEEP_REPORTS=DIR the reports are kept there, without what passed: docs/parity, of which the README's table is made.
"""

import json
import os
import pathlib
import tempfile

import compose_up_test
import keelson_live
import kubernetes_up_test
from docker_engine import Engine
from kubernetes_cluster import Cluster
from standing import Standing

BLUEPRINT = keelson_live.small("shop")


class Native(Standing):
    def __init__(self, foundation):
        self.foundation = foundation
        self.blueprint = foundation.file

    def run(self, *arguments, check=True, timeout=600):
        arguments = tuple(word for word in arguments if word not in ("-f", str(self.blueprint)))
        return self.foundation.run(*arguments, check=0 if check else None, timeout=timeout)


def report(foundation, runtime):
    foundation.blueprint.write_text(BLUEPRINT)
    _, seconds = foundation.up("--runtime", runtime)
    print(f"{runtime}: up in {seconds:.1f} s", flush=True)
    for component in ("redis", "postgresql"):
        foundation.drill(component)
    foundation.sabotage()
    return json.loads(foundation.run("verify", "-o", "json", check=False).stdout)


def reports():
    with keelson_live.Foundation("shop", BLUEPRINT) as foundation:
        yield report(Native(foundation), "native")
    with Engine() as engine:
        foundation = compose_up_test.Foundation(engine, engine.folder)
        yield report(foundation, "compose")
        foundation.run("destroy", "--yes", "shop")
    with Cluster() as cluster:
        foundation = kubernetes_up_test.Foundation(cluster)
        foundation.blueprint.write_text(BLUEPRINT)
        foundation.run("images", "build", "-f", str(foundation.blueprint))
        for archive in sorted((cluster.folder / "base/images").glob("*.tar")):
            cluster.load_image(archive)
        yield report(foundation, "kubernetes")


def kept(report):
    """What a reader is to know: of what passed, that it did."""
    checks = [{"id": one["id"], "state": one["state"], "evidence": "" if one["state"] == "pass" else one["evidence"]} for one in report["checks"]]
    return {name: report[name] for name in ("schema", "observed_at", "foundation", "runtime")} | {"checks": checks}


def main():
    folder = pathlib.Path(os.environ.get("KEELSON_KEEP_REPORTS") or tempfile.mkdtemp(prefix="keelson-parity-"))
    paths = []
    for one in reports():
        paths.append(folder / f"{one['runtime']}.json")
        paths[-1].write_text(json.dumps(kept(one), indent=1) + "\n")
    parity = json.loads(keelson_live.subprocess.run([keelson_live.BINARY, "parity", *map(str, paths), "-o", "json"], check=True, capture_output=True, text=True).stdout)
    assert [runtime["name"] for runtime in parity["runtimes"]] == ["native", "compose", "kubernetes"], parity["runtimes"]
    gaps = [(promise["id"], name, cell) for promise in parity["promises"] for name, cell in promise["runtimes"].items() if cell["kept"] not in ("kept", "not applicable")]
    assert not gaps, gaps
    print(f"{len(parity['promises'])} promises on three runtimes: no gap", flush=True)


if __name__ == "__main__":
    main()
