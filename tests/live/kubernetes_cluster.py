#!/usr/bin/env python3
"""A Kubernetes cluster of a test's own: one real node, or several.

    with Cluster() as cluster:
        cluster.kubectl("get", "nodes")                    what it prints
        cluster.kubectl("apply", "-f", "-", input=text)
        cluster.load_image("images/redis.tar")             a docker-archive, for `imagePullPolicy: Never`
        cluster.run(BINARY, "up")                          a program on the node, with KUBECONFIG set
        cluster.signal("kube-apiserver", "KILL")           it is started again a second later
    with Cluster(nodes=2) as cluster:
        cluster.signal("node-2", "KILL")                   the node is gone with all its pods, and started again
        cluster.run("ip", "link", "set", "to-node-2", "down")      it is cut off

    tests/live/kubernetes_cluster.py kubectl get nodes     starts one for one command: `bash`, to look around

containerd, kubelet and all others run in namespaces of their own (enclosed.py) and keep what they have under the test's folder. There is DNS, a default
StorageClass `standard` whose volumes are folders on the node, and NetworkPolicies are enforced (kubernetes/network_policy.py). The cluster's
addresses exist in its network namespaces only: what calls them goes into the first node's by `enter`. Nodes are in zones of their own (zone-1 …).
Where the machine cannot have a cluster the test is skipped, and says why.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from enclosed import NAMESPACES, ROOT, cgroup, first_process, make_folder, remove, skip, until

import kubernetes_lab  # where it is: enclosed.py
from obtaining import Unavailable, prepare

BINARY = os.environ.get("KEELSON_BINARY", str(ROOT / "build/release/keelson"))
NODE = pathlib.Path(__file__).resolve().parent / "kubernetes/node.py"
# What a node cannot do without. Where the machine has it, a node that does not start is a failure.
NEEDED = """
mount -n -t tmpfs tmpfs /run && ip link add node0 type bridge && ip link add one type veth peer name other && nft add table inet tried &&
nft 'add chain inet tried nat { type nat hook prerouting priority dstnat; }' && mkdir /run/lower /run/upper /run/work /run/all &&
mount -n -t overlay overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work /run/all
"""


class Cluster:
    """Use as a context manager, or by start() and stop(). `folder`: its own, gone with it; `kubeconfig`: of an administrator; `environment`: with both and the lab's programs."""

    def __init__(self, nodes=1):
        self.nodes = nodes
        try:
            self.lab = prepare(kubernetes_lab.LAB)
        except Unavailable as why:
            skip(why)
        if not shutil.which("openssl"):
            skip("openssl is not here: the cluster's certificates are made by it")
        self.environment = dict(os.environ, PATH=f"{self.lab / 'bin'}:{os.environ['PATH']}")
        tried = self.call([*NAMESPACES, NEEDED], check=False)
        if tried.returncode != 0:
            skip(f"no namespaces, no packet filter or no overlay for a node here: {tried.stderr.strip()[-400:]}")
        self.folder = make_folder("kubernetes")
        self.kubeconfig = self.folder / "admin.kubeconfig"
        self.environment |= {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "kubectl")}

    def start(self):
        self.make_cgroups()
        words = [sys.executable, str(NODE), str(self.folder), str(self.lab), cgroup(self.folder), str(self.nodes)]
        self.log = open(self.folder / "node.log", "w")
        # The shell, not node.py, is the first process: it reaps what containers leave.
        self.process = subprocess.Popen([*NAMESPACES, '"$@"; exit $?', "node", *words], stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, env=self.environment)
        try:
            until("the node is ready", 180, lambda: (self.folder / "ready").exists() or self.process.poll() is not None)
            assert self.process.poll() is None, f"the node does not start: {self.logs()}"
            self.first = first_process(self.process)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.log.close()
        remove(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def make_cgroups(self):
        """A kubelet wants its root to exist, in each hierarchy; two nodes on a machine want different ones."""
        root = pathlib.Path("/sys/fs/cgroup")
        for hierarchy in [root] if (root / "cgroup.controllers").exists() else filter(pathlib.Path.is_dir, root.iterdir()):
            for number in range(1, self.nodes + 1):
                (hierarchy / cgroup(self.folder) / f"node-{number}").mkdir(parents=True, exist_ok=True)

    def logs(self):
        """The last of each component's words."""
        return "\n".join(f"-- {file.name}\n{file.read_text(errors='replace')[-1500:]}" for file in [self.folder / "node.log", *self.of_nodes("log/*.log")])

    def of_nodes(self, pattern):
        """The first node's files are beside the control plane's."""
        return sorted([*self.folder.glob(pattern), *self.folder.glob(f"node-*/{pattern}")])

    def enter(self, words):
        """The command line that runs these words in the cluster's network."""
        return ["nsenter", "--target", str(self.first), "--net", "--", *map(str, words)]

    def run(self, *words, **more):
        return self.call(self.enter(words), **more)

    def kubectl(self, *words, input=None, check=True, timeout=180):
        """What it prints; without `check`, also what it complains of."""
        done = self.run("kubectl", *words, input=input, check=check, timeout=timeout)
        return done.stdout if check else done.stdout + done.stderr

    def load_image(self, archive):
        """Onto every node."""
        for socket in self.of_nodes("containerd.sock"):
            self.call(["ctr", "--address", socket, "-n", "k8s.io", "images", "import", archive])

    def signal(self, component, name):
        """Sends SIG<name> to a component: one of folder/pids."""
        pid = (self.folder / f"pids/{component}").read_text()
        self.call(["nsenter", "--target", str(self.first), "--mount", "--pid", "--", "/bin/kill", f"-{name}", pid])

    def call(self, words, check=True, timeout=180, input=None):
        """Runs a program; AssertionError with what it said if it fails, unless `check` is False."""
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=timeout, input=input or "", env=self.environment)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done


def main():
    with Cluster() as cluster:
        return subprocess.run(cluster.enter(sys.argv[1:]), env=cluster.environment).returncode


if __name__ == "__main__":
    sys.exit(main())
