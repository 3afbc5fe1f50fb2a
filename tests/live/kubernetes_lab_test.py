"""The test cluster itself (kubernetes_cluster.py): what keelson's tests on Kubernetes rely on holds, and what it must refuse it refuses."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import kubernetes_cluster
from enclosed import cgroup, remove, until
from kubernetes_cluster import Cluster

import image_archive  # where it is: enclosed.py

BUSYBOX = "keelson.test/busybox:1"
UNPRIVILEGED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def pod(name, *command, labels=None, namespace="shop", container=None, zone=1, **spec):
    main = {"name": "main", "image": BUSYBOX, "imagePullPolicy": "Never", "command": command or ["sleep", "100000"], "securityContext": UNPRIVILEGED} | (container or {})
    user = {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}} | spec.pop("securityContext", {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name} | (labels or {})},
            "spec": {"terminationGracePeriodSeconds": 1, "securityContext": user, "containers": [main],
                     "nodeSelector": {"topology.kubernetes.io/zone": f"zone-{zone}"}} | spec}


def server(name, **more):
    ports = [{"name": "web", "containerPort": 8080}, {"name": "other", "containerPort": 8081}]
    probe = {"httpGet": {"path": "/name", "port": "web"}, "periodSeconds": 1}
    words = f"echo {name} >/tmp/name; httpd -p 8081 -h /tmp; exec httpd -f -p 8080 -h /tmp"
    return pod(name, "sh", "-c", words, container={"ports": ports, "readinessProbe": probe}, **more)


def service(name, namespace="shop", **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": {"ports": [{"port": 80, "targetPort": "web"}]} | spec}


def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def policy(name, selector, namespace="shop", **spec):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": selector} | spec}


class Site:
    """Words for what the tests do to the cluster."""

    def __init__(self, cluster):
        self.cluster = cluster

    def apply(self, *objects):
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def delete(self, *objects):
        self.cluster.kubectl("delete", "--wait=true", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def ready(self, *pods, namespace="shop"):
        self.cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "--timeout=60s", *(f"pod/{name}" for name in pods))

    def execute(self, pod, *words, namespace="shop", check=True):
        return self.cluster.kubectl("-n", namespace, "exec", pod, "--", *words, check=check)

    def reaches(self, client, place, namespace="shop"):
        """Whether the page at host:port comes within a second. Not by wget's own -T: Debian's static busybox crashes then."""
        return self.cluster.run("kubectl", "-n", namespace, "exec", client, "--", "timeout", "1", "wget", "-qO-", f"http://{place}/name", check=False).returncode == 0

    def address(self, pod, namespace="shop"):
        return self.cluster.kubectl("-n", namespace, "get", "pod", pod, "-o", "jsonpath={.status.podIP}")

    def api_answers(self, client):
        """The node, where the API server is: it answers 400 to what is not TLS."""
        return "400 Bad Request" in self.execute(client, "timeout", "1", "wget", "-qO-", "http://kubernetes.default.svc.cluster.local:443/", check=False)

    def expect(self, client, place, reached, namespace="shop"):
        """Soon: the rules follow the API in some tenths of a second."""
        until(f"{client} {'reaches' if reached else 'no longer reaches'} {place}", 5, lambda: self.reaches(client, place, namespace) == reached)


def test_a_pod_runs_and_its_service_has_a_name(site):
    site.apply(namespace("shop"), namespace("market", team="market"))
    site.apply(server("web"), server("other"), pod("client", labels={"tier": "front"}, zone=2), pod("stranger"), service("web", selector={"app": "web"}),
               service("headless", clusterIP="None", selector={"app": "other"}), pod("buyer", namespace="market", zone=2))
    site.apply(server("named", hostname="named-0", subdomain="headless", labels={"app": "other"}))
    site.ready("web", "other", "client", "stranger", "named")
    site.ready("buyer", namespace="market")
    until("the Service answers", 5, lambda: site.reaches("client", "web"))
    for name in ("web.shop", "web.shop.svc.cluster.local", "headless:8080", "named-0.headless.shop.svc.cluster.local:8080"):
        until(f"{name} answers", 5, lambda name=name: site.reaches("client", name))
    assert not site.reaches("client", "nobody"), "a name that is nobody's"
    assert site.execute("client", "wget", "-qO-", "http://named-0.headless:8080/name") == "named\n"
    assert site.cluster.kubectl("-n", "shop", "logs", "client") == ""


def test_a_loaded_image_runs_on_every_node(site):
    archive, busybox = site.cluster.folder / "loaded.tar", site.cluster.lab / "root/bin/busybox"
    image_archive.write(archive, "keelson.test/loaded:1", {"bin/busybox": busybox}, links={"bin/sleep": "busybox"})
    loaded = [pod(f"loaded-{zone}", zone=zone, container={"image": "keelson.test/loaded:1"}) for zone in (1, 2)]
    site.cluster.load_image(archive)
    site.apply(*loaded)
    site.ready("loaded-1", "loaded-2")
    site.delete(*loaded)


def test_deny_all_denies_and_its_end_allows(site):
    everything = policy("deny", {}, policyTypes=["Ingress", "Egress"])
    until("the API server answers a pod", 5, lambda: site.api_answers("client"))
    site.apply(everything)
    web = site.address("web")
    for client, where in (("client", "shop"), ("buyer", "market")):
        site.expect(client, f"{web}:8080", reached=False, namespace=where)
    assert not site.reaches("client", "web"), "denied egress has DNS"
    site.apply(dns("resolve", {"matchLabels": {"app": "client"}}))
    until("names are resolved", 5, lambda: "Address" in site.execute("client", "timeout", "1", "nslookup", "web.shop.svc.cluster.local", check=False))
    assert not site.api_answers("client"), "denied egress has the node"
    site.apply(server("probed"))
    site.ready("probed")  # the kubelet may
    site.delete(everything, dns("resolve", {}), server("probed"))
    site.expect("client", "web", reached=True)
    site.expect("buyer", f"{web}:8080", reached=True, namespace="market")


def test_a_pod_reaches_itself_by_its_service_whatever_is_denied(site):
    everything, resolve = policy("deny", {}, policyTypes=["Ingress", "Egress"]), dns("resolve", {})
    site.apply(everything, resolve)
    site.expect("client", f"{site.address('web')}:8080", reached=False)
    site.expect("web", "web.shop", reached=True)  # its bare name is in its /etc/hosts
    assert not site.reaches("other", "web.shop"), "and another does not"
    site.delete(everything, resolve)


def dns(name, selector):
    to = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    return policy(name, selector, policyTypes=["Egress"], egress=[{"to": [to], "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}])


def test_ingress_by_label_and_port(site):
    def allow(sources, *ports):
        site.apply(policy("web", {"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=[{"from": sources, "ports": list(ports)}]))

    web, by_label = site.address("web"), [{"podSelector": {"matchLabels": {"tier": "front"}}}]
    allow(by_label, {"port": 8080})
    site.expect("stranger", f"{web}:8080", reached=False)
    site.expect("client", f"{web}:8080", reached=True)
    site.expect("client", "web", reached=True)
    assert not site.reaches("client", f"{web}:8081"), "another port"
    allow(by_label, {"port": "other"})
    site.expect("client", f"{web}:8081", reached=True)
    assert not site.reaches("client", f"{web}:8080"), "the name of another port"
    allow(by_label, {"port": 8080, "endPort": 8090})
    site.expect("client", f"{web}:8080", reached=True)
    assert site.reaches("client", f"{web}:8081"), "in the range"
    allow(by_label, {"protocol": "UDP", "port": 8080})
    site.expect("client", f"{web}:8080", reached=False)
    allow([{"podSelector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}}])
    site.expect("stranger", f"{web}:8080", reached=True)
    assert not site.reaches("client", f"{web}:8080"), "selected by an expression"
    site.cluster.kubectl("-n", "shop", "label", "pod", "client", "tier-")
    site.expect("client", f"{web}:8080", reached=True)
    site.cluster.kubectl("-n", "shop", "label", "pod", "client", "tier=front")


def test_ingress_by_namespace(site):
    def allow(source):
        site.apply(policy("web", {"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=[{"from": [source]}]))

    web = f"{site.address('web')}:8080"
    allow({"podSelector": {}})
    site.expect("buyer", web, reached=False, namespace="market")
    site.expect("client", web, reached=True)
    allow({"namespaceSelector": {"matchLabels": {"team": "market"}}})
    site.expect("buyer", web, reached=True, namespace="market")
    assert not site.reaches("client", web), "not of that namespace"
    allow({"namespaceSelector": {"matchLabels": {"team": "market"}}, "podSelector": {"matchLabels": {"app": "seller"}}})
    site.expect("buyer", web, reached=False, namespace="market")
    allow({"namespaceSelector": {}})
    site.expect("buyer", web, reached=True, namespace="market")
    assert site.reaches("client", web), "every namespace"


def test_ingress_by_addresses(site):
    web, client, stranger = (site.address(name) for name in ("web", "client", "stranger"))
    allowed = [{"from": [{"ipBlock": {"cidr": "10.98.0.0/16", "except": [f"{stranger}/32"]}}]}]
    site.apply(policy("web", {"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=allowed))
    site.expect("stranger", f"{web}:8080", reached=False)
    site.expect("client", f"{web}:8080", reached=True)
    site.apply(policy("web", {"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=[{"from": [{"ipBlock": {"cidr": f"{stranger}/32"}}]}]))
    site.expect("client", f"{web}:8080", reached=False)
    site.expect("stranger", f"{web}:8080", reached=True)
    site.apply(policy("web", {"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=[{}]))
    site.expect("client", f"{web}:8080", reached=True)
    site.delete(policy("web", {}))


def test_egress_with_names(site):
    web, other = site.address("web"), site.address("other")
    to_web = [{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": "web"}]}]
    site.apply(policy("client", {"matchLabels": {"app": "client"}}, policyTypes=["Egress"], egress=to_web))
    site.expect("client", f"{other}:8080", reached=False)
    site.expect("client", f"{web}:8080", reached=True)
    assert not site.reaches("client", f"{web}:8081"), "another port"
    assert not site.reaches("client", "web"), "without DNS no name"
    site.apply(dns("resolve", {"matchLabels": {"app": "client"}}))
    site.expect("client", "web", reached=True)
    assert not site.reaches("client", f"{other}:8080"), "DNS allowed more than DNS"
    assert site.reaches("stranger", f"{other}:8080"), "who is not selected is free"
    site.delete(policy("client", {}), dns("resolve", {}))
    site.expect("client", f"{other}:8080", reached=True)


def test_a_claim_gets_a_volume_that_its_group_may_write(site):
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
             "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}}}

    def writer(name, **security):
        return pod(name, container={"volumeMounts": [{"name": "data", "mountPath": "/data"}]}, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                   securityContext=security)

    site.apply(claim, writer("foreigner"))
    site.ready("foreigner")
    assert "Permission denied" in site.execute("foreigner", "touch", "/data/file", check=False), "a volume is root's without fsGroup"
    site.delete(writer("foreigner"))
    site.apply(writer("writer", fsGroup=1001))
    site.ready("writer")
    site.execute("writer", "sh", "-c", "echo kept >/data/file")
    site.delete(writer("writer"))
    site.apply(writer("writer", fsGroup=1001))
    site.ready("writer")
    assert site.execute("writer", "cat", "/data/file") == "kept\n", "the volume outlives the pod"
    assert list((site.cluster.folder / "volumes").glob("*/file")), "it is a folder of the test's"
    site.delete(writer("writer"), claim)
    until("the volume is gone with its claim", 20, lambda: not site.cluster.kubectl("get", "persistentvolumes", "-o", "name"))
    assert not list((site.cluster.folder / "volumes").iterdir()), "its folder is left"


def refused(site, wanted, *objects):
    said = site.cluster.kubectl("create", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), check=False)
    assert wanted in said, f"{wanted!r} is not in: {said}"


def test_rights_are_enforced(site):
    site.apply(namespace("strict", **{"pod-security.kubernetes.io/enforce": "restricted"}))
    site.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": "strict"}, "spec": {"hard": {"pods": "1"}}})
    refused(site, "violates PodSecurity", pod("privileged", namespace="strict", container={"securityContext": {"privileged": True}}))
    site.apply(pod("modest", namespace="strict", automountServiceAccountToken=True))
    site.ready("modest", namespace="strict")
    until("the quota counts", 10, lambda: "1" in site.cluster.kubectl("-n", "strict", "get", "resourcequota", "few", "-o", "jsonpath={.status.used.pods}"))
    refused(site, "exceeded quota", pod("second", namespace="strict"))
    asks = ("auth", "can-i", "--as=system:serviceaccount:strict:default", "-n", "strict", "list", "pods")
    assert site.cluster.kubectl(*asks, check=False).strip() == "no"
    site.cluster.kubectl("-n", "strict", "create", "rolebinding", "readers", "--clusterrole=view", "--serviceaccount=strict:default")
    assert site.cluster.kubectl(*asks, check=False).strip() == "yes"


def test_a_component_that_dies_comes_back(site):
    site.cluster.signal("kube-apiserver", "KILL")
    until("the API server is gone", 5, lambda: "refused" in site.cluster.kubectl("get", "namespaces", check=False))
    until("the API server is back", 30, lambda: "strict" in site.cluster.kubectl("get", "namespaces", check=False))
    everything, web = policy("deny", {}, policyTypes=["Ingress"]), f"{site.address('web')}:8080"
    site.apply(everything)
    site.expect("stranger", web, reached=False)  # and those who watch it have found it again
    site.delete(everything)
    site.expect("stranger", web, reached=True)


def test_a_node_can_be_cut_off_and_lost_and_comes_back(site):
    site.apply(server("far", zone=2), service("far", selector={"app": "far"}))
    site.ready("far")
    site.expect("stranger", "far", reached=True)
    site.cluster.run("ip", "link", "set", "to-node-2", "down")
    site.expect("stranger", "far", reached=False)
    site.cluster.run("ip", "link", "set", "to-node-2", "up")
    site.expect("stranger", "far", reached=True)
    site.cluster.signal("node-2", "KILL")
    site.expect("stranger", "far", reached=False)
    restarts = ("-n", "shop", "get", "pod", "far", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
    until("the lost pod is started again", 60, lambda: site.cluster.kubectl(*restarts) not in ("", "0"))
    site.ready("far")
    site.expect("stranger", "far", reached=True)


def cgroups(folder):
    return [path for pattern in (cgroup(folder), f"*/{cgroup(folder)}") for path in pathlib.Path("/sys/fs/cgroup").glob(pattern)]


def processes(folder):
    """Those that name the folder in their command line, as all components do."""
    return [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if str(folder) in read(path)]


def read(path):
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def a_killed_test_takes_its_cluster_with_it():
    words = [sys.executable, str(pathlib.Path(kubernetes_cluster.__file__)), "sleep", "1"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as killed:
        folder, = until("it has a folder", 30, lambda: list((pathlib.Path(tempfile.gettempdir()) / "keelson-live-kubernetes").glob(f"{killed.pid}-*")))
        until("it has begun", 60, (folder / "pids/kube-apiserver").exists)
        assert processes(folder), "nothing to be killed"
        killed.kill()
    until("all it had started is gone", 10, lambda: not processes(folder))
    remove(folder)
    assert not folder.exists() and not cgroups(folder), "what the next test removes is left"


def main():
    began = time.monotonic()
    with Cluster(nodes=2) as cluster:
        print(f"ready {time.monotonic() - began:.1f} s", flush=True)
        for name, test in list(globals().items()):
            if name.startswith("test_") and (len(sys.argv) < 2 or name in sys.argv[1:]):
                began = time.monotonic()
                test(Site(cluster))
                print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
        folder = cluster.folder
    assert not folder.exists(), "the cluster's folder is left"
    assert not cgroups(folder), "its cgroups are left"
    a_killed_test_takes_its_cluster_with_it()


if __name__ == "__main__":
    main()
