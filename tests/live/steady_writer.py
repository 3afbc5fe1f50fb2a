"""A client that writes through an endpoint, one row after another, and notes what was acknowledged and when.

    steady_writer.py postgresql|redis FILE        connects as `keelson env` says; ends when its standard input does

A line of FILE is "n seconds": write n was acknowledged then (monotonic). What was not acknowledged is written again, as the next number.
"""

import os
import socket
import ssl
import sys
import threading
import time

PAUSE, AGAIN, PATIENCE = 0.005, 0.01, 2


class Postgresql:
    def __init__(self):
        import psycopg2
        self.session = psycopg2.connect(host=os.environ["PGHOST"], connect_timeout=PATIENCE, options="-c statement_timeout=3000", tcp_user_timeout=PATIENCE * 1000)
        self.session.autocommit = True
        self.cursor = self.session.cursor()

    def prepare(self):
        self.cursor.execute("create table if not exists written (n bigint primary key)")

    def write(self, number):
        self.cursor.execute("insert into written values (%s)", (number,))


class Redis:
    def __init__(self):
        context = ssl.create_default_context(cafile=os.environ["REDIS_CA_FILE"])
        plain = socket.create_connection((os.environ["REDIS_HOST"], int(os.environ["REDIS_PORT"])), PATIENCE)
        self.socket = context.wrap_socket(plain, server_hostname=os.environ["REDIS_HOST"])
        self.reader = self.socket.makefile("rb")
        self.ask("AUTH", os.environ["REDIS_USERNAME"], os.environ["REDIS_PASSWORD"])

    def ask(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words))
        answer = self.reader.readline()
        if not answer.startswith((b"+OK", b":")):
            raise OSError(f"{words[0]}: {answer!r}")

    def prepare(self):
        pass

    def write(self, number):
        self.ask("SADD", "written", str(number))


def main():
    kind, path = {"postgresql": Postgresql, "redis": Redis}[sys.argv[1]], sys.argv[2]
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    client, number, prepared, said = None, 0, False, ""
    with open(path, "w", buffering=1) as notes:
        while not ended.is_set():
            number += 1
            try:
                client = client or kind()
                if not prepared:
                    client.prepare()
                    prepared = True
                client.write(number)
                notes.write(f"{number} {time.monotonic():.6f}\n")
                time.sleep(PAUSE)
            except Exception as why:  # whatever the engine or the way to it says: once more, over a new connection
                if str(why) != said:
                    said = str(why)
                    print(f"{time.monotonic():.3f} {type(why).__name__}: {said.strip()}", file=sys.stderr, flush=True)
                client = None
                time.sleep(AGAIN)


if __name__ == "__main__":
    main()
