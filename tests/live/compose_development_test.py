"""AI Kernel's folder for developers' machines on a real Docker engine: its handbook's commands as they stand in it, by somebody on the engine's host."""

import json
import os

from docker_engine import BINARY, ROOT, Engine, until

BLUEPRINT = ROOT / "blueprints/ai-kernel.yaml"
PASSWORD = "aikernel_dev_password"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")


class Developer:
    def __init__(self, engine):
        self.engine = engine
        self.folder = engine.folder / "aikernel"
        self.programs = engine.folder / "programs"
        self.programs.mkdir()
        for artifact, program in (("postgresql-15", "usr/lib/postgresql/15/bin/psql"), ("redis-7.0", "usr/bin/redis-cli")):
            self.add_client(artifact, program)

    def add_client(self, artifact, program):
        """This machine has them only among keelson's artifacts."""
        tree = f"{self.engine.environment['KEELSON_ARTIFACT_DIR']}/{artifact}"
        path = self.programs / os.path.basename(program)
        path.write_text(f"#!/bin/sh\nLD_LIBRARY_PATH={':'.join(f'{tree}/{one}' for one in LIBRARIES)} exec {tree}/{program} \"$@\"\n")
        path.chmod(0o755)

    def type(self, line, check=True):
        path = f"{self.programs}:{self.engine.environment['PATH']}"
        done = self.engine.network("env", f"--chdir={self.folder}", f"PATH={path}", f"PGPASSWORD={PASSWORD}", "PGCONNECT_TIMEOUT=3", "/bin/sh", "-c", line, check=check)
        return done.stdout if check else done.stdout + done.stderr

    def volumes(self):
        return self.engine.run("docker", "volume", "ls", "-q").stdout.split()


def render(engine, developer):
    own = ["-f", str(BLUEPRINT), "--profile", "dev", "--state-dir", str(engine.folder / "state")]
    words = [BINARY, "render", "--runtime", "compose", "--layout", "ai-kernel", *own, "--out", str(developer.folder)]
    said = engine.run(*words).stderr
    assert "for development only" in said, said
    assert "nothing changed" in engine.run(*words).stdout
    engine.run(BINARY, "images", "build", "--runtime", "compose", *own, timeout=600)
    engine.run(BINARY, "images", "load", "--runtime", "compose", *own, timeout=600)


def starts(developer):
    developer.type("./scripts/start-dev.sh")
    states = [json.loads(line) for line in developer.type("cd dev && docker-compose ps --format json").splitlines()]
    assert {one["Service"]: one["Health"] for one in states} == dict.fromkeys(("postgres-primary", "postgres-replica", "redis-master", "redis-replica"), "healthy"), states
    assert sorted(developer.volumes()) == [f"aikernel_{name}-data" for name in ("postgres-primary", "postgres-replica", "redis-master", "redis-replica")]


def serves_on_localhost(developer):
    sql = "psql -h localhost -p {port} -U aikernel -d aikernel_catalog -XAtqc"
    primary, replica = sql.format(port=5432), sql.format(port=5433)
    developer.type(f"{primary} 'create table kept (n int); insert into kept values (1)'")
    until("the replica has it", 10, lambda: developer.type(f"{replica} 'select n from kept'", check=False) == "1\n")
    assert "read-only" in developer.type(f"{replica} 'insert into kept values (2)'", check=False)
    assert "password authentication failed" in developer.type(f"PGPASSWORD=wrong {primary} 'select 1'", check=False)
    assert developer.type(f"{primary.replace('aikernel_catalog', 'aikernel_audit')} 'select 1'") == "1\n"
    assert developer.type("redis-cli -h localhost -p 6379 SET key one") == "OK\n"
    until("the replica has it", 10, lambda: developer.type("redis-cli -h localhost -p 6380 GET key") == "one\n")
    assert "READONLY" in developer.type("redis-cli -h localhost -p 6380 SET key two", check=False)
    assert developer.type("cat secrets/clients/postgres/aikernel") == PASSWORD
    print("5432 and 5433, 6379 and 6380 of localhost answer as the handbook says", flush=True)


def answers_inside(developer):
    assert "accepting connections" in developer.type("cd dev && docker-compose exec postgres-primary pg_isready")
    assert developer.type("cd dev && docker-compose exec redis-master redis-cli ping").strip() == "PONG"
    assert "database system is ready" in developer.type("cd dev && docker-compose logs --tail=100 postgres-primary")
    developer.type("cd dev && docker-compose exec postgres-primary pg_dump -U aikernel aikernel_catalog > backup.sql")
    developer.type("psql -h localhost -p 5432 -U aikernel -d aikernel_catalog -XAtqc 'drop table kept'")
    developer.type("cd dev && docker-compose exec -T postgres-primary psql -U aikernel aikernel_catalog < backup.sql")
    assert developer.type("psql -h localhost -p 5432 -U aikernel -d aikernel_catalog -XAtqc 'select n from kept'") == "1\n"
    print("its commands inside containers answer; a dump is restored", flush=True)


def stops_and_starts_again(developer):
    developer.type("./scripts/stop-dev.sh")
    assert len(developer.volumes()) == 4
    developer.type("cd dev && docker-compose up -d postgres-primary redis-master")
    until("what was written is there", 60, lambda: developer.type("psql -h localhost -p 5432 -U aikernel -d aikernel_catalog -XAtqc 'select n from kept'", check=False) == "1\n")
    until("in Redis, too", 60, lambda: developer.type("redis-cli -h localhost -p 6379 GET key", check=False) == "one\n")
    assert sorted(developer.type("cd dev && docker-compose ps --services").split()) == ["postgres-primary", "redis-master"]
    developer.type("./scripts/start-dev.sh")
    developer.type("cd dev && docker-compose down -v")
    assert developer.volumes() == [] and developer.engine.run("docker", "ps", "-aq").stdout == ""
    print("data outlives stop-dev.sh; down -v leaves nothing", flush=True)


def main():
    with Engine() as engine:
        developer = Developer(engine)
        render(engine, developer)
        starts(developer)
        serves_on_localhost(developer)
        answers_inside(developer)
        stops_and_starts_again(developer)


if __name__ == "__main__":
    main()
