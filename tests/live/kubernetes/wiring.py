"""The nodes' network: a bridge in the first one's namespace, and on it a cable to the namespace of each other. Pods are routed by their node's address."""

import subprocess

from addresses import API_ADDRESS, node_address, node_name, pods_on

# Without a default route no address of a Service is a destination on the node itself.
FIRST = f"""
ip link set lo up
ip link add node0 type bridge
ip address add {API_ADDRESS}/24 dev node0
ip link set node0 up
ip route add default dev node0
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
"""
OTHER = """
ip netns add {name}
ip link add to-{name} type veth peer name node0 netns {name}
ip link set to-{name} master node0 up
ip -n {name} link set lo up
ip -n {name} address add {address}/24 dev node0
ip -n {name} link set node0 up
ip -n {name} route add default dev node0
nsenter --net={namespace} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
"""


def namespace(number):
    return f"/run/netns/{node_name(number)}"


def wire(numbers):
    commands = FIRST + "".join(OTHER.format(name=node_name(n), address=node_address(n), namespace=namespace(n)) for n in numbers if n != 1)
    for here in numbers:
        ip = "ip" if here == 1 else f"ip -n {node_name(here)}"
        commands += "".join(f"{ip} route add {pods_on(there)} via {node_address(there)}\n" for there in numbers if there != here)
    subprocess.run(["/bin/sh", "-ec", commands], check=True, timeout=30)
