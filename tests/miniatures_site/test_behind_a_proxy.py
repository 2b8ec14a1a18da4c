"""Whose request it is, said by a proxy: believed of those in TRUSTED_PROXIES and of nobody else,
by the commands that start the site.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.miniatures_site.containers import COMPOSE, ROOT, interpolated, running, wait_until
from tests.postgres_server import free_port

TRIES = 3
REFUSED = "Too many failed login attempts"


def in_a_container(port: int, proxies: str) -> tuple[str, dict[str, str]]:
    """The line of docker-compose.yml, and what Compose makes of the variable that is said in .env."""
    web = COMPOSE["services"]["web"]
    trusted = interpolated(web["environment"]["FORWARDED_ALLOW_IPS"], TRUSTED_PROXIES=proxies)
    return web["command"].replace("0.0.0.0", "127.0.0.1").replace("8000", str(port)), {"FORWARDED_ALLOW_IPS": trusted}


def in_a_folder(port: int, proxies: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, str]]:
    """The line of the Procfile that deploy/install writes, and what it says of proxies in .env."""
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    monkeypatch.setenv("TRUSTED_PROXIES", proxies)
    settings, processes = importlib.import_module("install_settings"), importlib.import_module("install_processes")
    wanted = argparse.Namespace(mode="plain", host="127.0.0.1", port=port, yes=True, dry_run=False)
    settings.settle_env(wanted, folder / "site")
    said = settings.read_env(folder / "site" / ".env")

    [web] = [
        line.removeprefix("web: ")
        for line in processes.PROCFILE.format(port=port, queues="default").splitlines()
        if line.startswith("web: ")
    ]
    line = web.replace("venv/bin/python", shlex.quote(sys.executable))
    return f"sh -c {shlex.quote(f'exec {line}')}", {
        name: value for name, value in said.items() if name == "TRUSTED_PROXIES"
    }


class Browser:
    """Somebody at the page of signing in, as a proxy passes them on."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self.client.get("/accounts/login/").raise_for_status()

    def is_refused(self, forwarded_for: str) -> bool:
        """Try a wrong password; returns whether the limit was the answer."""
        form = {
            "login": "nobody",
            "password": "wrong",
            "csrfmiddlewaretoken": self.client.cookies["csrftoken"],
        }
        answer = self.client.post("/accounts/login/", data=form, headers={"X-Forwarded-For": forwarded_for})
        assert REFUSED in answer.text or "not correct" in answer.text, (answer.status_code, answer.text[:300])
        return REFUSED in answer.text


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("way", ["container", "folder"])
@pytest.mark.parametrize(
    ("proxies", "passed_on", "is_believed"),
    [
        ("", "{visitor}", True),
        # Before the proxy on this host stands another.
        ("127.0.0.1,10.9.9.9", "{visitor}, 10.9.9.9", True),
        ("10.9.9.9", "{visitor}", False),
    ],
)
def test_visitors_behind_a_trusted_proxy_have_a_limit_each_and_nobody_else_chooses_an_address(
    strict: dict[str, str],
    way: str,
    proxies: str,
    passed_on: str,
    is_believed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    line, told = (
        in_a_container(port, proxies) if way == "container" else in_a_folder(port, proxies, tmp_path, monkeypatch)
    )
    # Limits lie in Redis, and outlast the process of the case before.
    subprocess.run(["redis-cli", "-s", strict["REDIS_URL"].split("//")[1], "flushall"], check=True, capture_output=True)

    with running(line, {**strict, **told}, tmp_path / "log") as process:
        wait_until(lambda: "Uvicorn running" in (tmp_path / "log").read_text(), process)
        browser = Browser(port)
        # What a visitor says of itself stands before what the proxy adds.
        tries = [
            browser.is_refused(f"198.51.100.{number}, {passed_on.format(visitor='203.0.113.1')}")
            for number in range(TRIES + 1)
        ]
        other = browser.is_refused(passed_on.format(visitor="203.0.113.2"))

    assert tries == [False] * TRIES + [True]
    assert other is not is_believed
