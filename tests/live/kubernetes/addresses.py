"""What the test cluster calls itself, inside its own network namespace."""

API_ADDRESS = "10.99.0.1"  # of the first node, which has the control plane
NODES = "10.99.0.0/24"
PODS = "10.98.0.0/16"
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API = f"https://{API_ADDRESS}:6443"
STORAGE_CLASS = "standard"
PROVISIONER = "keelson.test/local"


def node_name(number):
    return f"node-{number}"


def node_address(number):
    return f"10.99.0.{number}"


def pods_on(number):
    return f"10.98.{number}.0/24"
