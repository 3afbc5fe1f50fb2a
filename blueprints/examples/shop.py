"""A small shop: GET /orders tells how many there are, POST /orders adds one, GET /ready says whether it can.

It talks to PostgreSQL through libpq, which is on every machine that runs keelson, so that this example needs no package.
Your own application takes the driver it likes; the five words in `connection_words` are what any of them needs.
"""

import ctypes
import http.server
import json
import os
import ssl

libpq = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdbParams", "PQexecParams"):
    getattr(libpq, name).restype = ctypes.c_void_p
for name in ("PQerrorMessage", "PQgetvalue"):
    getattr(libpq, name).restype = ctypes.c_char_p

CONNECTION_OK, COMMAND_OK, TUPLES_OK = 0, 1, 2
TABLE = "CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, item text NOT NULL, at timestamptz NOT NULL DEFAULT now())"


def connection_words():
    """Where the endpoint is, whom to be, and whom to believe: all of it given by keelson."""
    with open(os.environ["KEELSON_CONFIG"] + "/database-password", encoding="ascii") as file:
        password = file.read().strip()
    name, address = os.environ["POSTGRESQL_PRIMARY_HOST"], os.environ["POSTGRESQL_PRIMARY_ADDRESS"]
    return {
        "host": name,  # as in the server's certificate
        **({"hostaddr": address} if address != name else {}),  # so that nothing has to be looked up; on Kubernetes the name is the address
        "port": os.environ["POSTGRESQL_PRIMARY_PORT"],
        "dbname": os.environ["SHOP_DATABASE"],
        "user": os.environ["SHOP_USER"],
        "password": password,
        "sslmode": "verify-full",
        "sslrootcert": os.environ["KEELSON_CA"],
        "connect_timeout": "3",
        "application_name": "shop",
    }


def words_array(words):
    return (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)


def ask(sql, *values):
    """Runs one statement in a session of its own; its first column, as text. Raises ConnectionError with libpq's words."""
    words = connection_words()
    session = ctypes.c_void_p(libpq.PQconnectdbParams(words_array(words.keys()), words_array(words.values()), 0))
    try:
        if libpq.PQstatus(session) != CONNECTION_OK:
            raise ConnectionError(libpq.PQerrorMessage(session).decode().strip())
        result = ctypes.c_void_p(libpq.PQexecParams(session, sql.encode(), len(values), None, words_array(values), None, None, 0))
        try:
            if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                raise ConnectionError(libpq.PQerrorMessage(session).decode().strip())
            return [libpq.PQgetvalue(result, row, 0).decode() for row in range(libpq.PQntuples(result))]
        finally:
            libpq.PQclear(result)
    finally:
        libpq.PQfinish(session)


def ready():
    if ask("SELECT to_regclass('orders') IS NOT NULL") != ["t"]:
        ask(TABLE)
    return {"ready": True}


class Shop(http.server.BaseHTTPRequestHandler):
    timeout = 10  # seconds a client may be silent

    def answer(self, status, body):
        text = (json.dumps(body) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def try_to(self, work):
        try:
            self.answer(200, work())
        except ConnectionError as error:
            if self.path != "/ready":  # asked often while the database starts
                print(f"database: {error}", flush=True)  # to the log of this member: keelson logs orders
            self.answer(503, {"error": "the database does not answer"})

    def do_GET(self):
        if self.path == "/ready":
            self.try_to(ready)
        elif self.path == "/orders":
            self.try_to(lambda: {"orders": int(ask("SELECT count(*) FROM orders")[0])})
        else:
            self.answer(404, {"error": "there is /orders and /ready"})

    def do_POST(self):
        size = min(int(self.headers.get("Content-Length") or 0), 1000)
        item = self.rfile.read(size).decode(errors="replace").strip() or "something"
        self.try_to(lambda: {"order": int(ask("INSERT INTO orders (item) VALUES ($1) RETURNING id", item)[0])})

    def log_message(self, *words):
        """Requests are not worth a line; what fails is."""


def main():
    # Listens at once, whether the database is there or not: /ready tells keelson when it is.
    address = (os.environ["KEELSON_ADDRESS"], 8443)
    print(f"shop: listening on https://{address[0]}:{address[1]}", flush=True)
    server = http.server.ThreadingHTTPServer(address, Shop)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.environ["KEELSON_CERTIFICATE"], os.environ["KEELSON_KEY"])
    # The handshake is left to the request's own thread: a silent client must not hold up the others.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
