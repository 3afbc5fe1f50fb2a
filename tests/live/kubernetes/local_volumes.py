"""PersistentVolumes for the class `standard`: a folder on the node for each claim that a pod waits for, gone with the claim.

The scheduler names the node (WaitForFirstConsumer); the volume is a `local` one, so that fsGroup is honoured. The folder is root's, as on a new disk.
"""

import pathlib
import shutil
import sys
import threading

from addresses import PROVISIONER, STORAGE_CLASS
from api import Api, Refused, Watched

OURS = "pv.kubernetes.io/provisioned-by"
NODE_OF_CLAIM = "volume.kubernetes.io/selected-node"


def annotation(thing, name):
    return (thing["metadata"].get("annotations") or {}).get(name)


def waits(claim):
    """For a volume of ours, on a node that is known."""
    return claim["spec"].get("storageClassName") == STORAGE_CLASS and not claim["spec"].get("volumeName") and annotation(claim, NODE_OF_CLAIM)


def volume_for(claim, path):
    identity = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"} | {key: claim["metadata"][key] for key in ("namespace", "name", "uid")}
    on_its_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [annotation(claim, NODE_OF_CLAIM)]}
    return {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": path.name, "annotations": {OURS: PROVISIONER}},
        "spec": {
            "capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"], "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": STORAGE_CLASS, "claimRef": identity, "local": {"path": str(path)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_its_node]}]}},
        },
    }


def provide(api, claim, path):
    path.mkdir(mode=0o755, exist_ok=True)
    api.request("POST", "/api/v1/persistentvolumes", volume_for(claim, path))


def delete(api, volume):
    shutil.rmtree(volume["spec"]["local"]["path"], ignore_errors=True)
    api.request("DELETE", f"/api/v1/persistentvolumes/{volume['metadata']['name']}")


def attempt(work, *arguments):
    try:
        work(*arguments)
    except Refused as why:  # it exists, or is gone: what is watched is a little old
        print(why, flush=True)


def main():
    cluster = pathlib.Path(sys.argv[1])
    folder, api, changed = cluster / "volumes", Api(cluster), threading.Event()
    folder.mkdir(exist_ok=True)
    claims, volumes = (Watched(api, path, changed) for path in ("/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"))
    while changed.wait():
        changed.clear()
        known = {volume["metadata"]["name"] for volume in volumes.objects}
        for claim in filter(waits, claims.objects):
            path = folder / f"pvc-{claim['metadata']['uid']}"
            if path.name not in known:
                attempt(provide, api, claim, path)
        for volume in volumes.objects:
            if annotation(volume, OURS) == PROVISIONER and volume["status"].get("phase") == "Released" and "deletionTimestamp" not in volume["metadata"]:
                attempt(delete, api, volume)


if __name__ == "__main__":
    main()
