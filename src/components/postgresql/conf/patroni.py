"""Patroni, whose requests to etcd do not wait for acknowledgements, and who sees sooner that a leader has stopped.

Patroni 3.0.2 replaces urllib3's socket options by its own (dcs/etcd3.py, Etcd3.set_socket_options), and with them TCP_NODELAY. A request goes
out in two writes; on a kept connection the second waits until the receiver acknowledges the first, which it puts off for 40 ms (RFC 9293,
3.7.4 and 3.8.6.3). A promotion makes three such requests, one after another.

A leader that steps down looks once a second whether PostgreSQL has written its last (postgresql/__init__.py, _do_stop); all that time nobody
takes writes. Why both are done here: docs/adr/0019-patroni-nodelay.md
"""
import sys

if __name__ == "__main__":  # not when the process that starts the postmaster imports this file (multiprocessing, "spawn")
    import socket

    from patroni import postgresql
    from patroni.__main__ import main
    from patroni.dcs import etcd3

    patronis_own = etcd3.Etcd3.set_socket_options

    def set_socket_options(self, sock, socket_options):
        patronis_own(self, sock, socket_options)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    etcd3.Etcd3.set_socket_options = set_socket_options
    postgresql.STOP_POLLING_INTERVAL = 0.1  # s
    sys.exit(main())
