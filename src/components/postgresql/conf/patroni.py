"""Patroni, who takes the leader key from nobody, whose requests to etcd and to Kubernetes' API do not wait for acknowledgements, who sees sooner that a leader has
stopped, and who keeps the connection of a caller that asks for it.

A Patroni 3.0.2 that was cut off from etcd goes by what it saw last. Back again, and its lease over, it writes the leader key anew whoever holds it
(dcs/etcd3.py, Etcd3._update_leader): the new leader is deposed, and what it acknowledged is lost. `keelson drill partition` shows it. Here it
is written only while it is still this member's, as later releases of Patroni do, and unlike them not where there is none: whoever lost it stands for election.

Patroni 3.0.2 replaces urllib3's socket options by its own (dcs/etcd3.py, Etcd3.set_socket_options), and with them TCP_NODELAY. A request goes
out in two writes; on a kept connection the second waits until the receiver acknowledges the first, which it puts off for 40 ms (RFC 9293,
3.7.4 and 3.8.6.3). A promotion makes three such requests, one after another. The same goes for Kubernetes' API (dcs/kubernetes.py, configure_timeouts).

A leader that steps down looks once a second whether PostgreSQL has written its last (postgresql/__init__.py, _do_stop); all that time nobody
takes writes.

Its REST API answers by HTTP/1.0 and ends every connection. Whoever asks each second pays for a TLS handshake each second, and so does the member.
A caller that says "Connection: keep-alive" is told the length of the answer, and its connection is kept; every other caller sees what it saw before.
An answer goes out in one write, or else the part after its headers would wait for an acknowledgement as above.

Why this is done here: docs/adr/0019-patroni-nodelay.md

KEELSON_ENGINE_NAME=VALUE in its environment is NAME=VALUE in PostgreSQL's, and not in Patroni's own (src/operate/clock_fault.cpp).
"""
import sys

if __name__ == "__main__":  # not when the process that starts the postmaster imports this file (multiprocessing, "spawn")
    import os
    import socket
    import time

    from patroni import api, postgresql, version
    from patroni.__main__ import main
    from patroni.dcs import Leader, catch_return_false_exception, etcd3, kubernetes

    if version.__version__ != "3.0.2":
        sys.exit(f"keelson changes functions of Patroni 3.0.2, and this is {version.__version__}")

    @catch_return_false_exception
    def update_leader(self):
        retry = self._retry.copy()  # one span of time for all of it

        def within(call, *arguments, **options):
            return retry(call, *arguments, retry=retry, **options)

        self._run_and_handle_exceptions(self._do_refresh_lease, True, retry=within)
        seen = self.cluster and self.cluster.leader  # at the last look at etcd, which may be long ago
        if not self._lease or isinstance(seen, Leader) and seen.session == self._lease:
            return bool(self._lease)

        key, name = etcd3.base64_encode(self.leader_path), etcd3.base64_encode(self._name)
        retry.deadline = retry.stoptime - time.time()
        if retry.deadline < 1:
            raise etcd3.Etcd3Error("no time is left to write the leader key")
        still_ours = {"key": key, "target": "VALUE", "value": name}
        write = {"request_put": {"key": key, "value": name, "lease": self._lease}}
        return bool(self._run_and_handle_exceptions(self._client.txn, still_ours, write, retry=within))

    patronis_own = etcd3.Etcd3.set_socket_options

    def set_socket_options(self, sock, socket_options):
        patronis_own(self, sock, socket_options)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    patronis_timeouts = kubernetes.CoreV1ApiProxy.configure_timeouts

    def configure_timeouts(self, *arguments):
        patronis_timeouts(self, *arguments)
        self._api_client.pool_manager.connection_pool_kw["socket_options"].append((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1))

    patronis_answer = api.RestApiHandler._write_response

    def write_response(self, status_code, body, content_type="text/html", headers=None):
        kept = {}
        if self.command == "GET" and (self.headers.get("Connection") or "").lower() == "keep-alive":  # without a body that nobody reads
            kept = {"Connection": "keep-alive", "Content-Length": str(len(body.encode("utf-8")))}  # send_header keeps the connection when it sees the first
        patronis_answer(self, status_code, body, content_type, {**(headers or {}), **kept})

    etcd3.Etcd3._update_leader = update_leader
    etcd3.Etcd3.set_socket_options = set_socket_options
    kubernetes.CoreV1ApiProxy.configure_timeouts = configure_timeouts
    api.RestApiHandler._write_response = write_response
    api.RestApiHandler.wbufsize = -1  # flushed after each request (http.server)
    postgresql.STOP_POLLING_INTERVAL = 0.1  # s
    for name in [name for name in os.environ if name.startswith("KEELSON_ENGINE_")]:
        os.environ[name.removeprefix("KEELSON_ENGINE_")] = os.environ.pop(name)
    sys.exit(main())
