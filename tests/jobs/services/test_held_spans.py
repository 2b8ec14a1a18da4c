"""Time in which a host held a job, told by its moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.scheduling.held_spans import HeldSpan, held_spans

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def moves(*steps):
    return [
        (NOON + timedelta(seconds=at), {"state": state, **({"host": host} if host else {})})
        for at, state, host in steps
    ]


def test_time_is_counted_while_a_host_holds_the_run_and_not_while_it_waits():
    told = moves(
        (0, "queued", ""), (10, "running", "a"), (40, "queued", ""), (100, "running", "b"), (105, "pausing", ""),
        (110, "paused", ""),
    )  # fmt: skip

    assert held_spans(told, host="z", now=NOON) == [HeldSpan("a", 30), HeldSpan("b", 10)]


def test_a_reattached_engine_is_counted_once():
    told = moves((0, "running", "a"), (5, "running", ""), (20, "succeeded", ""))

    assert held_spans(told, host="z", now=NOON) == [HeldSpan("a", 20)]


def test_what_still_runs_is_counted_until_now_and_a_clock_set_back_gives_nothing_back():
    still = held_spans(moves((0, "running", "")), host="z", now=NOON + timedelta(seconds=7))
    back = held_spans(moves((50, "running", ""), (20, "succeeded", "")), host="z", now=NOON)

    assert still == [HeldSpan("z", 7)]
    assert back == [HeldSpan("z", 0)]
