"""What a cluster can do to `keelson up`. Each fault is real, and told with where, why and what next; it leaves nothing half done that hurts, and the next `up` after it is
mended converges.

What is changed by hand in what stands, another field manager's doing among it, and other foundations in the way: kubernetes_up_test.py.
"""

import base64
import contextlib
import json
import re
import subprocess
import time

from enclosed import until
from kubernetes_cluster import Cluster
from kubernetes_up_test import Foundation, LOOKED_AT, MINE

BLUEPRINT = "foundation: shop\nruntime: kubernetes\ncomponents:\n  redis: {{ members: {members}, memory: {memory}, storage: 64Mi }}\n"
FAILED, REFUSED, NOT_HEALTHY = 1, 4, 5
SOON = 60  # seconds: told long before a wait would have ended (240)
# x509 by the test cluster's authority that ended a day ago: `openssl req` gives none out.
EXPIRED = """
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /O=system:masters/CN=late -keyout late.key -out late.csr -config openssl.cnf
openssl x509 -req -in late.csr -CA ca.crt -CAkey ca.key -set_serial 7 -days -1 -out late.crt
"""


class Shop(Foundation):
    def write(self, members=1, memory="64Mi"):
        self.blueprint.write_text(BLUEPRINT.format(members=members, memory=memory))

    def up_words(self, *arguments):
        return ["up", "-f", str(self.blueprint), "--progress", "quiet", *arguments]

    def fails(self, code, *says, words=()):
        """`up` ends soon with this code; each of `says` is a pattern that one of its errors fits, and every error has a next step."""
        began = time.monotonic()
        done = self.run(*self.up_words(*words), check=False)
        took = time.monotonic() - began
        assert done.returncode == code, (done.returncode, done.stderr)
        assert took < SOON, f"told after {took:.0f} s only: {done.stderr}"
        for pattern in says:
            assert re.search(pattern, done.stderr), f"nothing like {pattern!r} in:\n{done.stderr}"
        told = [line for line in done.stderr.splitlines() if line.startswith("keelson: ") and " steps failed, " not in line]
        assert told and done.stderr.count("  next: ") == len(told), done.stderr
        return took

    def converges(self):
        _, seconds = self.up()
        done = self.run("status", "-o", "json", check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)
        until("there is nothing more to do", 60, lambda: self.plan() == [])
        return seconds

    def with_kubeconfig(self, text):
        path = self.cluster.folder / "another.kubeconfig"
        path.write_text(text)
        return dict(self.environment, KUBECONFIG=str(path))

    @contextlib.contextmanager
    def without_storage_class(self):
        known = json.loads(self.cluster.kubectl("get", "storageclass", "standard", "-o", "json"))
        self.cluster.kubectl("delete", "storageclass", "standard")
        yield
        known["metadata"] = {key: known["metadata"][key] for key in ("name", "annotations")}
        self.cluster.kubectl("create", "-f", "-", input=json.dumps(known))

    def set_quota(self, hard):
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", "namespace": "shop"}, "spec": {"hard": hard}}
        self.kubectl("apply", "-f", "-", input=json.dumps(quota))

    def nothing_is_made(self):
        assert "NotFound" in self.cluster.kubectl("get", "namespace", "shop", check=False)
        assert not (self.cluster.folder / "base/shop/kubernetes.json").exists()


def say(what, seconds, mended=None):
    print(f"{what}: told after {seconds:.1f} s" + ("" if mended is None else f"; mended, up took {mended:.1f} s"), flush=True)


def nobody_answers_at_the_address(shop):
    ours, text = shop.environment, shop.cluster.kubeconfig.read_text()
    assert ":6443" in text
    shop.environment = shop.with_kubeconfig(text.replace(":6443", ":6444"))
    took = shop.fails(REFUSED, r"no Kubernetes API server answers: .*:6444 was refused", r"next: .*kubectl cluster-info")
    shop.environment = ours
    shop.nothing_is_made()
    say("no server at the kubeconfig's address", took)


def the_kubeconfig_has_expired(shop):
    ours, pki = shop.environment, shop.cluster.folder / "pki"
    subprocess.run(["/bin/sh", "-ec", EXPIRED], cwd=pki, check=True, capture_output=True, timeout=30)
    late = json.loads(shop.cluster.kubeconfig.read_text())
    late["users"][0]["user"] = {f"client-{what}-data": base64.b64encode((pki / file).read_bytes()).decode() for what, file in (("certificate", "late.crt"), ("key", "late.key"))}
    shop.environment = shop.with_kubeconfig(json.dumps(late))
    took = shop.fails(REFUSED, r"does not take the credentials of the kubeconfig: .*Unauthorized", r"next: they may have expired: .*new kubeconfig")
    shop.environment = ours
    shop.nothing_is_made()
    say("the kubeconfig's certificate has expired", took)


def there_is_no_storage_class(shop):
    """Nothing has been made yet, so another choice stays open."""
    took = shop.fails(REFUSED, r"storage class: no volume can be made: nowhere is not there; there are: standard", r"next: --storage-class NAME",
                      words=["--storage-class", "nowhere"])
    shop.nothing_is_made()
    with shop.without_storage_class():
        shop.fails(REFUSED, r"no volume can be made: none is the default; the cluster has none", r"next: install a provisioner")
        shop.nothing_is_made()
    say("no storage class", took)


def the_node_has_no_image(shop):
    took = shop.fails(NOT_HEALTHY, r"redis-1: does not run: ErrImageNeverPull: .*keelson/redis:", r"next: on node node-1: ctr .*images import")
    assert "redis-1-0" in shop.kubectl("get", "pods", "-o", "name")
    shop.load_images()
    say("no image on the node", took, shop.converges())


def a_quota_is_exceeded(shop):
    """By a pod, which is refused after its set was taken, and by an object that is refused itself."""
    shop.run("down")
    shop.set_quota({"requests.memory": "80Mi"})
    took = shop.fails(NOT_HEALTHY, r"redis-1: the namespace's quota is exceeded: quota small: requested: requests\.memory=\w+, .*limited: requests\.memory=80Mi",
                      r"next: .*kubectl describe resourcequota")
    shop.set_quota({"requests.memory": "1Gi"})
    say("a quota of memory is exceeded", took, shop.converges())
    shop.run("down")
    shop.set_quota({"services": "1"})
    took = shop.fails(FAILED, r"services/\S+: the namespace's quota is exceeded: quota small: requested: services=1", r"next: .*kubectl describe resourcequota")
    assert "No resources found" in shop.kubectl("get", "statefulsets,pods", "-l", MINE, check=False), "nothing runs without its names"
    shop.kubectl("delete", "resourcequota", "small")
    say("a quota of Services is exceeded", took, shop.converges())


def the_server_stops_in_the_middle(shop):
    """For a moment: nobody notices. For longer than a call waits: it is told, and the next `up` goes on from there."""
    for paused in (4, 30):
        shop.run("down")
        up = subprocess.Popen(shop.cluster.enter(shop.words(*shop.up_words())), env=shop.cluster.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        until("it is at work", 60, lambda: "redis-1" in shop.kubectl("get", "configmaps,statefulsets", "-l", MINE, "-o", "name"))
        shop.cluster.signal("kube-apiserver", "STOP")
        began = time.monotonic()
        try:
            up.wait(paused)
        except subprocess.TimeoutExpired:
            pass
        told = time.monotonic() - began
        shop.cluster.signal("kube-apiserver", "CONT")
        _, complaint = up.communicate(timeout=300)
        told_so = up.returncode == REFUSED and "Kubernetes API server" in complaint and "next: " in complaint
        assert up.returncode == 0 or (paused > 10 and told_so), (up.returncode, complaint)
        until("the server answers", 60, lambda: shop.cluster.kubectl("get", "--raw", "/readyz", check=False).strip() == "ok")
        print(f"the server does not answer for {told:.1f} s: up ended with {up.returncode}; the next one took {shop.converges():.1f} s", flush=True)


def the_class_goes_while_it_stands(shop):
    """What stands keeps its volumes; what comes anew waits for one."""
    with shop.without_storage_class():
        assert shop.plan() == [], "what stands needs no class"
        shop.write(members=3)
        took = shop.fails(NOT_HEALTHY, r"redis-sentinel-1: no volume can be made: none is the default; the cluster has none", r"next: install a provisioner")
        assert shop.kubectl("get", "persistentvolumeclaim", "data-redis-sentinel-1-0", "-o", "jsonpath={.status.phase}") == "Pending"
    say("the storage class is gone, members are added", took, shop.converges())


def the_namespace_does_not_go(shop):
    """Somebody deleted it, and an object in it has a finalizer that nobody takes away."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": "shop", "finalizers": ["example.com/hold"]}}
    shop.kubectl("apply", "-f", "-", input=json.dumps(held))
    shop.cluster.kubectl("delete", "namespace", "shop", "--wait=false")
    conditions = ("get", "namespace", "shop", "-o", "jsonpath={.status.conditions}")
    until("only what is held is left", 120, lambda: "remaining: configmaps. has 1 resource instances\"" in shop.cluster.kubectl(*conditions))
    took = shop.fails(REFUSED, r"namespace/shop: the namespace shop is going away.*configmaps\. has 1 resource instances.*finalizers remaining: example\.com/hold",
                      r"next: .*kubectl --namespace shop get")
    assert "No resources found" in shop.kubectl("get", LOOKED_AT, "-l", MINE, check=False)
    shop.kubectl("patch", "configmap", "held", "--type=merge", "-p", json.dumps({"metadata": {"finalizers": None}}))
    until("it is gone", 60, lambda: "NotFound" in shop.cluster.kubectl("get", "namespace", "shop", check=False))
    shop.write(members=1)
    say("the namespace does not go", took, shop.converges())


def main():
    with Cluster() as cluster:
        shop = Shop(cluster)
        shop.write()
        for fault in (nobody_answers_at_the_address, the_kubeconfig_has_expired, there_is_no_storage_class, the_node_has_no_image, a_quota_is_exceeded,
                      the_server_stops_in_the_middle, the_class_goes_while_it_stands, the_namespace_does_not_go):
            fault(shop)
        shop.run("destroy", "--yes", "shop")
        assert "NotFound" in cluster.kubectl("get", "namespace", "shop", check=False)


if __name__ == "__main__":
    main()
