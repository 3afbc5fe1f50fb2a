"""The engines' bytes as people move them: from one store by a file into another, and a foundation that runs from there."""

import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

from keelson_live import BINARY, SCRATCH, Foundation, artifact, sweep

BLUEPRINT = """
foundation: live-artifacts
components:
  redis: { members: 1, memory: 64Mi }
"""
PRESENT = ".keelson.json"


class Artifacts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sweep()
        SCRATCH.mkdir(mode=0o711, exist_ok=True)
        cls.scratch = tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-artifacts-", dir=SCRATCH)
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.folder.chmod(0o711)
        cls.file = cls.folder / "keelson.yaml"
        cls.file.write_text(BLUEPRINT)
        cls.keelson("fetch", "-f", str(cls.file), check=0)
        cls.bundle = cls.folder / "engines:2026.tar"  # a colon, which tar by itself takes for another machine
        cls.keelson("export", cls.bundle.name, check=0)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def keelson(cls, *arguments, store=None, check=None):
        environment = dict(os.environ, **({"KEELSON_ARTIFACT_DIR": str(store)} if store else {}))
        done = subprocess.run([BINARY, "artifacts", *arguments], cwd=cls.folder, env=environment, umask=0o077, capture_output=True, text=True, timeout=300)
        if check is not None and done.returncode != check:
            raise AssertionError(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def test_a_foundation_runs_from_what_was_imported(self):
        store = self.folder / "imported"
        self.keelson("import", self.bundle.name, store=store, check=0)
        listed = json.loads(self.keelson("list", "-f", str(self.file), "-o", "json", store=store, check=0).stdout)["artifacts"]
        redis = next(a for a in listed if a["id"] == "redis")
        self.assertTrue(redis["present"])
        self.assertRegex(redis["version"], r"^7\.0\.")
        os.environ["KEELSON_ARTIFACT_DIR"] = str(store)
        try:
            with Foundation("live-artifacts", BLUEPRINT) as it:
                self.assertNotIn("fetch", {step["action"] for step in it.plan()})
                it.up()
                self.assertTrue(it.healthy())
                program = os.readlink(f"/proc/{it.member('redis-1')['pids'][0]}/exe")
                self.assertTrue(program.startswith(str(store)), program)
        finally:
            del os.environ["KEELSON_ARTIFACT_DIR"]

    def test_what_is_here_already_is_left_alone(self):
        store = self.folder / "kept"
        self.keelson("import", self.bundle.name, store=store, check=0)
        mine = store / "redis-7.0/usr/mine"
        mine.write_text("")
        self.keelson("import", self.bundle.name, store=store, check=0)
        self.assertTrue(mine.exists())

    def test_a_file_that_holds_anything_else_is_refused_and_nothing_of_it_taken(self):
        tree = artifact("redis-7.0")
        for name, member, content in (("loose", "readme", tree / PRESENT), ("strange", "Redis 7", tree), ("renamed", "redis-9.9", tree)):
            with self.subTest(name):
                bundle, store = self.folder / f"{name}.tar", self.folder / name
                with tarfile.open(bundle, "w") as tar:
                    tar.add(tree, arcname="redis-7.0")
                    tar.add(content, arcname=member)
                done = self.keelson("import", str(bundle), store=store)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(member, done.stderr)
                self.assertFalse((store / "redis-7.0").exists())

    def test_a_file_that_is_no_bundle_is_refused(self):
        (self.folder / "noise").write_bytes(os.urandom(4096))
        self.assertEqual(self.keelson("import", "noise", store=self.folder / "none").returncode, 1)
        self.assertEqual(self.keelson("import", "not-there", store=self.folder / "none").returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
