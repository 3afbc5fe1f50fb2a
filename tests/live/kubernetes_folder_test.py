"""Folders of `keelson render --runtime kubernetes --layout …` on a real node, without keelson: an ordinary user's shell with kubectl, and the commands of the foundations' handbooks as they have them."""

import os
import shutil
import time

from enclosed import ROOT
from kubernetes_cluster import BINARY, Cluster

NOBODY = 65534
# In the order in which the handbooks have them applied, each by itself.
NEXUS = ("kubernetes/calico-config.yaml", "postgresql/postgresql-cluster.yaml", "redis/redis-cluster.yaml")
AI_KERNEL = ("prod/k8s/namespaces/aikernel-infrastructure.yaml", "prod/k8s/postgresql/postgresql-statefulset.yaml", "prod/k8s/redis/")


class Shell:
    """Of somebody who has the folder, a kubeconfig and kubectl."""

    def __init__(self, cluster, layout, space):
        self.cluster, self.layout, self.space = cluster, layout, space
        self.folder, self.home = cluster.folder / layout, cluster.folder / f"home-{layout}"
        (self.home / "bin").mkdir(parents=True)
        shutil.copy(cluster.lab / "bin/kubectl", self.home / "bin/kubectl")  # the lab's is where only its owner looks in
        shutil.copy(cluster.kubeconfig, self.home / "kubeconfig")

    def take_over(self):
        self.cluster.call(["chown", "-R", f"{NOBODY}:{NOBODY}", self.folder, self.home])

    def type(self, line, timeout=180, check=True):
        """What it prints, warnings too."""
        environment = [f"PATH={self.home}/bin:/usr/bin:/bin", f"HOME={self.home}", f"KUBECONFIG={self.home}/kubeconfig"]
        done = self.cluster.run("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "env", "-i", f"--chdir={self.folder}", *environment,
                                "/bin/sh", "-c", line, check=check, timeout=timeout)
        return done.stdout + done.stderr

    def stands(self):
        """What of each object would be another one after a change: a pod's uid, a specification's generation."""
        fields = "{.kind} {.metadata.name} {.metadata.uid} {.metadata.generation}"
        return self.type(f"kubectl get pods,statefulsets,poddisruptionbudgets -n {self.space} -o jsonpath='{{range .items[*]}}{fields}{{\"\\n\"}}{{end}}'")


def render(shell, *blueprint):
    cluster = shell.cluster
    environment = [f"KEELSON_BASE_DIR={cluster.folder / 'base'}", f"KEELSON_ARTIFACT_DIR={os.environ.get('KEELSON_ARTIFACT_DIR', '/var/lib/keelson/artifacts')}"]

    def keelson(*words, timeout=180):
        return cluster.call(["env", *environment, BINARY, *words, "--runtime", "kubernetes", *blueprint], timeout=timeout)

    keelson("render", "--layout", shell.layout, "--out", shell.folder)
    assert "nothing changed" in keelson("render", "--layout", shell.layout, "--out", shell.folder).stdout
    if not (cluster.folder / "base/images").exists():  # both have the same engines
        keelson("images", "build", timeout=600)
        for archive in sorted((cluster.folder / "base/images").glob("*.tar")):
            cluster.load_image(archive)
    shell.take_over()


def is_deployed(shell):
    began = time.monotonic()
    shell.type("./deploy-phase1.sh", timeout=400)
    print(f"every pod is ready {time.monotonic() - began:.1f} s after ./deploy-phase1.sh", flush=True)
    lines = shell.type(f"kubectl get pods -n {shell.space} --no-headers").splitlines()
    assert len(lines) == 13 and all(line.split()[1:3] == ["1/1", "Running"] for line in lines), lines


def answers_the_handbook(shell):
    """Its commands for what is there, each as it stands in it."""
    password = (shell.folder / "secrets/clients/redis/app").read_text()
    for line, told in (
        ("kubectl get pods -n nexus-architect", "postgresql-primary-0"),
        ("kubectl get pods -n monitoring", "No resources found"),
        ("kubectl get all -n nexus-architect", "service/postgresql-primary"),
        ("kubectl get pv,pvc -n nexus-architect", "persistentvolumeclaim/data-redis-master-0"),
        ("kubectl get networkpolicies -n nexus-architect", "nexus-architect-closed"),
        ("kubectl describe pod redis-master-0 -n nexus-architect", "Running"),
        ("kubectl logs postgresql-primary-0 -n nexus-architect", "postgresql-primary-0"),
        ('kubectl exec -n nexus-architect postgresql-primary-0 -- psql -U postgres -d nexus_architect -c "SELECT 1;"', "(1 row)"),
        ("kubectl exec -n nexus-architect postgresql-primary-0 -- pg_isready", "accepting connections"),
        (f"kubectl exec -n nexus-architect redis-master-0 -- redis-cli -a {password} ping", "PONG"),
        ("kubectl exec -it redis-master-0 -n nexus-architect -- nslookup postgresql-primary", "Name:\tpostgresql-primary.nexus-architect.svc.cluster.local\nAddress: "),
        ("kubectl exec -it postgresql-primary-0 -n nexus-architect -- nslookup redis-master.nexus-architect.svc.cluster.local", "Address: "),
    ):
        said = shell.type(line)
        assert told in said, f"{line}\n{said}"
    wrong = shell.type("kubectl exec -n nexus-architect redis-master-0 -- redis-cli -a no-password ping", check=False)
    assert "PONG" not in wrong and "WRONGPASS" in wrong, wrong
    print("the handbook's commands answer as it says", flush=True)


def takes_each_manifest_by_itself(shell, paths):
    before = shell.stands()
    for path in paths:
        said = shell.type(f"kubectl apply -f {path}").splitlines()
        changed = [line for line in said if not line.endswith(" unchanged")]
        # Of these kubectl sends selectors and volumes again each time, as it does not know the server's own defaults; the server finds nothing new in them.
        assert said and all(line.startswith(("statefulset.apps/", "poddisruptionbudget.policy/")) for line in changed), changed
    assert shell.stands() == before
    print("each manifest, applied by itself once more, changes nothing", flush=True)


def comes_up_file_by_file(shell):
    """Production asks for more cores than the node of a test has."""
    shell.type(r"sed -i 's/\( cpu: \).*/\150m/' prod/k8s/*/*.yaml")
    shell.type(f"kubectl apply -f {AI_KERNEL[0]}")
    shell.type("kubectl create secret generic postgres-secret --from-literal=POSTGRES_PASSWORD=secret -n aikernel-data")
    for path in AI_KERNEL[1:]:
        shell.type(f"kubectl apply -f {path}")
    shell.type("kubectl wait -n aikernel-data --for=condition=Ready pod --all --timeout=300s", timeout=320)
    for line, told in (
        ("kubectl get pods -n aikernel-data -l app=postgres --no-headers", "postgres-3-0"),
        ("kubectl get pvc -n aikernel-data", "data-redis-1-0"),
        ("kubectl get svc -n aikernel-data", "postgres-primary"),
        ("kubectl get pods -n aikernel-infrastructure", "No resources found"),
        ("kubectl get pods -n aikernel-monitoring", "No resources found"),
        ("kubectl exec -n aikernel-data postgres-1-0 -- psql -U postgres -d aikernel_catalog -Atc 'select 1'", "1\n"),
    ):
        said = shell.type(line)
        assert told in said, f"{line}\n{said}"
    assert len(shell.type("kubectl get pods -n aikernel-data -l app=postgres --no-headers").splitlines()) == 3
    print("AI Kernel's folder comes up file by file", flush=True)


def main():
    with Cluster() as cluster:
        nexus = Shell(cluster, "nexus", "nexus-architect")
        render(nexus, "-f", ROOT / "blueprints/nexus-architect.yaml", "--profile", "laptop")
        is_deployed(nexus)
        answers_the_handbook(nexus)
        takes_each_manifest_by_itself(nexus, NEXUS)
        nexus.type("kubectl delete namespace nexus-architect", timeout=300)

        kernel = Shell(cluster, "ai-kernel", "aikernel-data")
        render(kernel, "-f", ROOT / "blueprints/ai-kernel.yaml")
        comes_up_file_by_file(kernel)
        takes_each_manifest_by_itself(kernel, AI_KERNEL)


if __name__ == "__main__":
    main()
