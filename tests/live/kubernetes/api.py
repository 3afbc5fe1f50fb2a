"""The little of a Kubernetes client that the test cluster's own controllers need: a request, and a kind's objects kept current by a watch."""

import http.client
import json
import ssl
import threading
import time

from addresses import API_ADDRESS


class Refused(Exception):
    """The API server's answer is not a success."""


class Api:
    def __init__(self, folder):
        pki = folder / "pki"
        self.context = ssl.create_default_context(cafile=pki / "ca.crt")
        self.context.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def open(self, method, path, body=None, timeout=30):
        connection = http.client.HTTPSConnection(API_ADDRESS, 6443, context=self.context, timeout=timeout)
        connection.request(method, path, body=None if body is None else json.dumps(body), headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.read().decode(errors='replace')[:400]}")
        return answer

    def request(self, method, path, body=None):
        return json.load(self.open(method, path, body))

    def healthy(self):
        try:
            return self.open("GET", "/readyz", timeout=2).read() == b"ok"
        except (OSError, http.client.HTTPException, Refused):
            return False


class Watched:
    """All objects of one kind. `changed`, an Event, is set whenever `objects` is another list; lost connections are made anew."""

    def __init__(self, api, path, changed):
        self.api, self.path, self.changed = api, path, changed
        self.objects = []
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:
            try:
                self.follow_once()
            except (OSError, http.client.HTTPException, ValueError, Refused) as lost:
                print(f"{self.path}: once more, after {lost}", flush=True)
                time.sleep(0.3)

    def follow_once(self):
        listed = self.api.request("GET", self.path)
        known = {thing["metadata"]["uid"]: thing for thing in listed["items"]}
        self.publish(known)
        version = listed["metadata"]["resourceVersion"]
        for line in self.api.open("GET", f"{self.path}?watch=1&resourceVersion={version}&timeoutSeconds=600", timeout=700):
            event = json.loads(line)
            if event["type"] == "ERROR":  # too old: list again
                return
            thing = event["object"]
            if event["type"] == "DELETED":
                known.pop(thing["metadata"]["uid"], None)
            else:
                known[thing["metadata"]["uid"]] = thing
            self.publish(known)

    def publish(self, known):
        self.objects = list(known.values())
        self.changed.set()
