"""Starts a Kubernetes node in the namespaces that it finds itself in, and keeps it running: kubernetes_cluster.py calls it.

    node.py FOLDER LAB CGROUP NODES            the first node, with the control plane; it starts the others, too
    node.py FOLDER LAB CGROUP NODES NUMBER     another one, in FOLDER/node-NUMBER

FOLDER/ready comes when pods can run on all nodes and names are resolved; the folder log has a file for each component. It ends, and with it all of the PID
namespace, when its standard input is closed, and when a component ends before the node is ready. Later a component that ends is started again after a second,
as on any node; a node is such a component of the first one, with a PID namespace inside that one's.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "lab"))
import addons  # noqa: E402
import components  # noqa: E402
import identities  # noqa: E402
import wiring  # noqa: E402
from addresses import node_name  # noqa: E402
from api import Api  # noqa: E402

# Places that components insist on. `-n` keeps the names of mounts out of the machine's /run/mount.
MOUNTS = """
mount -n --make-rprivate /
mount -n -t tmpfs tmpfs /run
mount -n -t tmpfs tmpfs /var/log
mount -n -t tmpfs tmpfs /var/lib
mkdir -p /run/netns
"""
# The kubelet sets these for the whole machine, unless it finds them so.
MACHINE_SETTINGS = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1, "kernel/keys/root_maxkeys": 1000000,
                    "kernel/keys/root_maxbytes": 25000000}
NAMESPACES = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "/bin/sh", "-c", '"$@"; exit $?', "node"]


class Node:
    def __init__(self, folder, lab, cgroup, nodes, number=1):
        self.folder, self.lab, self.cgroup, self.nodes, self.number = folder, lab, cgroup, nodes, number
        self.home = folder if number == 1 else folder / node_name(number)
        self.ready = False
        self.environment = dict(os.environ, KUBECONFIG=str(folder / "admin.kubeconfig"), CONTAINERD_ADDRESS=str(self.home / "containerd.sock"))

    def start(self):
        for path in ("log", "pids", "plugins", "shadows", "cni"):
            (self.home / path).mkdir(parents=True, exist_ok=True)
        self.mount()
        components.write_files(self.folder, self.home, self.lab, f"{self.cgroup}/{node_name(self.number)}", self.number)
        self.run(components.runtime(self.home))
        if self.number == 1:
            self.start_control_plane()
        self.import_images()
        self.wait("the API server answers", Api(self.folder).healthy)
        self.run(components.agents(self.folder, self.home, self.number))
        if self.number == 1:
            self.start_cluster()
        self.wait("the node is ready", lambda: self.succeeds("kubectl", "wait", "--for=condition=Ready", f"node/{node_name(self.number)}", "--timeout=60s"))
        self.ready = True

    def start_control_plane(self):
        numbers = range(1, self.nodes + 1)
        wiring.wire(numbers)
        identities.make(self.folder, numbers)
        self.run(components.store(self.folder))
        self.run(components.api_server(self.folder))

    def start_cluster(self):
        self.run(components.controllers(self.folder))
        for number in range(2, self.nodes + 1):
            entered = ["nsenter", f"--net={wiring.namespace(number)}", *NAMESPACES]
            self.run({node_name(number): [*entered, sys.executable, __file__, self.folder, self.lab, self.cgroup, self.nodes, number]})
        self.wait("the add-ons are applied", lambda: self.succeeds("kubectl", "apply", "-f", "-", input=json.dumps(addons.LIST)))
        self.wait("all nodes are there", lambda: self.succeeds("kubectl", "get", *(f"node/{node_name(number)}" for number in range(1, self.nodes + 1))))
        self.wait("all nodes are ready", lambda: self.succeeds("kubectl", "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s"))
        self.wait("names are resolved", lambda: self.succeeds("kubectl", "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s"))
        self.wait("pods have an account", lambda: self.succeeds("kubectl", "get", "serviceaccount", "default"))
        (self.folder / "ready").touch()

    def mount(self):
        """The folder's own settings over the machine's, seen from these namespaces only."""
        shell(MOUNTS)
        for path, value in MACHINE_SETTINGS.items():
            shadow = self.home / "shadows" / path.replace("/", "-")
            shadow.write_text(f"{value}\n")
            shell(f"mount -n --bind {shadow} /proc/sys/{path}")
        (self.home / "resolv.conf").write_text("nameserver 127.0.0.1\n")  # nobody in here asks the machine's resolver
        shell(f"mount -n --bind {self.home}/resolv.conf /etc/resolv.conf\nmount -n --make-rshared /")

    def run(self, commands):
        for name, words in commands.items():
            threading.Thread(target=self.supervise, args=(name, [str(word) for word in words]), daemon=True).start()

    def supervise(self, name, words):
        while True:
            with open(self.home / f"log/{name}.log", "a") as log:
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
            (self.home / f"pids/{name}").write_text(str(process.pid))
            status = process.wait()
            say(f"{name} ended: {status}")
            if not self.ready:
                os._exit(1)
            time.sleep(1)

    def import_images(self):
        self.wait("containerd answers", lambda: self.succeeds("ctr", "version"))
        for image in sorted((self.lab / "images").glob("*.tar")):
            self.wait(f"{image.name} is imported", lambda image=image: self.succeeds("ctr", "-n", "k8s.io", "images", "import", str(image)))

    def succeeds(self, *words, input=None):
        return subprocess.run(words, input=input or "", text=True, capture_output=True, timeout=90, env=self.environment).returncode == 0

    def wait(self, what, condition):
        began = time.monotonic()
        while not condition():
            if time.monotonic() > began + 120:
                say(f"not within 120 s: {what}")
                os._exit(1)
            time.sleep(0.1)
        say(f"{what}: {time.monotonic() - began:.1f} s")


def shell(commands):
    subprocess.run(["/bin/sh", "-ec", commands], check=True, timeout=30)


def say(text):
    print(text, flush=True)


def end_with_the_test():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main(folder, lab, cgroup, nodes, number="1"):
    if number == "1":
        threading.Thread(target=end_with_the_test, daemon=True).start()
    Node(pathlib.Path(folder), pathlib.Path(lab), cgroup, int(nodes), int(number)).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
