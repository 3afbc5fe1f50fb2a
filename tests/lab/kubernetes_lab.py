#!/usr/bin/env python3
"""A Kubernetes node for the tests, obtained without installing it, once for each content of this recipe, outside the clone (obtaining.py).

    tests/lab/kubernetes_lab.py      makes it where it is not there yet; says why where it cannot (exit code 77)

Kubernetes, etcd and CoreDNS are built from Go modules, each pinned by a go.sum. containerd, runc, the CNI plugins and what loads packet filters come from
Debian's packages, only unpacked. tests/live/kubernetes_cluster.py starts it.

    ~/.cache/keelson/kubernetes-<digest>/
        bin/       for PATH: etcd, kube-apiserver … kubelet, kubectl (one program), containerd, ctr, runc, nft …
        images/    archives for `ctr image import`: pause (of every pod), coredns, busybox (for tests)
"""

import pathlib
import subprocess
import sys

import image_archive
from obtaining import GoProgram, Lab, call, main, pinned, prepare

RECIPE = pathlib.Path(__file__).resolve().parent / "kubernetes"
KUBERNETES_VERSION = pinned(RECIPE / "kubelab", r"k8s.io/kubernetes (v[0-9.]+)")
COREDNS_VERSION = pinned(RECIPE / "coredns", r"coredns/coredns (v[0-9.]+)")
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl")
PAUSE, COREDNS, BUSYBOX = "keelson.test/pause:1", "keelson.test/coredns:1", "keelson.test/busybox:1"


def versions():
    """Else the components call themselves v0.0.0-master."""
    major, minor, _ = KUBERNETES_VERSION[1:].split(".")
    values = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return {f"{package}.{name}": value for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version") for name, value in values.items()}


def finish(part, log):
    programs, images, scratch = part / "bin", part / "images", part / "scratch"
    images.mkdir()
    for name in COMPONENTS:
        (programs / name).symlink_to("kubelab")
    call(["gcc", "-Os", "-static", "-s", "-o", scratch / "pause", RECIPE / "pause.c"], log)
    image_archive.write(images / "pause.tar", PAUSE, {"pause": scratch / "pause"}, entrypoint=["/pause"])
    image_archive.write(images / "coredns.tar", COREDNS, {"coredns": programs / "coredns"}, entrypoint=["/coredns"])
    busybox = part / "root/bin/busybox"
    commands = subprocess.run([busybox, "--list"], capture_output=True, text=True, timeout=30, check=True).stdout.split()
    image_archive.write(images / "busybox.tar", BUSYBOX, {"bin/busybox": busybox}, links={f"bin/{name}": "busybox" for name in commands if name != "busybox"},
                        directories=[("bin", 0o755), ("tmp", 0o1777)])


LAB = Lab(
    name="kubernetes",
    purpose="Kubernetes tests",
    packages=("containerd", "runc", "containernetworking-plugins", "iptables", "nftables", "conntrack", "busybox-static", "libedit2", "libgmp10", "libip4tc2", "libip6tc2",
              "libjansson4", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0", "libnftables1", "libnftnl11", "libxtables12"),
    programs={
        "containerd": "usr/bin/containerd",
        "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
        "ctr": "usr/bin/ctr",
        "runc": "usr/sbin/runc",
        "conntrack": "usr/sbin/conntrack",
        "nft": "usr/sbin/nft",
        "iptables": "usr/sbin/xtables-nft-multi iptables",
    },
    go_programs=(GoProgram(f"Kubernetes {KUBERNETES_VERSION}", RECIPE / "kubelab", ".", "kubelab", versions()),
                 GoProgram(f"CoreDNS {COREDNS_VERSION}", RECIPE / "coredns", ".", "coredns")),
    finish=finish,
    tried=("kube-apiserver --version", "kubelet --version", "etcd --version", "kubectl version --client", "coredns -version", "containerd --version", "ctr --version",
           "runc --version", "nft --version", "conntrack --version", "iptables --version"),
    files=(RECIPE / "pause.c",),
)


if __name__ == "__main__":
    sys.exit(main(LAB, lambda: prepare(LAB)))
