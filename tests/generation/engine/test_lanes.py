"""Each teacher at its own pace: one that is refused, slow or lost holds up itself and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from generation.engine.calls.lanes import Lanes
from generation.engine.contracts import TeacherSpec
from generation.engine.plan import PlannedCall, RecordIn
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Provider, Running

pytestmark = pytest.mark.engine


@pytest.fixture
def other() -> Iterator[Running]:
    running = Running(Provider())
    yield running
    running.close()


def two(first: Running, second: Running, wire: str = "openai") -> dict[str, Any]:
    """An order's one teacher and its mix."""
    mixed = [teacher(first.url, wire, name="first"), teacher(second.url, "openai", name="second")]
    return {"teacher": mixed[0], "mix": {"teachers": [{"teacher": one} for one in mixed]}}


@pytest.mark.slow
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_teacher_that_says_too_many_requests_slows_only_itself(
    attempts: Attempts, provider: Running, other: Running, wire: str
) -> None:
    provider.provider.script = ["status:429;2"] * 4
    provider.provider.latency_s = other.provider.latency_s = 0.02

    result = attempts.run(**two(provider, other, wire), count=80, records=10, limits={"concurrency": 8})

    refused_at, resumed_at = provider.provider.arrivals[0], provider.provider.arrivals[4]
    meanwhile = [at for at in other.provider.arrivals if at < resumed_at]
    assert result["summary"]["drafts"] == 80
    assert resumed_at - refused_at >= 1.9
    # All its calls were made while the first was waited for, four at once, as if the first were not there.
    assert len(meanwhile) == 40
    assert other.provider.most_in_flight == 4
    assert set(provider.provider.billed.values()) | set(other.provider.billed.values()) == {1}


@pytest.mark.slow
def test_a_slow_teacher_holds_its_own_places_and_is_helped_once_the_others_are_done(
    attempts: Attempts, provider: Running, other: Running
) -> None:
    provider.provider.latency_s, other.provider.latency_s = 0.4, 0.01

    attempts.run(**two(provider, other), count=40, records=10, limits={"concurrency": 8})

    slow, quick = provider.provider, other.provider
    # While the quick one had calls left, no more than half of the order's eight lay with the slow one.
    assert sum(at < quick.arrivals[-1] for at in slow.arrivals) <= 4
    assert slow.most_in_flight == 8
    assert quick.arrivals[-1] < slow.arrivals[4]


@pytest.mark.slow
def test_a_teacher_that_is_lost_ends_alone_and_the_order_says_so_when_the_others_are_done(
    attempts: Attempts, provider: Running, other: Running
) -> None:
    provider.provider.always = "status:429;7200"
    other.provider.latency_s = 0.05

    first = attempts.run(**two(provider, other), count=40, records=10, limits={"concurrency": 4})
    provider.provider.always = "ok"
    second = attempts.run(**two(provider, other), count=40, records=10)

    assert (first["outcome"], first["error"]["code"]) == ("failed", "rate_limited")
    assert first["summary"]["drafts"] == 20
    assert provider.provider.given.values() and len(other.provider.arrivals) == 20
    assert (second["outcome"], second["summary"]["drafts"]) == ("succeeded", 40)
    assert set(provider.provider.billed.values()) | set(other.provider.billed.values()) == {1}


def test_teachers_behind_one_key_share_a_lane_and_places_go_by_what_is_left() -> None:
    def spec(name: str, model: str) -> TeacherSpec:
        return TeacherSpec(name=name, provider="openai", model=model, secret_ref="K")

    def call(index: int, teacher: int) -> PlannedCall:
        return PlannedCall(str(index), index, RecordIn(id="r", facts={}), 0, 0, teacher)

    teachers = [spec("a", "m"), spec("b", "m"), spec("c", "other")]
    calls = [call(index, 2 if index % 4 == 3 else index % 2) for index in range(16)]
    lanes = Lanes(teachers, calls, at_once=8)

    taken = [lanes.take(place) for place in range(8)]

    assert lanes.of(calls[0]) is lanes.of(calls[1]) is not lanes.of(calls[3])
    assert sum(one is not None and one.teacher == 2 for one in taken) == 2
    assert [one.index for one in taken if one and one.teacher == 2] == [3, 7]


def test_with_fewer_places_than_lanes_each_lane_is_served() -> None:
    teachers = [TeacherSpec(name=str(n), provider="openai", model=str(n)) for n in range(3)]
    calls = [PlannedCall(str(n), n, RecordIn(id="r", facts={}), 0, 0, n % 3) for n in range(9)]
    lanes = Lanes(teachers, calls, at_once=1)

    taken = [one.index for _ in range(10) if (one := lanes.take(0))]

    assert sorted(taken) == list(range(9))
    assert {index % 3 for index in taken[:3]} == {0, 1, 2}
    assert lanes.take(0) is None
