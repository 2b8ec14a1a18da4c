"""The container files: they parse, they agree with each other, and every command in them runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from pytest_django import DjangoDbBlocker

from miniatures_site.server.slow_connections import TimedConnection
from tests.migrated import template
from tests.miniatures_site.containers import COMPOSE, ROOT, interpolated, running, wait_until
from tests.postgres_server import free_port

GPU_HOST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "gpu-host.yml").read_text())
OFFERED = (ROOT / "deploy" / "env.example").read_text()
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def migrated(
    environment: dict[str, str], pytestconfig: pytest.Config, django_db_blocker: DjangoDbBlocker
) -> dict[str, str]:
    # All migrations run from nothing in other tests; here it is the command that counts. A copy lacks what follows
    # them, triggers and seeds, and the command's own checks would say so.
    with django_db_blocker.unblock():
        shutil.copy(template(pytestconfig.cache.mkdir("migrated")), Path(environment["VAR_DIR"]) / "db.sqlite3")
    completed = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
    subprocess.run(completed, cwd=ROOT, env=environment, check=True)
    subprocess.run(shlex.split(COMPOSE["services"]["migrate"]["command"]), cwd=ROOT, env=environment, check=True)
    return environment


def test_compose_has_every_piece_and_no_secret_of_its_own() -> None:
    services = COMPOSE["services"]

    assert {"web", "worker", "training-worker", "beat", "postgres", "redis", "migrate"} <= set(services)
    assert "${POSTGRES_PASSWORD:?" in services["postgres"]["environment"]["POSTGRES_PASSWORD"]


def test_nothing_starts_before_the_database_is_migrated() -> None:
    ours = {name: service for name, service in COMPOSE["services"].items() if "build" in service and name != "migrate"}

    assert {service["depends_on"]["migrate"]["condition"] for service in ours.values()} == {
        "service_completed_successfully"
    }
    assert "migrate" not in COMPOSE["services"]["migrate"]["depends_on"]
    assert COMPOSE["services"]["migrate"]["restart"] == "no"


def test_a_gpu_host_has_a_gpu_and_no_database_of_its_own() -> None:
    worker = GPU_HOST["services"]["training-worker"]

    assert set(GPU_HOST["services"]) == {"migrated", "training-worker", "serving-worker"}
    assert worker["depends_on"] == {"migrated": {"condition": "service_completed_successfully"}}
    assert worker["deploy"]["resources"]["reservations"]["devices"] == [
        {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    ]
    assert worker["command"] == COMPOSE["services"]["training-worker"]["command"]


def test_a_gpu_host_serves_by_vllm_where_it_is_asked_to_in_an_image_that_has_it() -> None:
    server, home = GPU_HOST["services"]["serving-worker"], COMPOSE["services"]["serving-worker"]
    stages = dict(re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE))

    assert server["profiles"] == ["vllm"]
    assert server["command"] == home["command"]
    assert server["deploy"] == GPU_HOST["services"]["training-worker"]["deploy"]
    assert interpolated(server["environment"]["SERVING_BACKEND"]) == "vllm"
    assert "vllm" in stages.values()
    assert server["build"]["target"] == stages["$VLLM_IMAGE"] == "vllm"
    assert interpolated(server["build"]["args"]["VLLM_IMAGE"]) in DOCKERFILE
    assert home["build"]["target"] == stages["training"] == "serving"


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "STORAGE_URL"])
def test_a_gpu_host_takes_addresses_from_its_file_alone_and_says_which_is_missing(name: str) -> None:
    worker = GPU_HOST["services"]["training-worker"]

    assert worker["env_file"] == ".env"
    assert worker["environment"][name].startswith(f"${{{name}:?set {name} in deploy/.env")


def test_web_believes_its_proxy_about_whose_request_it_is_and_the_proxy_reaches_it() -> None:
    web, proxy = COMPOSE["services"]["web"], COMPOSE["services"]["proxy"]
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()

    assert "--proxy-headers" in web["command"]
    trusted = interpolated(web["environment"]["FORWARDED_ALLOW_IPS"]).split(",")
    # A gateway of a network that Docker makes, one of podman's, and a stranger.
    believed = [
        any(ip_address(each) in ip_network(net) for net in trusted) for each in ("172.18.0.1", "10.89.0.1", "8.8.8.8")
    ]
    assert believed == [True, True, False]
    assert proxy["environment"]["UPSTREAM"] == "web:8000"
    assert proxy["profiles"] == ["proxy"]
    assert {"./deploy/Caddyfile:/etc/caddy/Caddyfile:ro"} <= set(proxy["volumes"])
    assert "{$UPSTREAM:127.0.0.1:8000}" in caddyfile
    [most_mib] = re.findall(r"max_size (\d+)MiB", caddyfile)
    assert int(most_mib) > settings.MAX_UPLOAD_MIB


def test_the_proxy_lets_slow_clients_go_and_keeps_slow_uploads_and_long_streams() -> None:
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    limits = dict(re.findall(r"^\t+(read_header|read_body|write|idle|max_header_size) (\S+)$", caddyfile, re.MULTILINE))

    assert set(limits) == {"read_header", "read_body", "idle", "max_header_size"}, "`write` would end a stream"
    assert limits["max_header_size"] == "32KiB"
    # As patient as the site itself, and idle connections are kept longer than headers are waited for.
    assert limits["read_header"] == f"{TimedConnection.headers_within_s:g}s"
    minutes = {name: int(limits[name].removesuffix("m")) for name in ("read_body", "idle")}
    slowest_bytes_per_s = settings.MAX_UPLOAD_MIB * 1024 * 1024 / (minutes["read_body"] * 60)
    assert slowest_bytes_per_s < 40_000
    assert minutes["idle"] >= 1


def test_no_container_may_do_more_than_it_needs_or_write_to_its_image() -> None:
    for name, service in {**COMPOSE["services"], **GPU_HOST["services"]}.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True and "/tmp" in service["tmpfs"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "build" not in service or "cap_add" not in service, name


def test_every_container_has_bounds_on_memory_processes_and_its_log() -> None:
    for name, service in {**COMPOSE["services"], **GPU_HOST["services"]}.items():
        assert service["mem_limit"] and service["pids_limit"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_every_container_that_stays_has_a_health_check() -> None:
    staying = {name: service for name, service in COMPOSE["services"].items() if service["restart"] != "no"}

    assert {name for name, service in staying.items() if "healthcheck" not in service} == {"proxy"}
    assert "healthcheck" in GPU_HOST["services"]["training-worker"]
    # Whoever starts slowly on a busy host is not ill.
    ours = [service["healthcheck"] for service in staying.values() if "build" in service]
    assert {check["start_period"] for check in ours} == {"2m"}


def test_every_container_of_ours_ends_when_it_is_asked_to_while_it_starts() -> None:
    ours = {name: each for name, each in {**COMPOSE["services"], **GPU_HOST["services"]}.items() if "build" in each}

    # By itself the first process of a container ignores SIGTERM, and is killed once its grace is over.
    assert {name: each.get("init") for name, each in ours.items()} == dict.fromkeys(ours, True)


def test_every_queue_has_a_worker() -> None:
    def queues(text: str) -> set[str]:
        return {queue for group in re.findall(r"--queues ([a-z,]+)", text) for queue in group.split(",")}

    here = queues((ROOT / "miniatures_site" / "Procfile").read_text())
    assert queues((ROOT / "docker-compose.yml").read_text()) == here


@pytest.mark.slow
def test_the_example_as_it_stands_is_read_without_complaint(environment: dict[str, str]) -> None:
    given = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", OFFERED, re.MULTILINE))
    # What is commented out shows the value that is used without it, so it must be one that is taken.
    shown = dict(re.findall(r"^#([A-Z0-9_]+)=(.+)$", OFFERED, re.MULTILINE))
    mine = {
        name: environment[name]
        for name in ("SECRET_KEY", "VAR_DIR", "STATIC_ROOT", "DATABASE_URL", "REDIS_URL")
        if name in environment
    }

    told = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"], cwd=ROOT,
        env={**environment, **shown, **given, **mine}, check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr


def test_no_image_takes_the_keys_of_a_host_along() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", "**/.env", "var", ".git", ".venv"} <= set(ignored)


def test_every_build_target_exists_in_the_dockerfile() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    services = [*COMPOSE["services"].values(), *GPU_HOST["services"].values()]
    wanted = {service["build"]["target"] for service in services if "build" in service}

    assert wanted <= stages


def test_every_image_is_built_on_the_base_that_env_names() -> None:
    built = [
        service for service in (*COMPOSE["services"].values(), *GPU_HOST["services"].values()) if "build" in service
    ]

    bases = {base for service in built for base in service["build"]["args"].items()}
    assert bases == {
        ("PYTHON_IMAGE", "${PYTHON_IMAGE:-python:3.11-slim}"),
        ("VLLM_IMAGE", "${VLLM_IMAGE:-vllm/vllm-openai:v0.32.0}"),
    }  # fmt: skip


def test_every_image_dumps_with_the_version_of_the_server() -> None:
    [server] = re.findall(r"\bpostgres:(\d+)\}$", COMPOSE["services"]["postgres"]["image"])
    base = DOCKERFILE.split("\nFROM ")[1]

    # A newer pg_restore writes settings that an older server refuses, and an older pg_dump refuses a newer server.
    assert re.findall(r"^ARG POSTGRES_MAJOR=(\d+)$", base, re.MULTILINE) == [server]
    assert re.findall(r"postgresql-client\S*", DOCKERFILE) == ["postgresql-client-$POSTGRES_MAJOR"]


@pytest.mark.slow
def test_the_images_collect_static_files_without_a_database_or_a_key(tmp_path: Path) -> None:
    line = re.search(
        r"RUN (?P<variables>[\w= ./-]+) (?P<command>python manage.py collectstatic --no-input)", DOCKERFILE
    )
    assert line
    told = dict(each.split("=", 1) for each in line["variables"].split())
    variables = {**told, "VAR_DIR": str(tmp_path)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    subprocess.run(
        shlex.split(line["command"]), cwd=ROOT, env={**variables, "PATH": path}, check=True, stdout=subprocess.DEVNULL
    )

    assert list((tmp_path / "static").rglob("*.css.br"))


@pytest.mark.slow
def test_web_answers_says_what_is_missing_and_passes_its_own_health_check(migrated: dict[str, str]) -> None:
    port = free_port()
    web = COMPOSE["services"]["web"]
    line = web["command"].replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))
    assert web["healthcheck"]["test"][0] == "CMD"
    check = [part.replace("8000", str(port)) for part in web["healthcheck"]["test"][1:]]

    def is_healthy(**changed: str) -> bool:
        return subprocess.run(check, cwd=ROOT, env={**migrated, **changed}, check=False).returncode == 0

    with running(line, migrated) as process:
        wait_until(is_healthy, process)
        # The check asks as a stranger would: under another name it fails, as the site wants it.
        assert not is_healthy(ALLOWED_HOSTS="127.0.0.1")
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": "app.example.org"})
        with pytest.raises(urllib.error.HTTPError) as report:
            urllib.request.urlopen(asked, timeout=60)
    assert not is_healthy()

    assert report.value.code == 503
    assert b'"workers": 0' in report.value.read()


@pytest.mark.slow
def test_a_gpu_host_waits_for_the_home_to_migrate(migrated: dict[str, str], tmp_path: Path) -> None:
    line = shlex.split(GPU_HOST["services"]["migrated"]["command"])
    statuses = [
        subprocess.run(line, cwd=ROOT, env={**migrated, **changed}, check=False, capture_output=True).returncode
        for changed in ({}, {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"})
    ]

    assert statuses == [0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "ready"),
    [("worker", "ready"), ("training-worker", "ready"), ("serving-worker", "ready"), ("beat", "The beat has begun")],
)
def test_workers_and_beat_start(migrated: dict[str, str], service: str, ready: str, tmp_path: Path) -> None:
    line = COMPOSE["services"][service]["command"].replace("/tmp/beat", str(tmp_path / "beat"))
    log = tmp_path / "log"
    sign = tmp_path / "alive"
    kind, check = COMPOSE["services"][service]["healthcheck"]["test"]
    looks = ["sh", "-c", check.replace("/tmp/alive", str(sign))]
    assert kind == "CMD-SHELL" and subprocess.run(looks, check=False, capture_output=True).returncode == 1
    with running(line, {**migrated, "ALIVE_FILE": str(sign)}, log) as process:
        wait_until(lambda: ready in log.read_text() and sign.exists(), process)
        assert subprocess.run(looks, check=False).returncode == 0
    os.utime(sign, (0, 0))
    assert subprocess.run(looks, check=False).returncode == 1
