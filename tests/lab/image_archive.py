"""Container images of one layer, written without an engine: what `ctr image import` and `docker load` read (a docker-archive)."""

import hashlib
import io
import json
import tarfile


def write(archive, name, files, *, links=None, entrypoint=(), directories=()):
    """`files`: path inside, without the leading slash, and whence it comes. `links`: path inside, and target. The same content gives the same bytes."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for path, mode in directories:
            entry = tarfile.TarInfo(path)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for path, content in sorted(files.items()):
            add(tar, path, content.read_bytes(), 0o755)
        for path, target in sorted((links or {}).items()):
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    digest = hashlib.sha256(layer.getbuffer()).hexdigest()
    settings = {"Env": ["PATH=/bin"], "Entrypoint": list(entrypoint)}
    image = json.dumps({"architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z", "config": settings,
                        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}, "history": [{"created": "1970-01-01T00:00:00Z"}]}).encode()
    configuration = f"{hashlib.sha256(image).hexdigest()}.json"
    manifest = [{"Config": configuration, "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        add(tar, configuration, image)
        add(tar, f"{digest}/layer.tar", layer.getvalue())
        add(tar, "manifest.json", json.dumps(manifest).encode())


def add(tar, path, content, mode=0o644):
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
