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
