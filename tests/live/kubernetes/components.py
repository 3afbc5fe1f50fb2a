"""The components of the test cluster: the files each reads, and its command line. Why a setting is as it is stands beside it.

`folder` is the cluster's, `home` that of one node in it.
"""

import json
import pathlib
import sys

from addresses import API_ADDRESS, DNS_SERVICE, PODS, SERVICES, node_address, node_name, pods_on
from kubernetes_lab import PAUSE

HERE = pathlib.Path(__file__).resolve().parent
# A test's kernel may forbid to lower an oom score, whence the zeros here and below.
CONTAINERD = """version = 2
root = "{home}/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
  address = "{home}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{home}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{lab}/root/usr/lib/cni"
    conf_dir = "{home}/cni"
"""


def network(number):
    """Each pod is routed by its node, so that the packet filter sees what pods say to each other, with or without the kernel's br_netfilter."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": pods_on(number)}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni"}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses}, {"type": "portmap", "capabilities": {"portMappings": True}}]}


def proxy(folder):
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables", "clusterCIDR": PODS, "oomScoreAdj": 0,
        "clientConnection": {"kubeconfig": f"{folder}/kube-proxy.kubeconfig"},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},  # the machine's, not this namespace's
        "healthzBindAddress": "127.0.0.1:10256", "metricsBindAddress": "127.0.0.1:10249",
    }


def kubelet(folder, home, cgroup):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": f"{folder}/pki/ca.crt"}, "anonymous": {"enabled": False}, "webhook": {"enabled": True}},
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{home}/containerd.sock",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{cgroup}", "failCgroupV1": False, "failSwapOn": False, "oomScoreAdj": 0,
        "clusterDNS": [DNS_SERVICE], "clusterDomain": "cluster.local", "resolvConf": f"{home}/resolv.conf",
        "volumePluginDir": f"{home}/plugins", "healthzBindAddress": "127.0.0.1", "makeIPTablesUtilChains": False,
        # A disk that is nearly full must not evict a test, nor take its images.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
    }


def write_files(folder, home, lab, cgroup, number):
    (home / "cni/10-pods.conflist").write_text(json.dumps(network(number)))
    (home / "containerd.toml").write_text(CONTAINERD.format(home=home, lab=lab, pause=PAUSE))
    (home / "kubelet.json").write_text(json.dumps(kubelet(folder, home, cgroup)))
    (home / "kube-proxy.json").write_text(json.dumps(proxy(folder)))


def store(folder):
    url, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
    return {"etcd": ["etcd", "--data-dir", folder / "etcd", "--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peers,
                     "--unsafe-no-fsync", "--log-level", "warn"]}  # nobody will want this cluster after a power cut


def api_server(folder):
    pki = folder / "pki"
    # InternalIP first: the node's name is in no DNS, and exec and logs would wait for an answer.
    return {"kube-apiserver": [
        "kube-apiserver", "--etcd-servers", "http://127.0.0.1:2379", "--advertise-address", API_ADDRESS, "--secure-port", "6443", "--service-cluster-ip-range", SERVICES,
        "--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction", "--allow-privileged=true", "--client-ca-file", pki / "ca.crt",
        "--tls-cert-file", pki / "kube-apiserver.crt", "--tls-private-key-file", pki / "kube-apiserver.key", "--service-account-issuer",
        "https://kubernetes.default.svc", "--service-account-signing-key-file", pki / "service-accounts.key", "--service-account-key-file",
        pki / "service-accounts.key", "--kubelet-preferred-address-types", "InternalIP", "--kubelet-client-certificate", pki / "admin.crt",
        "--kubelet-client-key", pki / "admin.key", "--profiling=false"]}


def controllers(folder):
    pki = folder / "pki"

    def as_client(name):
        return [word for role in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig") for word in (f"--{role}", folder / f"{name}.kubeconfig")]

    return {
        "kube-controller-manager": [
            "kube-controller-manager", *as_client("kube-controller-manager"), "--use-service-account-credentials", "--root-ca-file", pki / "ca.crt",
            "--service-account-private-key-file", pki / "service-accounts.key", "--cluster-signing-cert-file", pki / "ca.crt", "--cluster-signing-key-file",
            pki / "ca.key", "--leader-elect=false", "--bind-address", "127.0.0.1", "--controllers", "*,-nodeipam", "--flex-volume-plugin-dir", folder / "plugins"],
        "kube-scheduler": ["kube-scheduler", *as_client("kube-scheduler"), "--leader-elect=false", "--bind-address", "127.0.0.1"],
        "local-volumes": [sys.executable, HERE / "local_volumes.py", folder],
    }


def runtime(home):
    return {"containerd": ["containerd", "--config", home / "containerd.toml"]}


def agents(folder, home, number):
    name = node_name(number)
    return {
        "kubelet": ["kubelet", "--config", home / "kubelet.json", "--kubeconfig", folder / f"{name}.kubeconfig", "--hostname-override", name, "--node-ip",
                    node_address(number), "--node-labels", f"topology.kubernetes.io/zone=zone-{number}", "--root-dir", home / "kubelet", "--cert-dir", home / "kubelet-pki"],
        "kube-proxy": ["kube-proxy", "--config", home / "kube-proxy.json", "--hostname-override", name],
        "network-policy": [sys.executable, HERE / "network_policy.py", folder],
    }
