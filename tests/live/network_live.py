"""What the tests of the network policy share: nftables by its library, connections as another user, another network namespace."""

import ctypes
import errno
import os
import pwd
import select
import socket
import subprocess

NOBODY = pwd.getpwnam("nobody").pw_uid
DAEMON = pwd.getpwnam("daemon").pw_uid
CLONE_NEWNET = 0x40000000


class Nft:
    """The few calls of libnftables that a test needs: the nft program need not be installed."""

    def __init__(self):
        self.library = ctypes.CDLL("libnftables.so.1")
        self.library.nft_ctx_new.restype = ctypes.c_void_p
        for call in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer", "nft_ctx_free"):
            getattr(self.library, call).argtypes = [ctypes.c_void_p]
        self.library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        for call in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(self.library, call).restype = ctypes.c_char_p

    def __call__(self, command):
        """What it prints; None when it is refused."""
        context = self.library.nft_ctx_new(0)
        try:
            self.library.nft_ctx_buffer_output(context)
            self.library.nft_ctx_buffer_error(context)
            failed = self.library.nft_run_cmd_from_buffer(context, command.encode())
            return None if failed else self.library.nft_ctx_get_output_buffer(context).decode()
        finally:
            self.library.nft_ctx_free(context)


def enter(namespace):
    """Moves the calling thread into the network namespace of that name (`ip netns`)."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)


def dial(uid, address, port, source=None, namespace=None):
    """"open", "refused" or another errno's name: what a process of that user meets, from that address, in that network namespace."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        word = "?"
        try:
            if namespace:
                enter(namespace)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            with socket.socket() as client:  # not create_connection, which may load modules that this user cannot read
                client.settimeout(3)
                if source:
                    client.bind((source, 0))
                client.connect((address, port))
                word = "open"
        except ConnectionRefusedError:
            word = "refused"
        except OSError as error:
            word = errno.errorcode.get(error.errno, str(error))
        finally:
            os.write(writing, word.encode())
            os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], 10)
    word = os.read(reading, 100).decode() if ready else "silence"
    os.close(reading)
    os.waitpid(child, 0)
    return word


class OtherMachine:
    """A network namespace at the other end of a wire: what another machine is to addresses and packet filters. Context manager."""

    HERE = "198.18.77.1"
    TRUSTED = "198.18.77.2"
    STRANGER = "198.18.77.3"

    def __init__(self, name):
        self.name = name
        self.wire = "kltest0"

    def __enter__(self):
        self.remove()
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.wire, "type", "veth", "peer", "name", "there", "netns", self.name)
        run("ip", "addr", "add", f"{self.HERE}/24", "dev", self.wire)
        run("ip", "link", "set", self.wire, "up")
        for address in (self.TRUSTED, self.STRANGER):
            run("ip", "-n", self.name, "addr", "add", f"{address}/24", "dev", "there")
        run("ip", "-n", self.name, "link", "set", "there", "up")
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        for command in (["ip", "link", "del", self.wire], ["ip", "netns", "del", self.name]):
            subprocess.run(command, capture_output=True, timeout=30)  # what is not there is fine

    def dial(self, source, address, port):
        return dial(0, address, port, source, self.name)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr}")
