"""Starts a Kubernetes node in the namespaces that it finds itself in, and keeps it running: kubernetes_cluster.py calls it.

    node.py FOLDER LAB CGROUP      FOLDER/ready comes when pods can run and names are resolved; FOLDER/log has a file for each component

It ends, and with it all of the PID namespace, when its standard input is closed, and when a component ends before the node is ready. Later a component
that ends is started again after a second, as on any node.
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
from addresses import NODE, NODE_ADDRESS  # noqa: E402
from api import Api  # noqa: E402

# Without a route no address of a Service is a destination on the node itself.
NETWORK = f"""
ip link set lo up
ip link add node0 type bridge
ip address add {NODE_ADDRESS}/24 dev node0
ip link set node0 up
ip route add default dev node0
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
"""
# Places that components insist on. The names of mounts stay out of the machine's own /run/mount.
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


class Node:
    def __init__(self, folder, lab, cgroup):
        self.folder, self.lab, self.cgroup = folder, lab, cgroup
        self.ready = False
        self.environment = dict(os.environ, KUBECONFIG=str(folder / "admin.kubeconfig"))

    def start(self):
        shell(NETWORK)
        self.mount()
        for path in ("log", "pids", "plugins"):
            (self.folder / path).mkdir()
        components.write_files(self.folder, self.lab, self.cgroup)
        self.run(components.runtime(self.folder))
        identities.make(self.folder)
        self.run(components.store(self.folder))
        self.run(components.api_server(self.folder))
        self.import_images()
        self.wait("the API server answers", Api(self.folder).healthy)
        self.run(components.clients(self.folder, HERE))
        self.wait("the add-ons are applied", lambda: self.succeeds("kubectl", "apply", "-f", "-", input=json.dumps(addons.LIST)))
        self.wait("the node is registered", lambda: self.succeeds("kubectl", "wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=60s"))
        self.wait("names are resolved", lambda: self.succeeds("kubectl", "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s"))
        self.wait("pods have an account", lambda: self.succeeds("kubectl", "get", "serviceaccount", "default"))
        self.ready = True
        (self.folder / "ready").touch()

    def mount(self):
        """The folder's own settings over the machine's, seen from these namespaces only."""
        shell(MOUNTS)
        shadows = self.folder / "shadows"
        shadows.mkdir()
        for path, value in MACHINE_SETTINGS.items():
            shadow = shadows / path.replace("/", "-")
            shadow.write_text(f"{value}\n")
            shell(f"mount -n --bind {shadow} /proc/sys/{path}")
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")  # nobody in here asks the machine's resolver
        shell(f"mount -n --bind {self.folder}/resolv.conf /etc/resolv.conf\nmount -n --make-rshared /")

    def run(self, commands):
        for name, words in commands.items():
            threading.Thread(target=self.supervise, args=(name, [str(word) for word in words]), daemon=True).start()

    def supervise(self, name, words):
        while True:
            with open(self.folder / f"log/{name}.log", "a") as log:
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
            (self.folder / f"pids/{name}").write_text(str(process.pid))
            status = process.wait()
            say(f"{name} ended: {status}")
            if not self.ready:
                os._exit(1)
            time.sleep(1)

    def import_images(self):
        self.wait("containerd answers", lambda: self.succeeds("ctr", "version"))
        for image in sorted((self.lab / "images").glob("*.tar")):
            subprocess.run(["ctr", "-n", "k8s.io", "images", "import", str(image)], check=True, capture_output=True, timeout=120)

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


if __name__ == "__main__":
    threading.Thread(target=end_with_the_test, daemon=True).start()
    Node(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]).start()
    threading.Event().wait()
