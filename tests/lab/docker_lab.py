#!/usr/bin/env python3
"""Docker for the Compose tests, obtained without installing it, once for each content of this recipe, outside the clone (obtaining.py).

    tests/lab/docker_lab.py      makes it where it is not there yet; says why where it cannot (exit code 77)

Debian's engine (dockerd 20.10) is fetched by `apt-get download`, so that apt has checked it against Debian's signed index, and only unpacked: no service
starts, nothing on the machine changes. Debian 12 packages no Compose v2: it is built from Go modules, each pinned by compose/go.sum.

    ~/.cache/keelson/docker-<digest>/
        bin/       for PATH
        config/    for DOCKER_CONFIG: `docker compose` finds its plugin, and nobody's own contexts and credentials are read
"""

import os
import pathlib
import shutil
import subprocess
import sys

from obtaining import GoProgram, Lab, main, numbers, pinned, prepare

COMPOSE = pathlib.Path(__file__).resolve().parent / "compose"
COMPOSE_VERSION = pinned(COMPOSE, r"docker/compose/v2 (v[0-9.]+)")


def finish(part, log):
    (part / "bin/docker-init").symlink_to("../root/usr/bin/tini-static")  # mounted into containers: static, and no script
    plugins = part / "config/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to("../../bin/docker-compose")


LAB = Lab(
    name="docker",
    purpose="Compose tests",
    # The engine, and those libraries of it that not every Debian has.
    packages=("docker.io", "containerd", "runc", "tini", "iptables", "libdevmapper1.02.1", "libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3",
              "libnfnetlink0", "libnftnl11", "libxtables12"),
    programs={
        "dockerd": "usr/sbin/dockerd",
        "docker": "usr/bin/docker",
        "docker-proxy": "usr/sbin/docker-proxy",
        "containerd": "usr/bin/containerd",
        "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
        "runc": "usr/sbin/runc",
        "iptables": "usr/sbin/xtables-nft-multi iptables",
        "ip6tables": "usr/sbin/xtables-nft-multi ip6tables",
    },
    go_programs=(GoProgram(f"Docker Compose {COMPOSE_VERSION}", COMPOSE, "github.com/docker/compose/v2/cmd", "docker-compose",
                           {"github.com/docker/compose/v2/internal.Version": COMPOSE_VERSION}),),
    finish=finish,
    tried=("dockerd --version", "containerd --version", "runc --version", "docker --version", "docker-compose version", "docker-init --version", "iptables --version"),
)


def environment():
    """An environment with dockerd, docker and Compose v2 in it: the machine's own, else the lab's, made where it is not there yet. Raises Unavailable."""
    if all(shutil.which(program) for program in ("dockerd", "containerd", "docker", "iptables")) and compose_command(os.environ):
        return dict(os.environ)
    lab = prepare(LAB)
    return dict(os.environ, PATH=f"{lab / 'bin'}:{os.environ['PATH']}", DOCKER_CONFIG=str(lab / "config"))


def compose_command(environment):
    """`docker compose` or a docker-compose of its own, version 2 or newer; None without."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0], path=environment["PATH"]):
            told = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, timeout=30, env=environment)
            if told.returncode == 0 and numbers(told.stdout)[:1] >= [2]:
                return words
    return None


if __name__ == "__main__":
    sys.exit(main(LAB, lambda: shutil.which("dockerd", path=environment()["PATH"])))
