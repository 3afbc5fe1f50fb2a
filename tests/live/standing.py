"""A foundation of a live test, by what keelson says of it."""

import json
import time


class Standing:
    """For classes that have `blueprint`, a path, and run(*arguments, check=True): keelson with these arguments."""

    def up(self, *arguments):
        """What it says, and the seconds it took."""
        began = time.monotonic()
        done = self.run("up", "-f", str(self.blueprint), "--progress", "quiet", *arguments)
        return done.stdout, time.monotonic() - began

    def plan(self):
        return json.loads(self.run("plan", "-f", str(self.blueprint), "-o", "json").stdout)["steps"]

    def status(self):
        return json.loads(self.run("status", "-o", "json", check=False).stdout)

    def drill(self, component):
        """Kills the component's leader under load: nothing acknowledged is lost, and all comes back."""
        card = json.loads(self.run("drill", "failover", component, "-o", "json", "--progress", "quiet", check=False).stdout)
        run = card["runs"][0]
        assert card["verdict"] == "pass" and run["lost"] == 0, card
        print(f"drill failover {component}: gap {run['gap_ms']:.0f} ms, {run['acknowledged']} acknowledged, none lost", flush=True)

    def verify(self):
        return json.loads(self.run("verify", "-o", "json", check=False).stdout)["checks"]
