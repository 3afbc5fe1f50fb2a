"""Enforces NetworkPolicies in the node's network namespace, with nftables: what a network plugin does on a real cluster.

Pods are routed, not bridged (ptp), so that all their traffic passes the forward hook. A pod's traffic to the node (the API server) passes the input hook; the node's
own to pods (the kubelet's probes) is never filtered. What a pod sends to itself, through its own Service, is always allowed. IPv4 only.
As with many plugins, a new pod is open until its address is known here: some tenths of a second.
"""

import pathlib
import subprocess
import sys
import threading

from api import Api, Watched

TABLE = """table inet network_policy
delete table inet network_policy
table inet network_policy {{
{chains}
  chain forward {{
    type filter hook forward priority 10
    ct state established,related accept
    {forward}
  }}
  chain input {{
    type filter hook input priority 10
    ct state established,related accept
    {input}
  }}
}}
"""
OPERATORS = {
    "In": lambda value, values: value is not None and value in values,
    "NotIn": lambda value, values: value is None or value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def selects(selector, thing):
    """Whether a label selector takes this object; the empty one takes all."""
    labels = thing["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) and all(
        OPERATORS[wanted["operator"]](labels.get(wanted["key"]), wanted.get("values") or []) for wanted in selector.get("matchExpressions") or [])


def address(pod):
    return pod["status"]["podIP"]


def on_network(pod):
    return pod["status"].get("podIP") and not pod["spec"].get("hostNetwork") and pod["status"].get("phase") in ("Pending", "Running")


def ruleset(pods, namespaces, policies):
    """The nft commands that put these policies in force, in one transaction."""
    pods = sorted(filter(on_network, pods), key=address)
    chains, into, out_of = [], [], []
    for pod in pods:
        mine = [policy for policy in policies if policy["metadata"]["namespace"] == pod["metadata"]["namespace"] and selects(policy["spec"].get("podSelector") or {}, pod)]
        for direction, here, jumps in (("Ingress", "daddr", into), ("Egress", "saddr", out_of)):
            isolating = [policy for policy in mine if direction in policy["spec"]["policyTypes"]]
            if isolating:
                chain = f"{direction.lower()}_{pod['metadata']['uid'].replace('-', '')}"
                allowed = {line for policy in isolating for line in allowances(direction, policy, pod, pods, namespaces)}
                chains.append(f"  chain {chain} {{\n    " + "\n    ".join([*sorted(allowed), "drop"]) + "\n  }")
                jumps.append(f"ip {here} {address(pod)} jump {chain}")
    to_itself = [f"ip saddr {address(pod)} ip daddr {address(pod)} accept" for pod in pods]
    return TABLE.format(chains="\n".join(chains), forward="\n    ".join(to_itself + into + out_of), input="\n    ".join(out_of))


def allowances(direction, policy, pod, pods, namespaces):
    """A line of nft for each thing that the policy allows this pod."""
    field, there = ("from", "saddr") if direction == "Ingress" else ("to", "daddr")
    for rule in policy["spec"].get(direction.lower()) or []:
        for match, others in peers(rule.get(field), there, policy, pods, namespaces):
            for port in ports(rule.get("ports"), [pod] if direction == "Ingress" else others):
                yield f"{match}{port}return"


def peers(wanted, there, policy, pods, namespaces):
    """Pairs: a match of addresses, and the pods that it may mean, for the names of their ports."""
    if not wanted:
        yield "", pods
        return
    selected = []
    for peer in wanted:
        if "ipBlock" not in peer:
            selected += [pod for pod in pods if is_peer(peer, pod, policy, namespaces)]
        elif ":" not in peer["ipBlock"]["cidr"]:
            excepted = peer["ipBlock"].get("except")
            yield f"ip {there} {peer['ipBlock']['cidr']} " + (f"ip {there} != {{ {', '.join(excepted)} }} " if excepted else ""), pods
    if selected:
        yield f"ip {there} {{ {', '.join(sorted({address(pod) for pod in selected}))} }} ", selected


def is_peer(peer, pod, policy, namespaces):
    if "namespaceSelector" in peer:
        namespace = next((n for n in namespaces if n["metadata"]["name"] == pod["metadata"]["namespace"]), None)
        in_namespace = namespace is not None and selects(peer["namespaceSelector"], namespace)
    else:
        in_namespace = pod["metadata"]["namespace"] == policy["metadata"]["namespace"]
    return in_namespace and selects(peer.get("podSelector") or {}, pod)


def ports(wanted, destinations):
    """Matches of ports; the name of one is that of a container's port in each destination."""
    if not wanted:
        yield ""
    for entry in wanted or []:
        protocol, port = entry.get("protocol", "TCP"), entry.get("port")
        if port is None:
            yield f"meta l4proto {protocol.lower()} "
        elif isinstance(port, int):
            last = f"-{entry['endPort']}" if "endPort" in entry else ""
            yield f"{protocol.lower()} dport {port}{last} "
        else:
            for pod in destinations:
                for number in named(pod, port, protocol):
                    yield f"ip daddr {address(pod)} {protocol.lower()} dport {number} "


def named(pod, name, protocol):
    return [port["containerPort"] for container in pod["spec"]["containers"] for port in container.get("ports") or []
            if port.get("name") == name and port.get("protocol", "TCP") == protocol]


def main():
    api, changed, in_force = Api(pathlib.Path(sys.argv[1])), threading.Event(), None
    pods, namespaces, policies = (Watched(api, path, changed) for path in ("/api/v1/pods", "/api/v1/namespaces", "/apis/networking.k8s.io/v1/networkpolicies"))
    while changed.wait():
        changed.clear()
        wanted = ruleset(pods.objects, namespaces.objects, policies.objects)
        if wanted != in_force:
            subprocess.run(["nft", "-f", "-"], input=wanted, text=True, check=True, timeout=30)
            in_force = wanted


if __name__ == "__main__":
    main()
