"""The locks that images and installs are made from: whole, by hash, within what pyproject.toml asks for, and used."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
STALE = "renew the locks: python3 deploy/locks.py"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("web", "training")


@pytest.fixture(scope="module")
def locks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locks", ROOT / "deploy" / "locks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(name: str) -> list[str]:
    """A lock's packages, each with its hashes."""
    text = (ROOT / "deploy" / f"{name}.lock").read_text()
    return [each for each in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE) if not each.startswith("#")]


def locked(name: str) -> dict[str, list[Version]]:
    """Versions by package; several where Pythons differ."""
    found: dict[str, list[Version]] = {}
    for entry in entries(name):
        package, version = re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", entry)[0]
        found.setdefault(canonicalize_name(package), []).append(Version(version))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_hashes_and_no_address(name: str) -> None:
    found = entries(name)

    assert len(found) > 80
    assert all("--hash=sha256:" in entry for entry in found)
    assert "://" not in "".join(found)
    assert not [entry for entry in found if entry.startswith("-")]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name: str, locks: ModuleType) -> None:
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in locks.EXTRAS[name]:
        asked += PROJECT["project"]["optional-dependencies"][extra]
    held = locked(name)

    for requirement in map(Requirement, asked):
        versions = held.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not in deploy/{name}.lock; {STALE}"
        assert all(requirement.specifier.contains(each) for each in versions), f"{requirement}: {versions}; {STALE}"


def test_the_images_install_from_the_locks_by_hash_and_nothing_else() -> None:
    lines = re.findall(r"^RUN (pip install .*)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)

    own = "pip install --no-deps --no-build-isolation ."
    for line, name in zip(lines, LOCKS, strict=True):
        first, second, _ = line.split(" && ")
        assert (first, second) == (f"pip install --require-hashes -r deploy/{name}.lock", own)


def test_every_image_can_read_object_storage(locks: ModuleType) -> None:
    assert all("s3" in extras for extras in locks.EXTRAS.values())


def test_tuning_is_locked_to_the_torch_of_the_tests() -> None:
    [tested] = re.findall(r"^TORCH_VERSION \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert locked("training")["torch"] == [Version(tested)], STALE


def test_other_extras_take_the_versions_without_hashes(locks: ModuleType) -> None:
    lines = locks.versions_for(frozenset({"teachers"})).splitlines()

    assert len(lines) == len(entries("web"))
    assert not [line for line in lines if "--hash" in line or line.endswith("\\")]
    assert [Requirement(line).name for line in lines if line.startswith("django==")] == ["django"]
    assert locks.whole_for(frozenset({"teachers"})) is None
    assert locks.whole_for(frozenset({"s3", "teachers", "parquet", "research"})).name == "web.lock"


@pytest.mark.slow
def test_a_file_that_is_not_the_locked_one_is_refused(tmp_path: Any) -> None:
    forged = tmp_path / "one.lock"
    forged.write_text(f"miniatures==0.0.1 --hash=sha256:{'0' * 64}\n")
    wheel = tmp_path / "miniatures-0.0.1-py3-none-any.whl"
    wheel.write_bytes(b"no wheel of ours")

    line = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-index",
        "--find-links",
        tmp_path,
        "--dry-run",
        "--require-hashes",
    ]
    done = subprocess.run([*line, "-r", forged], capture_output=True, text=True, check=False)

    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stderr
