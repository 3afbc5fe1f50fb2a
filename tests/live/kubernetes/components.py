"""The components of the test cluster: the files each reads, and its command line. Why a setting is as it is stands beside it."""

import json
import sys

from addresses import DNS_SERVICE, NODE, NODE_ADDRESS, PODS, SERVICES
from kubernetes_lab import PAUSE

# A test's kernel may forbid to lower an oom score, whence the zeros here and below.
CONTAINERD = """version = 2
root = "{folder}/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{lab}/root/usr/lib/cni"
    conf_dir = "{folder}/cni"
"""
# Each pod is routed by the node, so that the packet filter sees what pods say to each other, with or without the kernel's br_netfilter.
NETWORK = {
    "cniVersion": "0.4.0", "name": "pods",
    "plugins": [
        {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni"}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}
PROXY = {
    "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables", "clusterCIDR": PODS, "oomScoreAdj": 0,
    "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},  # the machine's, not this namespace's
    "healthzBindAddress": "127.0.0.1:10256", "metricsBindAddress": "127.0.0.1:10249",
}


def kubelet(folder, cgroup):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": f"{folder}/pki/ca.crt"}, "anonymous": {"enabled": False}, "webhook": {"enabled": True}},
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{cgroup}", "failCgroupV1": False, "failSwapOn": False, "oomScoreAdj": 0,
        "clusterDNS": [DNS_SERVICE], "clusterDomain": "cluster.local", "resolvConf": f"{folder}/resolv.conf",
        "volumePluginDir": f"{folder}/plugins", "healthzBindAddress": "127.0.0.1", "makeIPTablesUtilChains": False,
        # A disk that is nearly full must not evict a test, nor take its images.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
    }


def write_files(folder, lab, cgroup):
    (folder / "cni").mkdir()
    (folder / "cni/10-pods.conflist").write_text(json.dumps(NETWORK))
    (folder / "containerd.toml").write_text(CONTAINERD.format(folder=folder, lab=lab, pause=PAUSE))
    (folder / "kubelet.json").write_text(json.dumps(kubelet(folder, cgroup)))
    (folder / "kube-proxy.json").write_text(json.dumps(PROXY | {"clientConnection": {"kubeconfig": f"{folder}/kube-proxy.kubeconfig"}}))


def store(folder):
    url, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
    return {"etcd": ["etcd", "--data-dir", folder / "etcd", "--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peers,
                     "--unsafe-no-fsync", "--log-level", "warn"]}  # nobody will want this cluster after a power cut


def runtime(folder):
    return {"containerd": ["containerd", "--config", folder / "containerd.toml"]}


def api_server(folder):
    pki = folder / "pki"
    # InternalIP first: the node's name is in no DNS, and exec and logs would wait for an answer.
    return {"kube-apiserver": [
        "kube-apiserver", "--etcd-servers", "http://127.0.0.1:2379", "--advertise-address", NODE_ADDRESS, "--secure-port", "6443", "--service-cluster-ip-range", SERVICES,
        "--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction", "--allow-privileged=true", "--client-ca-file", pki / "ca.crt",
        "--tls-cert-file", pki / "kube-apiserver.crt", "--tls-private-key-file", pki / "kube-apiserver.key", "--service-account-issuer",
        "https://kubernetes.default.svc", "--service-account-signing-key-file", pki / "service-accounts.key", "--service-account-key-file",
        pki / "service-accounts.key", "--kubelet-preferred-address-types", "InternalIP", "--kubelet-client-certificate", pki / "admin.crt",
        "--kubelet-client-key", pki / "admin.key", "--profiling=false"]}


def clients(folder, here):
    """All that begin when the API server answers. `here`: the folder of this module."""
    pki = folder / "pki"

    def as_client(name):
        return [word for role in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig") for word in (f"--{role}", folder / f"{name}.kubeconfig")]

    return {
        "kube-controller-manager": [
            "kube-controller-manager", *as_client("kube-controller-manager"), "--use-service-account-credentials", "--root-ca-file", pki / "ca.crt",
            "--service-account-private-key-file", pki / "service-accounts.key", "--cluster-signing-cert-file", pki / "ca.crt", "--cluster-signing-key-file",
            pki / "ca.key", "--leader-elect=false", "--bind-address", "127.0.0.1", "--controllers", "*,-nodeipam", "--flex-volume-plugin-dir", folder / "plugins"],
        "kube-scheduler": ["kube-scheduler", *as_client("kube-scheduler"), "--leader-elect=false", "--bind-address", "127.0.0.1"],
        "kubelet": ["kubelet", "--config", folder / "kubelet.json", "--kubeconfig", folder / "kubelet.kubeconfig", "--hostname-override", NODE, "--node-ip", NODE_ADDRESS,
                    "--root-dir", folder / "kubelet", "--cert-dir", folder / "kubelet-pki"],
        "kube-proxy": ["kube-proxy", "--config", folder / "kube-proxy.json", "--hostname-override", NODE],
        "network-policy": [sys.executable, here / "network_policy.py", folder],
        "local-volumes": [sys.executable, here / "local_volumes.py", folder],
    }
