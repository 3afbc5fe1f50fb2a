"""A foundation of a live test, by what keelson says of it."""

import json
import time

from enclosed import until


class Standing:
    """For classes that have `blueprint`, a path, and run(*arguments, check=True): keelson with these arguments."""

    def up(self, *arguments):
        """What it says, and the seconds it took."""
        began = time.monotonic()
        done = self.run("up", "-f", str(self.blueprint), "--progress", "quiet", *arguments)
        return done.stdout, time.monotonic() - began

    def plan(self):
        return json.loads(self.run("plan", "-f", str(self.blueprint), "-o", "json").stdout)["steps"]

    def has_nothing_to_do(self):
        """Soon: a replica may be about to follow another master, on a machine so busy that Sentinel chose one."""
        deadline = time.monotonic() + 60
        while left := self.plan():
            assert all("is not ready" in step["reason"] for step in left) and time.monotonic() < deadline, left
            time.sleep(0.5)

    def status(self):
        return json.loads(self.run("status", "-o", "json", check=False).stdout)

    def why(self, thing):
        """The links from a symptom to its first failing cause, as text; its exit code is that of the state it tells."""
        done = self.run("why", thing, "-o", "json", check=False)
        told = json.loads(done.stdout)
        assert done.returncode == (5 if told["chain"] else 0), (done.returncode, told)
        return [f"{link['subject']}: {link['what']}" for link in told["chain"]]

    def drill(self, component):
        """Kills the component's leader under load: nothing acknowledged is lost, and all comes back."""
        card = json.loads(self.run("drill", "failover", component, "-o", "json", "--progress", "quiet", check=False).stdout)
        run = card["runs"][0]
        assert card["verdict"] == "pass" and run["lost"] == 0, card
        print(f"drill failover {component}: gap {run['gap_ms']:.0f} ms, {run['acknowledged']} acknowledged, none lost", flush=True)

    def leader(self, component):
        members = next(one["members"] for one in self.status()["components"] if one["name"] == component)
        return next((member["name"] for member in members if member["role"] == "primary"), None)

    def switch_over(self, component):
        """In good order; who leads afterwards."""
        before = until(f"{component} has a leader", 60, lambda: self.leader(component))
        done = json.loads(self.run("switchover", component, "-o", "json").stdout)
        after = until(f"{component} has another leader", 60, lambda: self.leader(component))
        assert (done["from"], done["to"]) == (before, after) and before != after, (before, done, after)
        print(f"switchover {component}: {done['from']} to {done['to']} in {done['took_ms']:.0f} ms", flush=True)
        return done["to"]

    def sabotage(self, *ids):
        """Each damages the foundation, turns exactly the declared checks red, and is repaired."""
        done = self.run("verify", "--sabotage", ",".join(ids) or "all", "-o", "json", check=False, timeout=3600)
        assert done.stdout, done.stderr
        sabotages = json.loads(done.stdout)["sabotages"]
        for one in sabotages:
            print(f"sabotage {one['id']}: {one['state']} in {one['took_ms'] / 1000:.1f} s: {one['evidence']}", flush=True)
        assert sabotages and all(one["state"] == "pass" for one in sabotages) and done.returncode == 0, done.stderr[-4000:]

    def verify(self):
        return json.loads(self.run("verify", "-o", "json", check=False).stdout)["checks"]
