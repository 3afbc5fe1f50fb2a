"""The example of docs/guide/02-your-application.md, unchanged, on a real node: a program of one's own in an image without keelson."""

import json
import os

from enclosed import ROOT, until
from kubernetes_cluster import BINARY, Cluster
from other_machine import NAMED, STRANGER, OtherMachine
from own_image import own_image
from standing import Standing

SHOP = ROOT / "blueprints/examples/shop.yaml"
KEPT = "/keelson/data/kept"
BALANCED = "198.51.100.10"
PUBLISH = f"""publish:
  - {{ endpoint: postgresql-primary, at: "127.0.0.1:5432" }}
  - {{ endpoint: postgresql-primary, at: "0.0.0.0:5433", from: [{NAMED}] }}
"""
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
        self.over = cluster.folder / "over.yaml"  # once it is there, laid over the example
        self.environment = {"KEELSON_BASE_DIR": str(cluster.folder / "base"), "KEELSON_ARTIFACT_DIR": os.environ.get("KEELSON_ARTIFACT_DIR", "/var/lib/keelson/artifacts"),
                            "KEELSON_RUNTIME": "kubernetes"}

    def run(self, *arguments, check=True, timeout=600):
        over = ["-f", str(self.over)] if "-f" in arguments and self.over.exists() else []
        return self.cluster.run("env", *(f"{name}={value}" for name, value in self.environment.items()), BINARY, *arguments, *over, check=check, timeout=timeout)

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


def publishes(foundation):
    """The cluster has no load balancer: the test says in its place which address the Service has, and kube-proxy and the policies do the rest."""
    with OtherMachine(foundation.cluster.run, lambda *words, **more: foundation.cluster.call(words, **more)) as other:
        foundation.over.write_text(PUBLISH)
        foundation.up()
        given = {"status": {"loadBalancer": {"ingress": [{"ip": BALANCED}]}}}
        foundation.kubectl("patch", "service", "postgresql-primary-published", "--subresource=status", "--type=merge", "-p", json.dumps(given))
        assert foundation.plan() == [], "what the cluster says is not drift"
        until("it is led to the balancer", 20, lambda: other.is_greeted(BALANCED, 5433, NAMED))
        assert not other.is_greeted(BALANCED, 5433, STRANGER), "from does not name it"
        pod = foundation.kubectl("get", "pod", "postgresql-endpoints-1-0", "-o", "jsonpath={.status.podIP}")
        assert other.is_greeted(pod, 5432, NAMED), "else the next refusal proves nothing"
        assert not other.is_greeted(pod, 5432, STRANGER), "a neighbour that routes past the Service: the policy refuses"
    sheet = foundation.run("access", "--foundation", "shop").stdout
    assert f"0.0.0.0:5433 from {NAMED} (service postgresql-primary-published)" in sheet and "port-forward --address 127.0.0.1 service/postgresql-primary 5432:5432" in sheet, sheet
    foundation.over.unlink()
    foundation.up()
    assert "NotFound" in foundation.kubectl("get", "service", "postgresql-primary-published", check=False)
    print("a published endpoint takes whom `from` names, by the Service and past it", flush=True)


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
        publishes(foundation)
        keeps_its_data(foundation)


if __name__ == "__main__":
    main()
