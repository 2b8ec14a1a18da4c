"""Services of the compose file that neither answer requests nor take jobs: alerts, the queue, the database,
and their health checks.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.miniatures_site.containers import COMPOSE, interpolated, running, wait_until
from tests.postgres_server import free_port, postgres
from tests.webhooks.receiver import listening

SERVICES = COMPOSE["services"]


def is_healthy(service: str, program: str, **variables: str) -> bool:
    """Run a service's health check as Docker does; `program` stands for its client,
    told where the service is on this machine.
    """
    kind, line = SERVICES[service]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    # Compose passes a doubled dollar on as one.
    asked = line.replace("$$", "$").replace(program.split()[0], program)
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(["sh", "-c", asked], env=environment, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_alerts_tells_that_the_database_is_away(environment: dict[str, str], tmp_path: Path) -> None:
    line = SERVICES["alerts"]["command"]
    assert line.endswith(" --every 60")
    nowhere = f"sqlite:///{tmp_path / 'no such folder' / 'db.sqlite3'}"

    with listening() as receiver:
        changed = {
            "DATABASE_URL": nowhere, "ALERT_AFTER_S": "0", "ALERT_WEBHOOK_URL": receiver.url,
            "ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        }  # fmt: skip
        soon = line.replace("--every 60", "--every 1")
        with running(soon, {**environment, **changed}, tmp_path / "log") as process:
            wait_until(lambda: receiver.calls, process)

    assert b"MiniaturesDatabaseAway" in receiver.calls[0][1]
    # Asked to stop it ends by itself.
    assert process.returncode == 0


@pytest.mark.slow
def test_redis_serves_those_who_know_its_password_and_its_health_check_sees_it(tmp_path: Path) -> None:
    redis, port = SERVICES["redis"], free_port()
    words = [interpolated(word, REDIS_PASSWORD="right") for word in redis["command"]]
    words = [*words, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    client = f"redis-cli -p {port}"

    def answers(password: str) -> bool:
        return is_healthy("redis", client, REDIS_PASSWORD=password)

    assert not answers("right")
    with running(shlex.join(words), dict(os.environ), tmp_path / "log") as process:
        wait_until(lambda: answers("right"), process)
        wrong = answers("wrong")
        told = subprocess.run([*client.split(), "dbsize"], capture_output=True, text=True, check=False).stdout

    assert not wrong
    assert told.startswith("NOAUTH")
    # Nothing is kept on a disk: what is in the queue stands in the database too.
    assert {path.name for path in tmp_path.iterdir()} == {"log"}


def test_redis_has_no_password_that_stands_in_the_file() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        [interpolated(word) for word in SERVICES["redis"]["command"]]

    assert "set REDIS_PASSWORD in .env" in refused.value.stderr


@pytest.mark.slow
def test_the_health_check_of_the_database_waits_until_it_takes_connections() -> None:
    assert shutil.which("pg_isready")
    closed = free_port()

    with postgres() as url:
        port = url.split(":")[-1].split("/")[0]
        during = is_healthy("postgres", f"pg_isready -h 127.0.0.1 -p {port}")
    after = is_healthy("postgres", f"pg_isready -h 127.0.0.1 -p {closed}")

    assert during
    assert not after
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] == "miniatures"
