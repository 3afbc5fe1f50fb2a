"""What a cluster that people use has beside Kubernetes itself: DNS in kube-system, found there by the labels that everybody's policies name, and a default StorageClass."""

from addresses import DNS_SERVICE, PROVISIONER, STORAGE_CLASS
from kubernetes_lab import COREDNS

COREFILE = """.:53 {
  errors
  health :8080
  ready :8181
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    ttl 2
  }
}
"""
LABELS = {"k8s-app": "kube-dns"}
IN_KUBE_SYSTEM = {"name": "coredns", "namespace": "kube-system"}
READS = [
    {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
]
DNS_CONTAINER = {
    "name": "coredns", "image": COREDNS, "imagePullPolicy": "Never", "args": ["-conf", "/etc/coredns/Corefile"],
    "ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"}],
    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
    "volumeMounts": [{"name": "configuration", "mountPath": "/etc/coredns"}],
    "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
}
DNS_POD = {
    "serviceAccountName": "coredns", "priorityClassName": "system-cluster-critical", "dnsPolicy": "Default", "containers": [DNS_CONTAINER],
    "volumes": [{"name": "configuration", "configMap": {"name": "coredns"}}],
}
OBJECTS = [
    {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": PROVISIONER, "volumeBindingMode": "WaitForFirstConsumer",
     "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": IN_KUBE_SYSTEM},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:coredns"}, "rules": READS},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "system:coredns"},
     "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"}, "subjects": [{"kind": "ServiceAccount"} | IN_KUBE_SYSTEM]},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": IN_KUBE_SYSTEM, "data": {"Corefile": COREFILE}},
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": IN_KUBE_SYSTEM | {"labels": LABELS},
     "spec": {"selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": DNS_POD}}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": LABELS},
     "spec": {"clusterIP": DNS_SERVICE, "selector": LABELS,
              "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]}},
]
LIST = {"apiVersion": "v1", "kind": "List", "items": OBJECTS}
