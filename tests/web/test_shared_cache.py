"""What web processes count together, and what each counts for itself while Redis is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from miniatures_site.settings import stores
from tests.jobs.fleet import Redis
from web.caching import shared_cache
from web.caching.shared_cache import SharedCache


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("r"))
    server.start()
    yield server
    server.stop()


def cache(url: str) -> SharedCache:
    options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    return SharedCache(stores.redis_location(url), {"OPTIONS": options})


def test_two_processes_count_tries_together(redis: Redis) -> None:
    one, other = cache(redis.url), cache(redis.url)

    one.set("tries", [1])
    added = other.add("tries", [2])

    assert (other.get("tries"), added) == ([1], False)
    other.set("count", 1)
    assert one.incr("count") == 2
    assert one.delete("tries")
    assert other.get("tries", "none") == "none"


def test_while_redis_is_away_a_process_counts_for_itself_and_asks_again_later(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(shared_cache.time, "monotonic", lambda: now)
    kept = cache(redis.url)
    kept.set("tries", "before")
    redis.stop()

    assert kept.get("tries") is None
    kept.set("tries", "meanwhile")
    assert kept.get("tries") == "meanwhile"

    redis.socket.unlink(missing_ok=True)
    redis.start()
    assert kept.get("tries") == "meanwhile"
    now += shared_cache.SUSPENDED_S
    assert kept.get("tries") is None


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("redis://:pw@redis:6379/0", "redis://:pw@redis:6379/0"),
        ("redis+socket:///run/r.sock", "unix:///run/r.sock"),
        ("", ""),
    ],
)
def test_an_address_as_the_broker_has_it_is_one_that_the_cache_reads(url: str, location: str) -> None:
    assert stores.redis_location(url) == location


def test_a_folder_is_no_cache(tmp_path: Path) -> None:
    away = cache(f"redis+socket://{tmp_path / 'nobody.sock'}")

    assert away.add("x", 1)
    assert away.get("x") == 1
