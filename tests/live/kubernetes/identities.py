"""The cluster's certificates, and a kubeconfig for each that calls the API server. Made anew for each cluster."""

import base64
import json
import subprocess

from addresses import API, API_ADDRESS, API_SERVICE, node_name

CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "kube-controller-manager": "/CN=system:kube-controller-manager",
    "kube-scheduler": "/CN=system:kube-scheduler",
    "kube-proxy": "/CN=system:kube-proxy",
}
SERVER_NAMES = ",".join(["DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc", "DNS:localhost", "IP:127.0.0.1", f"IP:{API_ADDRESS}", f"IP:{API_SERVICE}"])


def make(folder, nodes):
    """folder/pki/<who>.{crt,key} and folder/<client>.kubeconfig, the latter complete in itself."""
    pki = folder / "pki"
    pki.mkdir()
    (pki / "openssl.cnf").write_text("[req]\ndistinguished_name=none\n[none]\n")  # no extension but those that are named
    certify(pki, "ca", "/CN=test-cluster", "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature", authority=())
    certify(pki, "kube-apiserver", "/CN=kube-apiserver", "extendedKeyUsage=serverAuth", f"subjectAltName={SERVER_NAMES}")
    kubelets = {node_name(number): f"/O=system:nodes/CN=system:node:{node_name(number)}" for number in nodes}
    for client, subject in (CLIENTS | kubelets).items():
        certify(pki, client, subject, "extendedKeyUsage=clientAuth")
        (folder / f"{client}.kubeconfig").write_text(json.dumps(kubeconfig(pki, client), indent=1))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pki / "service-accounts.key")


def certify(pki, name, subject, *extensions, authority=("-CA", "ca.crt", "-CAkey", "ca.key")):
    added = [word for extension in extensions for word in ("-addext", extension)]
    openssl("req", "-x509", "-config", "openssl.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", subject,
            "-keyout", f"{name}.key", "-out", f"{name}.crt", *authority, *added, cwd=pki)


def openssl(*words, cwd=None):
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30, cwd=cwd)


def kubeconfig(pki, client):
    def inline(name):
        return base64.b64encode((pki / name).read_bytes()).decode()

    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": API, "certificate-authority-data": inline("ca.crt")}}],
        "users": [{"name": client, "user": {"client-certificate-data": inline(f"{client}.crt"), "client-key-data": inline(f"{client}.key")}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": client}}],
    }
