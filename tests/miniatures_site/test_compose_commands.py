"""Commands of Compose in the documents: they leave open doors open, and none waits for a migration that would fail."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.miniatures_site.containers import COMPOSE, ROOT

PAGES = [path.read_text() for pattern in ("*.md", "docs/**/*.md", "deploy/*.yml") for path in ROOT.glob(pattern)]
COMMANDS = [line for text in PAGES for line in re.findall(r"docker compose [^`\n]+", text)]
OFFERED = (ROOT / "deploy" / "env.example").read_text()
WAITING = {name for name, service in COMPOSE["services"].items() if "migrate" in service.get("depends_on", ())}


def test_no_command_leaves_out_the_file_that_lets_gpu_hosts_in() -> None:
    named = [line for line in COMMANDS if "--file" in line]

    assert named
    assert [line for line in named if "--file deploy/gpu-host.yml" not in line] == []


def test_every_file_that_is_added_to_the_compose_file_is_there() -> None:
    added = {files for text in (OFFERED, *PAGES) for files in re.findall(r"COMPOSE_FILE=([\w./:-]+)", text)}

    assert added == {f"docker-compose.yml:deploy/{name}-to-hosts.yml" for name in ("open", "tls")}
    assert all((ROOT / name).exists() for files in added for name in files.split(":"))


@pytest.mark.parametrize(
    ("lines", "is_refused"),
    [
        ("", False),
        ("PRIVATE_ADDRESS=10.0.0.1\n", True),
        ("PRIVATE_ADDRESS=10.0.0.1\nCOMPOSE_FILE=docker-compose.yml:limits.yml\n", True),
        ("PRIVATE_ADDRESS=10.0.0.1\nCOMPOSE_FILE=docker-compose.yml:deploy/open-to-hosts.yml\n", False),
    ],
)
def test_an_installer_that_would_shut_gpu_hosts_out_says_so_before_it_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, is_refused: bool
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    (tmp_path / ".env").write_text(lines)

    reasons = importlib.import_module("install_checks").check_doors(tmp_path)

    assert ["GPU hosts would be shut out" in reason for reason in reasons] == [True] * is_refused


def test_a_restore_waits_for_no_migration_of_what_it_replaces() -> None:
    ways = r"docker compose run (?:--\S+ )*(\S+) (?:sh -c|python manage.py restore)"
    services = re.findall(ways, "\n".join(COMMANDS))

    assert len(services) == 2
    assert not WAITING & {*services}


def test_the_way_back_starts_an_earlier_release_without_its_migration() -> None:
    [line] = [line for line in COMMANDS if " up " in line and "--no-deps" in line]

    assert {*line.split("--no-deps ")[1].split()} == WAITING
