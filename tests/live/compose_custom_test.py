"""The example of docs/guide/02-your-application.md, unchanged, on a real Docker engine: a program of one's own in an image without keelson, and a balancer in another."""

import functools
import json
import os
import pathlib

from docker_engine import BINARY, ROOT, Engine, first_process
from other_machine import HERE, NAMED, STRANGER, OtherMachine, is_greeted
from own_image import own_image
from standing import Standing

SHOP = ROOT / "blueprints/examples/shop.yaml"
ARTIFACTS = pathlib.Path(os.environ.get("KEELSON_ARTIFACT_DIR", "/var/lib/keelson/artifacts"))
KEPT = "/keelson/data/kept"
PUBLISH = f"""publish:
  - {{ endpoint: postgresql-primary, at: "127.0.0.1:5432" }}
  - {{ endpoint: postgresql-primary, at: "0.0.0.0:5433", from: [{NAMED}] }}
"""


class Foundation(Standing):
    blueprint = SHOP

    def __init__(self, engine):
        self.engine = engine
        self.engine.environment["KEELSON_RUNTIME"] = "compose"
        self.over = engine.folder / "over.yaml"  # once it is there, laid over the example

    def run(self, *arguments, check=True, timeout=400):
        over = ["-f", str(self.over)] if "-f" in arguments and self.over.exists() else []
        return self.engine.run("nsenter", f"--net=/proc/{first_process(self.engine.process)}/ns/net", "--", BINARY, *arguments, *over, check=check, timeout=timeout)

    def address(self, instance, network="members"):
        networks = json.loads(self.engine.run("docker", "inspect", f"shop-{instance}-1", "--format", "{{json .NetworkSettings.Networks}}").stdout)
        return networks[f"shop_{instance.rsplit('-', 1)[0]}.{network}"]["IPAddress"]

    def order(self, *words):
        """As guide 2 does it: over TLS, and the certificate must be the program's."""
        root = self.engine.folder / "base/shop/trust/services.crt"
        place = f"orders-1.shop.internal:8443:{self.address('orders-1')}"
        return json.loads(self.engine.network("curl", "--silent", "--show-error", "--max-time", "10", "--cacert", str(root), "--resolve", place, *words, "https://orders-1.shop.internal:8443/orders").stdout)

    def items(self):
        return self.run("connect", "postgresql", "--foundation", "shop", "--", "-Atc", "SELECT item FROM orders ORDER BY id").stdout.split("\n")[:-1]

    def python(self, text):
        return self.run("exec", "orders-1", "--foundation", "shop", "--", "/usr/bin/python3", "-c", text).stdout.strip()

    def image_of(self, instance):
        return self.engine.run("docker", "inspect", f"shop-{instance}-1", "--format", "{{.Config.Image}}").stdout.strip()


def has_images_of_its_own(foundation):
    built = json.loads(foundation.run("images", "build", "-f", str(SHOP), "-o", "json").stdout)["images"]
    archive = {image["name"].split(":")[0].split("/")[1]: image["archive"] for image in built}
    assert set(archive) == {"postgresql", "etcd", "haproxy"}, archive
    folder = foundation.engine.folder
    program = (ROOT / "blueprints/examples/shop.py").read_text()
    shop = own_image(archive["postgresql"], folder / "shop.tar", "shop/orders:1", {"opt/shop/shop.py": (0o755, program), "keelson/data/": (0o1777, None)})
    balancer = (ARTIFACTS / "haproxy-2.6/usr/sbin/haproxy").read_bytes()
    elsewhere = own_image(archive["haproxy"], folder / "haproxy.tar", "elsewhere/haproxy:2.6", {"usr/sbin/.wh.haproxy": (0o644, ""), "usr/local/sbin/haproxy": (0o755, balancer)})
    for image in (shop, elsewhere):
        foundation.engine.run("docker", "load", "--quiet", "--input", str(image))


def stands(foundation):
    said, seconds = foundation.up()
    assert "shop stands" in said, said
    assert foundation.status()["state"] == "healthy", foundation.status()
    assert foundation.image_of("orders-1") == "shop/orders:1"
    print(f"up: {seconds:.1f} s", flush=True)
    assert foundation.plan() == []


def serves(foundation):
    assert foundation.order("--data", "two lamps") == {"order": 1}
    assert foundation.order() == {"orders": 1}
    assert foundation.items() == ["two lamps"]
    assert foundation.python(f"import os; open('{KEPT}', 'w').write(str(os.getuid())); print(os.path.exists('/usr/bin/keelson'))") == "False"
    print("what was ordered from a program in an image without keelson is in PostgreSQL, over verified TLS both ways", flush=True)


def proves(foundation):
    results = json.loads(foundation.run("verify", "--foundation", "shop", "-o", "json", check=False).stdout)["checks"]
    states = {result["id"]: result["state"] for result in results}
    assert "fail" not in states.values(), [result for result in results if result["state"] == "fail"]
    told = next(result for result in results if result["id"] == "NE-1")
    assert told["state"] == "unproven" and "orders-1" in json.dumps(told), told
    print("verify: " + ", ".join(f"{name} {state}" for name, state in states.items() if state != "skip"), flush=True)


def takes_a_balancer_of_others(foundation):
    foundation.over.write_text("images: { haproxy: \"elsewhere/haproxy:2.6\" }\n")
    steps = foundation.plan()
    assert [step["id"] for step in steps if step["id"].startswith(("start", "restart"))] == ["restart postgresql-endpoints-1"], steps
    foundation.up()
    assert foundation.plan() == []
    assert foundation.image_of("postgresql-endpoints-1") == "elsewhere/haproxy:2.6"
    assert foundation.order("--data", "a chair") == {"order": 2}
    print("a balancer in an image of others, its program elsewhere on PATH, serves", flush=True)


def publishes(foundation):
    engine = foundation.engine
    with OtherMachine(engine.network, engine.run) as other:
        foundation.over.write_text(foundation.over.read_text() + PUBLISH)
        foundation.up()
        assert foundation.plan() == []
        on_the_host = functools.partial(engine.network, check=False)
        assert is_greeted(on_the_host, "127.0.0.1", 5432), "a place on 127.0.0.1 is everybody's on this machine"
        assert other.is_greeted(HERE, 5433, NAMED), "from names it"
        assert not other.is_greeted(HERE, 5433, STRANGER), "from does not name it"
        assert not is_greeted(on_the_host, "127.0.0.1", 5433), "nor this machine"
        balancer = foundation.address("postgresql-endpoints-1", "published")
        assert other.is_greeted(balancer, 20001, NAMED), "else the next refusals prove nothing"
        for port in (20000, 20001):
            assert not other.is_greeted(balancer, port, STRANGER), "a neighbour that routes past the engine's forwarding"
    sheet = foundation.run("access", "--foundation", "shop").stdout
    assert f"published 127.0.0.1:5432 from 127.0.0.0/8, 0.0.0.0:5433 from {NAMED}" in sheet, sheet
    proves(foundation)
    print("published places take whom `from` names, over a wire and on this machine, and nobody else", flush=True)


def keeps_its_data(foundation):
    foundation.run("down", "--foundation", "shop")
    foundation.up()
    assert foundation.items() == ["two lamps", "a chair"]
    assert foundation.python(f"import os; print(open('{KEPT}').read() == str(os.getuid()) != '0')") == "True"
    foundation.run("destroy", "--foundation", "shop", "--yes", "shop")
    assert not foundation.engine.run("docker", "volume", "ls", "-q").stdout.strip()


def main():
    with Engine() as engine:
        foundation = Foundation(engine)
        has_images_of_its_own(foundation)
        stands(foundation)
        serves(foundation)
        proves(foundation)
        takes_a_balancer_of_others(foundation)
        publishes(foundation)
        keeps_its_data(foundation)


if __name__ == "__main__":
    main()
