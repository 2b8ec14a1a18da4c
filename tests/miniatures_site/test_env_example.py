"""`deploy/env.example` offers every variable that is read, and none that nothing reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = [p for p in sorted((ROOT / "miniatures_site" / "settings").glob("*.py")) if p.stem not in ("dev", "test")]
CONTAINERS = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("*.yml")), ROOT / "deploy" / "Dockerfile"]
OFFERED = re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
READ = r"\b(?:text|flag|number|words|counts|choice|required)\(\s*\"([A-Z0-9_]+)\""
PREFIX = r"\bprefixed\(\s*\"([A-Z0-9_]+)\""
# Of the machine that `manage.py up` runs on: containers are told by their command.
OF_UP = {"HOST", "PORT"}
# Read by a library under this name: object storage and the hub's.
OF_LIBRARIES = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def found(pattern: str, files: list[Path]) -> set[str]:
    return {name for file in files for name in re.findall(pattern, file.read_text())}


def test_every_variable_that_is_read_is_offered() -> None:
    read = found(READ, SETTINGS)
    used = found(r"(?<!\$)\$\{([A-Z0-9_]+)", CONTAINERS) - found(r"^(?:ARG|ENV) ([A-Z0-9_]+)=", CONTAINERS)
    unoffered = {prefix for prefix in found(PREFIX, SETTINGS) if not any(name.startswith(prefix) for name in OFFERED)}

    assert {"SECRET_KEY", "MINIATURES_HOME", "POSTGRES_PASSWORD"} <= read | used
    assert (read | used | unoffered) - set(OFFERED) - OF_UP == set()


@pytest.mark.slow
def test_every_variable_that_is_offered_is_read_and_offered_once() -> None:
    rooms = [p for p in ROOT.glob("*/**/*.py") if p.parts[len(ROOT.parts)] not in ("tests", "build", "benchmarks")]
    named = found(r"\"([A-Z][A-Z0-9_]+)\"", [p for p in rooms if ".venv" not in p.parts])
    used = found(r"\$\{([A-Z0-9_]+)", CONTAINERS)
    prefixes = tuple(found(PREFIX, SETTINGS))

    unread = {name for name in OFFERED if name not in named | used | OF_LIBRARIES and not name.startswith(prefixes)}
    assert unread == set()
    assert len(OFFERED) == len(set(OFFERED))
