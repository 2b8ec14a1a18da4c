"""Each container has the secrets of .env that it needs, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
GPU_HOST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "gpu-host.yml").read_text())["services"]
# Who does at home what each container of a GPU host does.
AT_HOME = {"migrated": "migrate", "training-worker": "training-worker", "serving-worker": "serving-worker"}
OFFERED = re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
OURS = {name for name, service in SERVICES.items() if "build" in service}
WORKERS = {"worker", "training-worker", "serving-worker"}
# Who needs each secret. Web calls teachers to try their keys; evaluation, on training-worker, asks teachers too.
NEEDED = {
    "SECRET_KEY": OURS,
    "ADDRESS_HMAC_KEY": OURS,
    "AWS_ACCESS_KEY_ID": OURS,
    "AWS_SECRET_ACCESS_KEY": OURS,
    "SENTRY_DSN": OURS,
    "POSTGRES_PASSWORD": set(),
    "REDIS_PASSWORD": set(),
    "OIDC_CLIENT_SECRET": {"web"},
    "INBOUND_KEY": {"web"},
    "METRICS_TOKEN": {"web"},
    "OPENAI_API_KEY": {"web", "worker", "training-worker"},
    "ANTHROPIC_API_KEY": {"web", "worker", "training-worker"},
    "RESEARCH_SEARCH_KEY": {"web", "worker", "training-worker"},
    "HF_TOKEN": {"web", *WORKERS},
    "EMAIL_HOST_PASSWORD": {"web", "alerts", *WORKERS},
    # Of a mail provider, by its prefix, which no file can empty for every provider.
    "ANYMAIL_MAILGUN_API_KEY": OURS,
}


def secrets() -> set[str]:
    """Variables of the example that hold a secret, by their names' ends."""
    return {name for name in OFFERED if re.search(r"(KEY|KEY_ID|TOKEN|SECRET|PASSWORD|DSN)\Z", name)}


def given(service: str, services: dict[str, Any] = SERVICES) -> dict[str, str]:
    """Environment of a container whose .env sets every secret;
    what compose puts in its place is left as it is written.
    """
    assert services[service]["env_file"] == ".env"
    return {**dict.fromkeys(secrets(), "set"), **services[service]["environment"]}


@pytest.mark.parametrize("name", sorted(secrets()))
def test_a_secret_reaches_who_needs_it_and_nobody_else(name: str) -> None:
    assert {service for service in OURS if given(service)[name]} == NEEDED[name]


@pytest.mark.parametrize("name", sorted(secrets()))
def test_a_gpu_host_has_the_secrets_of_who_does_the_same_at_home(name: str) -> None:
    with_it = {service for service in GPU_HOST if given(service, GPU_HOST)[name]}

    assert with_it == {service for service, at_home in AT_HOME.items() if at_home in NEEDED[name]}


def test_a_container_is_given_the_same_empty_variables_on_a_gpu_host_and_at_home() -> None:
    def emptied(service: dict[str, Any]) -> set[str]:
        return {name for name, value in service["environment"].items() if value == ""}

    assert AT_HOME.keys() == GPU_HOST.keys()
    for name, at_home in AT_HOME.items():
        assert emptied(GPU_HOST[name]) == emptied(SERVICES[at_home]), name


@pytest.mark.slow
@pytest.mark.parametrize("service", ["beat", "serving-worker"])
def test_settings_take_what_a_container_is_given_where_all_of_it_is_set(service: str, tmp_path: Path) -> None:
    signed_in = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "us", "ALLOWED_HOSTS": "app.example.org"}
    here = {"DATABASE_URL": "sqlite:///:memory:", "REDIS_URL": "redis://localhost:1/0", "VAR_DIR": str(tmp_path)}
    mine = {**signed_in, **given(service), **here, "SENTRY_DSN": "", "SERVING_BASE_URL": "http://web:8000/v1"}

    ask = (
        "import django; django.setup(); from django.conf import settings; "
        "print(repr(settings.INBOUND_KEY), settings.ALLOWED_HOSTS[0])"
    )
    told = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env={"PATH": os.environ["PATH"], **mine}, capture_output=True, text=True,
        check=False
    )  # fmt: skip

    assert (told.returncode, told.stdout) == (0, "'' app.example.org\n"), told.stderr


def test_databases_and_the_proxy_read_no_file_of_settings() -> None:
    assert [name for name in SERVICES if name not in OURS and "env_file" in SERVICES[name]] == []
