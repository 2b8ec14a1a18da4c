"""TLS between home and hosts, as docs/hosts.md has it: certificates made by its commands,
servers begun by the compose file's.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from kombu import Connection

from miniatures_site import reachable
from tests.miniatures_site.containers import running, takes_connections, wait_until
from tests.postgres_server import as_postgres, free_port, postgres

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = yaml.safe_load((ROOT / "deploy" / "tls-to-hosts.yml").read_text())["services"]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of certificates for 127.0.0.1, made as the page says."""
    folder = tmp_path_factory.mktemp("tls")
    page = (ROOT / "docs" / "hosts.md").read_text()
    lines = [line.strip() for line in re.findall(r"^ {8}((?:openssl|printf) .*)$", page, re.MULTILINE)]
    assert len(lines) == 4
    for line in lines:
        command = line.replace("DNS:home.example.org", "IP:127.0.0.1")
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)
    return folder


def servers() -> list[str]:
    """Every queue's program on PATH, in its order: the first may be the one of a wheel, which is built without TLS."""
    paths = [
        shutil.which(name, path=folder)
        for folder in os.environ["PATH"].split(os.pathsep)
        for name in ("redis-server", "valkey-server")
    ]
    return list(dict.fromkeys(path for path in paths if path))


def knows_tls(program: str) -> bool:
    """Ask for TLS without a certificate: one that knows it misses the file, one that does not misses the word."""
    line = [program, "--port", "0", "--tls-port", "1", "--save", ""]
    asked = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return asked.returncode != 0 and "Failed to configure TLS" in asked.stdout + asked.stderr


@pytest.fixture(scope="module")
def redis_port(tls: Path) -> Iterator[int]:
    """The queue of the compose file, on a port of its own."""
    # Under CI=true a skip fails the run.
    if (program := next(filter(knows_tls, servers()), None)) is None:
        pytest.skip("No redis-server or valkey-server on PATH knows TLS.")
    port = free_port()
    words = {"${REDIS_PASSWORD:?set REDIS_PASSWORD in .env}": "horse", "6380": str(port)}
    line = [words.get(word, word.replace("/run/tls", str(tls))) for word in SERVICES["redis"]["command"]]
    with running(shlex.join([program, *line[1:], "--port", "0", "--dir", str(tls)]), dict(os.environ)) as process:
        wait_until(lambda: takes_connections(port), process)
        yield port


def test_a_server_that_knows_no_tls_is_passed_over(tmp_path, monkeypatch):
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho \">>> 'tls-port \\\"1\\\"'\"\necho 'Bad directive' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert servers()[0] == str(program)
    assert not knows_tls(str(program))


def test_a_host_reaches_the_queue_over_tls_and_so_does_celery(tls, redis_port, settings):
    settings.CELERY_BROKER_URL = f"rediss://:horse@127.0.0.1:{redis_port}/0?ssl_ca_certs={tls / 'ca.pem'}"

    assert reachable._queue() == []
    with Connection(settings.CELERY_BROKER_URL) as connection:
        connection.ensure_connection(max_retries=1, timeout=30)


@pytest.mark.slow
def test_a_server_of_another_authority_is_refused_by_name(tls, redis_port, settings, tmp_path):
    other = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem"
    subprocess.run(["openssl", *other.split()], cwd=tmp_path, check=True, capture_output=True)
    settings.CELERY_BROKER_URL = f"rediss://:horse@127.0.0.1:{redis_port}/0?ssl_ca_certs={tmp_path / 'other.pem'}"

    [fault] = reachable._queue()

    assert fault.keeps_from_work and "certificate" in fault.hint


@pytest.fixture(scope="module")
def database_url(tls: Path) -> Iterator[str]:
    """The database of the compose file, on a port of its own; its key is its own account's alone, as it insists on."""
    line = SERVICES["postgres"]["command"]
    assert line[0] == "postgres"
    with tempfile.TemporaryDirectory() as folder:
        owner = as_postgres(Path(folder))
        for name in ("server.pem", "server.key"):
            copy = Path(shutil.copy(tls / name, folder))
            copy.chmod(0o600)
            if owner:
                shutil.chown(copy, "postgres", "postgres")
        with postgres(shlex.join(word.replace("/run/tls", folder) for word in line[1:])) as url:
            yield url


@pytest.mark.slow
def test_a_host_reaches_the_database_over_tls_and_refuses_another_authority(tls, database_url, tmp_path):
    other = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem"
    subprocess.run(["openssl", *other.split()], cwd=tmp_path, check=True, capture_output=True)

    with psycopg.connect(f"{database_url}?sslmode=verify-full&sslrootcert={tls / 'ca.pem'}") as connection:
        is_encrypted = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(f"{database_url}?sslmode=verify-full&sslrootcert={tmp_path / 'other.pem'}")

    assert is_encrypted == (True,)


@pytest.mark.slow
def test_only_named_ports_are_open() -> None:
    assert [port.rsplit("}:")[1] for service in SERVICES.values() for port in service["ports"]] == [
        "5432:5432",
        "6380:6380",
    ]
