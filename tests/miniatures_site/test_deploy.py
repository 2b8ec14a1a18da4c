"""The container files: they parse, they agree with each other, and every command in them runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tour.conftest import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Production's variables, with a Redis of our own."""
    folder = tmp_path_factory.mktemp("deploy")
    socket = folder / "r.sock"
    redis = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    yield {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", "SECRET_KEY": "k" * 60, "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}", "REDIS_URL": f"redis+socket://{socket}",
        "SECURE_SSL_REDIRECT": "0", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    redis.terminate()
    redis.wait()


@pytest.fixture(scope="module")
def migrated(environment: dict[str, str]) -> dict[str, str]:
    subprocess.run(shlex.split(COMPOSE["services"]["migrate"]["command"]), cwd=ROOT, env=environment, check=True)
    return environment


def test_compose_has_every_piece_and_no_secret_of_its_own() -> None:
    services = COMPOSE["services"]

    assert {"web", "worker", "training-worker", "beat", "postgres", "redis", "migrate"} <= set(services)
    assert "${POSTGRES_PASSWORD:?" in services["postgres"]["environment"]["POSTGRES_PASSWORD"]
    named = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    assert named <= offered


def test_every_build_target_exists_in_the_dockerfile() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    wanted = {service["build"]["target"] for service in COMPOSE["services"].values() if "build" in service}

    assert wanted <= stages


def test_every_extra_the_dockerfile_installs_is_declared() -> None:
    import tomllib

    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    wanted = {name for group in re.findall(r'pip install "\.\[([a-z,]+)\]"', DOCKERFILE) for name in group.split(",")}

    assert wanted
    assert wanted <= extras


def test_the_images_collect_static_files_without_a_database_or_a_key(tmp_path: Path) -> None:
    line = re.search(r"python manage.py collectstatic --no-input", DOCKERFILE)
    assert line
    variables = {"DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev", "VAR_DIR": str(tmp_path)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    subprocess.run(
        shlex.split(line.group()), cwd=ROOT, env={**variables, "PATH": path}, check=True, stdout=subprocess.DEVNULL
    )

    assert list((tmp_path / "static").rglob("*.css.br"))


def test_web_answers_and_says_what_is_missing(migrated: dict[str, str]) -> None:
    port = free_port()
    line = COMPOSE["services"]["web"]["command"].replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))
    with running(line, migrated) as process:
        wait_until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2).status == 200, process)
        with pytest.raises(urllib.error.HTTPError) as report:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)

    assert report.value.code == 503
    assert b'"workers": 0' in report.value.read()


@pytest.mark.parametrize(
    ("service", "ready"), [("worker", "ready"), ("training-worker", "ready"), ("beat", "beat: Starting")]
)
def test_workers_and_beat_start(migrated: dict[str, str], service: str, ready: str, tmp_path: Path) -> None:
    line = COMPOSE["services"][service]["command"].replace("/tmp/beat", str(tmp_path / "beat"))
    log = tmp_path / "log"
    with running(line, migrated, log) as process:
        wait_until(lambda: ready in log.read_text(), process)


class running:
    """A command that runs until the block ends."""

    def __init__(self, line: str, environment: dict[str, str], log: Path | None = None) -> None:
        assert shutil.which(shlex.split(line)[0], path=environment["PATH"]), line
        output = log.open("wb") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            shlex.split(line), cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT if log else None
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_until(condition: Any, process: subprocess.Popen[bytes], timeout_s: float = 90) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come up")
