"""The example of docs/guide/02-your-application.md, unchanged, on a real node: a program of one's own in an image without keelson."""

import json
import os

from enclosed import ROOT
from kubernetes_cluster import BINARY, Cluster
from own_image import own_image
from standing import Standing

SHOP = ROOT / "blueprints/examples/shop.yaml"
KEPT = "/keelson/data/kept"
# As a client with the foundation's root: it believes the program's certificate or says nothing.
CLIENT = """
import json, os, ssl, sys, urllib.request
context = ssl.create_default_context(cafile=os.environ["KEELSON_CA"])
body = sys.argv[1].encode() if len(sys.argv) > 1 else None
print(urllib.request.urlopen("https://orders-1.shop.svc.cluster.local:8443/orders", data=body, timeout=10, context=context).read().decode())
"""


class Foundation(Standing):
    blueprint = SHOP

    def __init__(self, cluster):
        self.cluster = cluster
        self.environment = {"KEELSON_BASE_DIR": str(cluster.folder / "base"), "KEELSON_ARTIFACT_DIR": os.environ.get("KEELSON_ARTIFACT_DIR", "/var/lib/keelson/artifacts"),
                            "KEELSON_RUNTIME": "kubernetes"}

    def run(self, *arguments, check=True, timeout=600):
        return self.cluster.run("env", *(f"{name}={value}" for name, value in self.environment.items()), BINARY, *arguments, check=check, timeout=timeout)

    def kubectl(self, *words, **more):
        return self.cluster.kubectl("--namespace", "shop", *words, **more)

    def python(self, *words):
        return self.kubectl("exec", "orders-1-0", "--", "/usr/bin/python3", "-c", *words).strip()

    def items(self):
        return self.kubectl("exec", "postgresql-1-0", "--", "psql", "-U", "postgres", "-d", "shop", "-Atc", "SELECT item FROM orders ORDER BY id").split("\n")[:-1]


def stands(foundation):
    built = json.loads(foundation.run("images", "build", "-f", str(SHOP), "-o", "json").stdout)["images"]
    archive = {image["name"].split(":")[0].split("/")[1]: image["archive"] for image in built}
    assert set(archive) == {"postgresql", "haproxy"}, archive
    program = (ROOT / "blueprints/examples/shop.py").read_text()
    shop = own_image(archive["postgresql"], foundation.cluster.folder / "shop.tar", "shop/orders:1", {"opt/shop/shop.py": (0o755, program)})
    for image in (*archive.values(), shop):
        foundation.cluster.load_image(image)
    said, seconds = foundation.up()
    assert "shop stands" in said, said
    print(f"up, images on the node: {seconds:.1f} s", flush=True)
    assert foundation.status()["state"] == "healthy", foundation.status()
    assert foundation.plan() == []


def serves(foundation):
    assert json.loads(foundation.python(CLIENT, "two lamps")) == {"order": 1}
    assert foundation.items() == ["two lamps"]
    status = foundation.python("print(open('/proc/1/status').read())")
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
    assert foundation.python(f"import os; open('{KEPT}', 'w').write('it'); print(os.path.exists('/usr/bin/keelson'))") == "False"
    print("what was ordered from a program in an image without keelson is in PostgreSQL, over verified TLS both ways", flush=True)


def may_do_what_its_edges_say(foundation):
    """It uses the endpoint; the member behind it is none of its business."""
    connect = "import socket; socket.create_connection(('{}.shop.svc.cluster.local', 5432), 3); print('open')"
    assert foundation.python(connect.format("postgresql-primary")) == "open"
    assert "open" not in foundation.kubectl("exec", "orders-1-0", "--", "/usr/bin/python3", "-c", connect.format("postgresql-1"), check=False)


def keeps_its_data(foundation):
    foundation.run("down", "--foundation", "shop")
    foundation.up()
    assert foundation.items() == ["two lamps"]
    assert foundation.python(f"print(open('{KEPT}').read())") == "it"
    foundation.run("destroy", "--foundation", "shop", "--yes", "shop")
    assert "NotFound" in foundation.cluster.kubectl("get", "namespace", "shop", check=False)


def main():
    with Cluster() as cluster:
        foundation = Foundation(cluster)
        stands(foundation)
        serves(foundation)
        may_do_what_its_edges_say(foundation)
        keeps_its_data(foundation)


if __name__ == "__main__":
    main()
