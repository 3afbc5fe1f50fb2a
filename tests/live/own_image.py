"""Images of one's own for the tests: made of keelson's archives, without an engine, as if by somebody who has no keelson.

    own_image(archive, out, "shop/orders:1", {"opt/shop/shop.py": (0o755, text)})

A docker-archive `out` with one layer more: keelson and the folders that it mounts onto are gone, the files given are there, and by itself the image would start nothing.
"""

import hashlib
import io
import json
import tarfile

NOTHING = ["/nothing-is-here"]


def layer(entries):
    """A tar of entries: path -> (mode, content); a path that ends with / is a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, (mode, content) in entries.items():
            info = tarfile.TarInfo(path.rstrip("/"))
            info.mode = mode
            if path.endswith("/"):
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
                continue
            content = content.encode() if isinstance(content, str) else content
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def own_image(archive, out, name, entries):
    without = {"usr/bin/.wh.keelson": (0o644, ""), ".wh.keelson": (0o644, "")}  # how layers say that something is gone
    layers = [layer(without), layer(entries)]
    with tarfile.open(archive) as source, tarfile.open(out, "w") as target:
        manifest = json.load(source.extractfile("manifest.json"))[0]
        config = json.load(source.extractfile(manifest["Config"]))
        for path in manifest["Layers"]:
            target.addfile(source.getmember(path), source.extractfile(path))

        def add(path, content):
            info = tarfile.TarInfo(path)
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
            return path

        for content in layers:
            digest = hashlib.sha256(content).hexdigest()
            config["rootfs"]["diff_ids"].append("sha256:" + digest)
            manifest["Layers"].append(add(f"{digest}/layer.tar", content))
        config["config"]["Entrypoint"] = NOTHING
        text = json.dumps(config).encode()
        manifest["Config"] = add(hashlib.sha256(text).hexdigest() + ".json", text)
        manifest["RepoTags"] = [name]
        add("manifest.json", json.dumps([manifest]).encode())
    return out
