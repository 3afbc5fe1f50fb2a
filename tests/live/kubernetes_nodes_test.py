"""Two nodes, each a zone: members are in both; a drain, a changed setting, another image and an `up` that is killed take at most one member of a component at a time,
and lose nothing.

The volumes of these nodes are local to them, as fast disks are: a pod that is evicted from its node stays Pending until the node takes pods again, and the budget keeps
the drain from the next member.
"""

import contextlib
import json
import signal
import subprocess
import time

from enclosed import until
from kubernetes_cluster import Cluster
import kubernetes_release_test
from leaders import CLUSTER, Writer

BLUEPRINT = """foundation: shop
runtime: kubernetes
{images}components:
  redis: {{ members: 3, memory: {redis}, storage: 1Gi }}
  postgresql: {{ version: 15, members: 3, memory: {postgresql}, storage: 1Gi, databases: [{{ name: app, owner: app }}] }}
"""
MINE = "app.kubernetes.io/part-of=shop"
WRITTEN = ("postgresql", "redis")
LONGEST_GAP = 10  # seconds without writes: one hand-over, and a machine that does other things besides


class Shop(kubernetes_release_test.Shop):
    def write(self, redis="64Mi", postgresql="256Mi", images=""):
        self.blueprint.write_text(BLUEPRINT.format(redis=redis, postgresql=postgresql, images=images))

    def pods(self):
        """By component: the pods' names with the node each is on."""
        out = {}
        for pod in json.loads(self.kubectl("get", "pods", "-l", MINE, "-o", "json"))["items"]:
            out.setdefault(component_of(pod), {})[pod["metadata"]["name"]] = pod["spec"].get("nodeName")
        return out

    def all_whole(self):
        for component in WRITTEN:
            self.whole(component)
        until("there is nothing to do", 120, lambda: self.plan() == [])

    def standby(self):
        """The synchronous one: it leads when the primary goes."""
        told = self.inside(self.primary("postgresql"), "/usr/bin/python3", "-c", CLUSTER, self.address(self.primary("postgresql")))
        return next(member["name"] for member in json.loads(told.stdout)["members"] if member["role"] == "sync_standby")

    def let_lead(self, wanted):
        for _ in range(5):
            self.whole("postgresql")
            leads, next_one = self.primary("postgresql"), self.standby()
            if leads == wanted:
                return
            self.end(leads if next_one == wanted else next_one)
        raise AssertionError(f"{wanted} does not come to lead")

    def start_up(self):
        return subprocess.Popen(self.cluster.enter(self.words("up", "-f", str(self.blueprint), "--progress", "quiet")), env=self.cluster.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def component_of(pod):
    return pod["metadata"]["labels"]["app.kubernetes.io/component"]


def is_there(pod):
    ready = [one["status"] for one in pod["status"].get("conditions", []) if one["type"] == "Ready"]
    return ready == ["True"] and "deletionTimestamp" not in pod["metadata"]


class Watched:
    """Every change of the foundation's pods while it is open, as the API server tells them."""

    def __init__(self, shop):
        self.shop, self.path = shop, shop.folder / "watched.json"

    def __enter__(self):
        words = ["kubectl", "--namespace", "shop", "get", "pods", "-l", MINE, "--watch", "--output-watch-events", "-o", "json"]
        with open(self.path, "w") as out:
            self.process = subprocess.Popen(self.shop.cluster.enter(words), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=self.shop.cluster.environment)
        everything = sum(map(len, self.shop.pods().values()))
        until("the watch shows all that is there", 30, lambda: len({event["object"]["metadata"]["name"] for event in self.events()}) >= everything)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def events(self):
        text, at, decoder = self.path.read_text(), 0, json.JSONDecoder()
        while at < len(text):
            try:
                event, at = decoder.raw_decode(text, at)
            except ValueError:  # the last is still being written
                return
            at += len(text[at:]) - len(text[at:].lstrip())
            yield event

    def away(self):
        """By component: the most members that were away at once, and the pods that were away at all."""
        there, most, ever = {}, {}, {}
        for event in self.events():
            pod = event["object"]
            component, name = component_of(pod), pod["metadata"]["name"]
            there.setdefault(component, {})[name] = event["type"] != "DELETED" and is_there(pod)
            away = [one for one, is_here in there[component].items() if not is_here]
            most[component] = max(most.get(component, 0), len(away))
            ever.setdefault(component, set()).update(away)
        return most, ever

    def at_most_one(self):
        most, ever = self.away()
        assert all(count <= 1 for count in most.values()), (most, ever)
        return ever


@contextlib.contextmanager
def written(shop, what):
    """While both components are written to, and at most one member of each goes; nothing acknowledged is lost."""
    for component in WRITTEN:
        shop.whole(component)
    until("clients reach it", 60, lambda: shop.redis("PING", check=False) == "PONG" and shop.sql("select 1", check=False) == "1")
    with Watched(shop) as watched, Writer(shop, "postgresql") as postgresql, Writer(shop, "redis") as redis:
        began = time.monotonic()
        yield watched
        for writer in (postgresql, redis):
            writer.goes_on()
        took = time.monotonic() - began
    watched.at_most_one()
    told = []
    for writer in (postgresql, redis):
        lost, acknowledged = writer.lost()
        assert lost == 0, f"{writer.component}: {lost} of {acknowledged} acknowledged writes are lost"
        assert writer.gap() < LONGEST_GAP, f"{writer.component}: {writer.gap():.2f} s without writes"
        told.append(f"{writer.component} {writer.gap():.2f} s without writes, 0 of {acknowledged} lost")
    print(f"{what}: {took:.0f} s; {'; '.join(told)}", flush=True)


def members_are_in_both_zones(shop):
    nodes = [node["metadata"] for node in json.loads(shop.cluster.kubectl("get", "nodes", "-o", "json"))["items"]]
    zones = {node["name"]: node["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert len(set(zones.values())) == 2, zones
    for component, pods in shop.pods().items():
        assert len(pods) < 2 or len({zones[node] for node in pods.values()}) == 2, f"one zone holds all of {component}: {pods}"
    print("no zone holds all members of a component", flush=True)


def a_node_is_drained(shop):
    """The one with a single member of PostgreSQL, while that leads. Clients stay: nobody would make them anew."""
    pods = shop.pods()["postgresql"]
    node = min(set(pods.values()), key=list(pods.values()).count)
    leader = next(pod for pod, its in pods.items() if its == node).removesuffix("-0")
    shop.let_lead(leader)
    there = {component: [pod for pod, its in its_pods.items() if its == node] for component, its_pods in shop.pods().items() if component in WRITTEN}
    before = shop.pod(leader, ".metadata.uid")
    with written(shop, f"{node} is drained, {leader} leads there") as watched:
        done = shop.cluster.run("kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", f"--pod-selector={MINE}", "--timeout=40s", check=False)
        blocked = any(len(its) > 1 for its in there.values())
        assert (done.returncode != 0) == blocked, (there, done.stdout, done.stderr)
        assert not blocked or "disruption budget" in done.stderr, done.stderr
        assert shop.pod(leader, ".metadata.uid") not in ("", before), "it was not evicted"
        heir = until("another one leads", 30, lambda: shop.primary("postgresql"))
        assert heir != leader and pods[f"{heir}-0"] != node, heir
        for component, its in there.items():
            waiting = [pod for pod in its if shop.pod(pod.removesuffix("-0"), ".status.phase") == "Pending"]
            assert len(waiting) == 1, f"{component}: one member's volume is there and waits for its node, others of {its} are kept: {waiting}"
        shop.cluster.kubectl("uncordon", node)
        shop.all_whole()
        assert leader + "-0" in watched.away()[1]["postgresql"]


def a_setting_is_changed(shop):
    """One that takes another pod of each member."""
    before = shop.pods()
    shop.write(redis="96Mi", postgresql="320Mi")
    with written(shop, "memory is changed, every member restarts") as watched:
        shop.up()
        shop.all_whole()
        for component in WRITTEN:
            assert watched.away()[1][component] == set(before[component]), watched.away()


def keelson_is_killed(shop):
    """While a member is away: the next `up` waits for it before it takes another."""
    shop.write()
    with written(shop, "up is killed while a member restarts, and run again") as watched:
        killed = shop.start_up()
        until("a member of each is away or back", 120, lambda: all(watched.away()[1].get(component) for component in WRITTEN))
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
        changed = {component: len(watched.away()[1][component]) for component in WRITTEN}
        assert any(count < 3 for count in changed.values()), f"it was killed too late: {changed}"
        shop.up()
        shop.all_whole()


def another_image_is_given(shop):
    """As a new build of keelson's would be, under a name of somebody's registry: one member after another gets it."""
    name = json.loads(shop.kubectl("get", "pod", "redis-1-0", "-o", "json"))["spec"]["containers"][0]["image"]
    another = f"registry.example/{name}-next"
    for socket in shop.cluster.of_nodes("containerd.sock"):
        shop.cluster.call(["ctr", "--address", socket, "-n", "k8s.io", "images", "tag", f"docker.io/{name}", another])
    shop.write(images=f"images: {{ redis: {another} }}\n")
    with written(shop, "Redis gets another image") as watched:
        shop.up()
        shop.all_whole()
        assert len(watched.away()[1]["redis"]) == 3 and not watched.away()[1].get("postgresql"), watched.away()
    images = shop.kubectl("get", "pods", "-l", f"{MINE},app.kubernetes.io/component=redis", "-o", "jsonpath={.items[*].spec.containers[0].image}").split()
    assert images == [another] * 3, images


def main():
    with Cluster(nodes=2) as cluster:
        shop = Shop(cluster)
        began = time.monotonic()
        shop.stand()
        shop.write()
        print(f"it stands, clients too: {time.monotonic() - began:.0f} s", flush=True)
        members_are_in_both_zones(shop)
        a_node_is_drained(shop)
        a_setting_is_changed(shop)
        keelson_is_killed(shop)
        another_image_is_given(shop)
        shop.run("destroy", "--yes", "shop")


if __name__ == "__main__":
    main()
