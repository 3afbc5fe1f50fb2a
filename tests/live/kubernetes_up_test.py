"""`keelson up --runtime kubernetes` on a real node: bring-up, nothing to do, promises, drift by hand, one member after another, kills, policies, down, destroy."""

import json
import os
import signal
import subprocess
import time

from enclosed import until
from kubernetes_cluster import BINARY, Cluster
from standing import Standing

BLUEPRINT = "foundation: shop\nruntime: kubernetes\ncomponents:\n  redis: {{ members: 3, memory: {memory}, storage: 64Mi }}\n"
POSTGRESQL = "  postgresql: { version: 15, members: 3, memory: 256Mi, storage: 1Gi, databases: [{ name: app, owner: app }] }\n"
LOOKED_AT = "statefulsets,services,configmaps,secrets,networkpolicies,poddisruptionbudgets,roles,rolebindings,serviceaccounts,pods"
MINE = "app.kubernetes.io/part-of=shop,app.kubernetes.io/managed-by=keelson"


class Foundation(Standing):
    def __init__(self, cluster):
        self.cluster = cluster
        self.blueprint = cluster.folder / "keelson.yaml"
        self.environment = {"KEELSON_BASE_DIR": str(cluster.folder / "base"), "KEELSON_ARTIFACT_DIR": os.environ.get("KEELSON_ARTIFACT_DIR", "/var/lib/keelson/artifacts")}

    def write(self, memory, with_postgresql=True):
        self.blueprint.write_text(BLUEPRINT.format(memory=memory) + (POSTGRESQL if with_postgresql else ""))

    def words(self, *arguments):
        return ["env", *(f"{name}={value}" for name, value in self.environment.items()), BINARY, *arguments]

    def run(self, *arguments, check=True, timeout=600):
        return self.cluster.run(*self.words(*arguments), check=check, timeout=timeout)

    def load_images(self):
        self.run("images", "build", "-f", str(self.blueprint))
        for archive in sorted((self.cluster.folder / "base/images").glob("*.tar")):
            self.cluster.load_image(archive)

    def roles(self, component):
        return {member["name"]: member["role"] for one in self.status()["components"] if one["name"] == component for member in one["members"]}

    def kubectl(self, *words, **more):
        return self.cluster.kubectl("--namespace", "shop", *words, **more)

    def redis(self, *words, check=True, pod="client"):
        """As an application does: a pod elsewhere, the endpoint's full name, the foundation's root, a password."""
        password = self.run("secret", "get", "redis/app", "--reveal").stdout.strip()
        return self.cluster.kubectl("exec", pod, "--", "/usr/bin/redis-cli", "-h", "redis-master.shop.svc.cluster.local", "--tls", "--cacert", "/trust/services.crt", "--user", "app", "-a", password, "--no-auth-warning",
                                    *words, check=check, timeout=40).strip()

    def add_client(self, name, labels, engine="redis", command=("/usr/bin/redis-server", "--port", "7000", "--save", ""), **files):
        """A pod of an engine's image with /trust/services.crt and what `files` has beside it."""
        given = {"services.crt": (self.cluster.folder / "base/shop/trust/services.crt").read_text(), **{file.replace("_py", ".py"): text for file, text in files.items()}}
        image = next(one["name"] for one in json.loads(self.run("images", "list", "-f", str(self.blueprint), "-o", "json").stdout)["images"] if engine in one["name"])
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
               "spec": {"terminationGracePeriodSeconds": 0, "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
                        "containers": [{"name": "client", "image": image, "imagePullPolicy": "Never", "command": list(command), "volumeMounts": [{"name": "trust", "mountPath": "/trust"}]}],
                        "volumes": [{"name": "trust", "configMap": {"name": name}}]}}
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": given}))
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps(pod))
        self.cluster.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")


def is_fit(foundation):
    """What `doctor` says of one small node, before anything stands there."""
    seen = {one["name"]: one for one in json.loads(foundation.run("doctor", "-f", str(foundation.blueprint), "-o", "json", check=False).stdout)["checks"]}
    states = {name: one["state"] for name, one in seen.items()}
    assert states == {"version": "ok", "rights": "ok", "nodes": "warn", "storage class": "ok", "quota": "ok", "network policy": "ok", "data": "ok"}, seen
    assert "3 members on fewer nodes" in seen["nodes"]["evidence"], seen["nodes"]
    until("the namespace it tried in is gone", 60, lambda: "keelson-doctor" not in foundation.cluster.kubectl("get", "namespaces", "-o", "name"))


def brings_up(foundation):
    foundation.write("64Mi")
    foundation.load_images()
    is_fit(foundation)
    said, seconds = foundation.up()
    assert "shop stands" in said, said
    print(f"up, images on the node: {seconds:.1f} s", flush=True)
    assert foundation.status()["state"] == "healthy"
    for component in ("redis", "postgresql"):
        until(f"one of {component} leads", 30, lambda: sorted(foundation.roles(component).values()) == ["primary", "replica", "replica"])
    said, seconds = foundation.up()
    assert "nothing to do" in said, said
    print(f"up again, nothing to do: {seconds * 1000:.0f} ms", flush=True)
    assert foundation.plan() == []


def is_restricted(foundation):
    """Pod Security `restricted` is enforced, and what runs has no more than it needs."""
    assert "restricted" in foundation.cluster.kubectl("get", "namespace", "shop", "-o", "jsonpath={.metadata.labels}")
    python = ["exec", "postgresql-1-0", "--", "/usr/bin/python3", "-c"]
    status = foundation.kubectl(*python, "print(open('/proc/1/status').read())")
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status
    assert "Read-only file system" in foundation.kubectl(*python, "open('/new', 'w')", check=False)
    assert "serviceaccount" not in foundation.kubectl("get", "pod", "redis-1-0", "-o", "json"), "no token where none is needed"
    assert foundation.kubectl("exec", "postgresql-1-0", "--", "psql", "-U", "postgres", "-d", "app", "-Atc", "select 1").strip() == "1", "as handbooks have it"


def keeps_its_promises(foundation):
    """Tried from inside the cluster, two of them by a drill; what is undone by hand is told."""
    for component in ("redis", "postgresql"):
        foundation.drill(component)
    results = {one["id"]: one for one in foundation.verify()}
    assert {one["state"] for one in results.values()} == {"pass"}, [one for one in results.values() if one["state"] != "pass"]
    assert "application of" in results["NE-1"]["evidence"], results["NE-1"]

    everything = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "everything", "namespace": "shop"},
                  "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}}
    foundation.kubectl("apply", "-f", "-", input=json.dumps(everything))
    foundation.cluster.kubectl("create", "clusterrolebinding", "by-mistake", "--clusterrole=cluster-admin", "--serviceaccount=shop:redis")
    done = foundation.run("verify", "--only", "NE-1,AC-1", "-o", "json", check=False)
    broken = {one["id"]: one for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 6 and {one["state"] for one in broken.values()} == {"fail"}, broken
    assert "is open, and no edge leads there" in broken["NE-1"]["evidence"] and "redis: clusterrolebinding/by-mistake gives cluster-admin" in broken["AC-1"]["evidence"], broken
    foundation.kubectl("delete", "networkpolicy", "everything")
    foundation.cluster.kubectl("delete", "clusterrolebinding", "by-mistake")
    foundation.run("verify", "--only", "NE-1,AC-1")
    until("no client's pod is left", 30, lambda: "keelson-client" not in foundation.kubectl("get", "pods,networkpolicies", "-o", "name"))
    print("promises are tried from inside; an open policy and a right too many are told", flush=True)


def can_be_changed_from_inside(foundation):
    """By a client in a pod of its own: a damage and its repair, a hand-over, a session of a person."""
    foundation.sabotage("RD-3")
    for component in ("redis", "postgresql"):
        foundation.switch_over(component)
    assert foundation.run("connect", "postgresql", "--", "-Atc", "select 6 * 7").stdout.strip() == "42"
    assert foundation.run("connect", "redis", "--", "PING").stdout.strip() == "PONG"
    assert foundation.run("connect", "postgresql", "--", "-Atc", "select 1 / 0", check=False).returncode == 1, "the client's own exit status"


def lets_only_labelled_clients_in(foundation):
    foundation.add_client("client", {"keelson.dev/uses.redis-master": "true"})
    foundation.add_client("stranger", {})
    assert foundation.redis("PING") == "PONG"
    try:
        said = foundation.redis("PING", check=False, pod="stranger")
        assert "PONG" not in said, said
    except subprocess.TimeoutExpired:
        pass  # what is dropped is not answered
    print("a pod with the endpoint's label gets in, one without does not", flush=True)


def mends_drift(foundation):
    foundation.kubectl("patch", "configmap", "redis-2", "--type=merge", "-p", json.dumps({"data": {"passwd": "root:x:0:0::/:/bin/sh\n"}}), "--field-manager=somebody")
    foundation.kubectl("patch", "service", "redis-master", "--type=merge", "-p", json.dumps({"spec": {"ports": [{"name": "redis", "port": 6379, "targetPort": 1}]}}), "--field-manager=somebody")
    steps = {step["id"]: step["reason"] for step in foundation.plan()}
    assert set(steps) == {"configure redis-2", "restart redis-2", "render"}, steps
    assert "passwd (by somebody) was changed by hand" in steps["configure redis-2"], steps
    assert "services/redis-master" in steps["render"] and "somebody" in steps["render"], steps
    chain = foundation.why("redis-2")
    assert chain[-1].startswith("redis-2: ") and "passwd (by somebody) was changed by hand" in chain[-1], chain
    foundation.up()
    until("there is nothing to explain", 60, lambda: foundation.why("redis-master") == [])
    assert {row["state"] for row in json.loads(foundation.run("cert", "list", "-o", "json").stdout)["certificates"]} == {"ok"}
    assert foundation.plan() == []

    foundation.kubectl("delete", "secret", "redis-3")
    assert "missing: Secret" in {step["id"]: step["reason"] for step in foundation.plan()}["configure redis-3"]
    foundation.up()
    assert foundation.plan() == []
    print("a field changed by hand is told with its owner; it and a deleted Secret are mended", flush=True)


def changes_one_after_another(foundation):
    assert foundation.redis("SET", "key", "one") == "OK"
    foundation.write("96Mi")
    restarts = [step for step in foundation.plan() if step["id"] in ("restart redis-1", "restart redis-2", "restart redis-3")]
    assert len(restarts) == 3 and restarts[0]["id"] in restarts[1]["after"] and restarts[1]["id"] in restarts[2]["after"], restarts
    foundation.up()
    until("there is nothing more to do", 60, lambda: foundation.plan() == [])  # a replica may just be following another master
    until("what was written is there", 60, lambda: foundation.redis("GET", "key", check=False) == "one")
    print("a changed setting starts one member after another anew; nothing is lost", flush=True)


def survives_a_deleted_pod(foundation):
    """It ends in good order: Patroni gives the leader key up, and who has the log takes it. One that is back before anybody took it may lead again."""
    leader = next(name for name, role in foundation.roles("postgresql").items() if role == "primary")
    before = foundation.kubectl("get", "pod", f"{leader}-0", "-o", "jsonpath={.metadata.uid}")
    foundation.kubectl("delete", "pod", f"{leader}-0")
    until("its pod is another one", 60, lambda: foundation.kubectl("get", "pod", f"{leader}-0", "-o", "jsonpath={.metadata.uid}", check=False) not in ("", before))
    until("one member leads, and all serve", 120, lambda: sorted(foundation.roles("postgresql").values()) == ["primary", "replica", "replica"] and foundation.status()["state"] == "healthy")
    after = next(name for name, role in foundation.roles("postgresql").items() if role == "primary")
    print(f"the pod of PostgreSQL's leader {leader} deleted: {after} leads", flush=True)


def leaves_other_foundations_alone(foundation):
    other = dict(foundation.environment, KEELSON_BASE_DIR=str(foundation.cluster.folder / "other"))
    done = foundation.cluster.run("env", *(f"{name}={value}" for name, value in other.items()), BINARY, "up", "-f", str(foundation.blueprint), check=False)
    assert done.returncode == 4 and "another foundation of this name" in done.stderr and "--namespace-prefix" in done.stderr, done.stderr


def leaves_the_namespaces_of_others_alone(foundation):
    """One of this name with a prefix, and one that somebody made by hand."""
    foundation.cluster.kubectl("create", "namespace", "team-shop")
    foundation.cluster.kubectl("label", "namespace", "team-shop", "app.kubernetes.io/part-of=shop", "app.kubernetes.io/managed-by=keelson", "keelson.dev/owner=somebody")
    assert foundation.plan() == []
    foundation.cluster.kubectl("create", "namespace", "mine-shop")
    other = dict(foundation.environment, KEELSON_BASE_DIR=str(foundation.cluster.folder / "other"))
    for prefix, told in (("team-", "another foundation of this name"), ("mine-", "exists already")):
        done = foundation.cluster.run("env", *(f"{name}={value}" for name, value in other.items()), BINARY, "up", "-f", str(foundation.blueprint), "--namespace-prefix", prefix, check=False)
        assert done.returncode == 4 and told in done.stderr, done.stderr


def refuses(foundation):
    done = foundation.run("up", "-f", str(foundation.blueprint), "--runtime", "native", check=False)
    assert done.returncode == 4 and "stands on runtime kubernetes" in done.stderr, done.stderr
    done = foundation.run("up", "-f", str(foundation.blueprint), "--namespace-prefix", "my-", check=False)
    assert done.returncode == 4 and "--namespace-prefix" in done.stderr, done.stderr
    for words in (["drill", "pause", "redis"], ["events"]):
        done = foundation.run(*words, check=False)
        assert done.returncode != 0 and "ubernetes" in done.stderr, (words, done.stderr)


def tells_a_server_that_is_gone(foundation):
    foundation.cluster.signal("kube-apiserver", "STOP")
    try:
        done = foundation.run("status", check=False)
        assert done.returncode == 4, (done.returncode, done.stderr)
    finally:
        foundation.cluster.signal("kube-apiserver", "CONT")
    until("healthy", 120, lambda: foundation.status()["state"] == "healthy")


def goes_down_and_comes_back(foundation):
    foundation.run("down")
    assert "No resources found" in foundation.kubectl("get", LOOKED_AT, "-l", MINE, check=False)
    assert foundation.kubectl("get", "persistentvolumeclaims", "-o", "name").count("data-postgresql-") == 3
    foundation.run("down")  # again: nothing to do
    killed = subprocess.Popen(foundation.cluster.enter(foundation.words("up", "-f", str(foundation.blueprint), "--progress", "quiet")), env=foundation.cluster.environment, stdin=subprocess.DEVNULL)
    time.sleep(4)
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    foundation.up()
    foundation.has_nothing_to_do()
    until("what was written is there", 60, lambda: foundation.redis("GET", "key") == "one")
    print("down leaves only volumes; an up killed in the middle is finished by the next; the data is there", flush=True)
    foundation.write("96Mi", with_postgresql=False)
    foundation.up()
    assert "postgresql" not in foundation.kubectl("get", LOOKED_AT, "-l", MINE, "-o", "name")
    foundation.run("destroy", "--yes", "shop")
    assert "NotFound" in foundation.cluster.kubectl("get", "namespace", "shop", check=False)
    assert not (foundation.cluster.folder / "base/shop").exists()


def main():
    with Cluster() as cluster:
        foundation = Foundation(cluster)
        brings_up(foundation)
        is_restricted(foundation)
        keeps_its_promises(foundation)
        can_be_changed_from_inside(foundation)
        lets_only_labelled_clients_in(foundation)
        mends_drift(foundation)
        changes_one_after_another(foundation)
        survives_a_deleted_pod(foundation)
        leaves_other_foundations_alone(foundation)
        leaves_the_namespaces_of_others_alone(foundation)
        refuses(foundation)
        tells_a_server_that_is_gone(foundation)
        goes_down_and_comes_back(foundation)


if __name__ == "__main__":
    main()
