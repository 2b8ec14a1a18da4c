"""An engine killed at each step of a batch, and stopped, and moved to another host: each call is billed once."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from generation.engine.journal import history, writer
from tests.generation.engine.batches.conftest import Ordered
from tests.nursery import Child
from tests.waiting import wait_until

pytestmark = pytest.mark.engine
STEPS = ["create:before", "create:after", "look:before", "results:before"]
openai_only = pytest.mark.parametrize("ordered", ["openai"], indirect=True)


def killed_at(ordered: Ordered, step: str, **over: Any) -> None:
    """Run an attempt until the server holds this step, and kill it there."""
    ordered.desk.freeze = step
    ordered.desk.frozen.clear()
    process = ordered.start(**over)
    wait_until(lambda: ordered.desk.frozen.is_set() or process.poll() is not None)
    process.kill()
    process.wait()
    ordered.desk.freeze = ""


def left_when(ordered: Ordered, process: Child, is_reached: Any) -> None:
    wait_until(is_reached)
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def known(ordered: Ordered) -> history.History:
    return history.read_history(ordered.attempts.path / writer.FILENAME)


def assert_each_paid_once(ordered: Ordered, result: dict[str, Any], count: int) -> None:
    assert result["outcome"] == "succeeded"
    assert result["summary"]["drafts"] == count
    assert result["summary"]["uncertain"] == 0
    assert ordered.bill == dict.fromkeys(ordered.ids("draft"), 1)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("step", STEPS)
def test_an_engine_killed_at_any_step_pays_for_each_call_once(ordered: Ordered, step: str) -> None:
    killed_at(ordered, step, count=6)

    result = ordered.run(count=6)

    assert_each_paid_once(ordered, result, 6)
    assert len(ordered.desk.batches) == 1


@pytest.mark.slow(after_first=True)
@openai_only
@pytest.mark.parametrize("step", ["upload:before", "upload:after"])
def test_an_engine_killed_while_it_uploads_hands_in_one_batch_later(ordered: Ordered, step: str) -> None:
    killed_at(ordered, step, count=6)

    result = ordered.run(count=6)

    assert_each_paid_once(ordered, result, 6)
    assert len(ordered.desk.batches) == 1


@pytest.mark.slow(after_first=True)
def test_a_batch_being_handed_in_is_noted_before_and_named_right_after(ordered: Ordered) -> None:
    killed_at(ordered, "create:before", count=4)
    before = known(ordered)
    killed_at(ordered, "look:before", count=4)
    after = known(ordered)

    assert [batch.state for batch in before.batches.values()] == ["preparing"]
    assert {fate.state for fate in before.calls.values()} == {"batched"}
    assert [batch.state for batch in after.batches.values()] == ["dropped", "submitted"]


@pytest.mark.slow(after_first=True)
def test_an_engine_killed_while_it_takes_in_takes_in_the_rest(ordered: Ordered) -> None:
    ordered.desk.script["results"] = ["cut"] * 50
    process = ordered.start(count=40, limits={"backoff_s": 5})
    path = ordered.attempts.path / "events.jsonl"
    wait_until(lambda: path.exists() and path.read_bytes().count(b'"draft"') >= 10)
    process.kill()
    process.wait()
    ordered.desk.script["results"] = []

    result = ordered.run(count=40)

    assert_each_paid_once(ordered, result, 40)


@pytest.mark.slow(after_first=True)
def test_a_stop_leaves_the_batch_at_the_provider_and_a_resume_takes_it_up(ordered: Ordered) -> None:
    ordered.desk.is_held = True
    process = ordered.start(count=5)
    left_when(ordered, process, lambda: ordered.desk.seen["look"] > 1)
    first = ordered.attempts.result()
    ordered.desk.is_held = False

    result = ordered.run(count=5)

    assert (first["outcome"], first["summary"]["at_provider"]) == ("stopped", 5)
    assert ordered.desk.seen["cancel"] == 0
    assert_each_paid_once(ordered, result, 5)


@pytest.mark.slow(after_first=True)
def test_collecting_cancels_at_the_provider_and_keeps_what_was_done(ordered: Ordered) -> None:
    ordered.desk.is_held = True
    process = ordered.start(count=6)
    left_when(ordered, process, lambda: ordered.desk.seen["look"] > 1)

    result = ordered.run(count=6, way="collect")

    assert result["summary"]["drafts"] == 3
    assert result["summary"]["failures"] == {"batch_unanswered": 3}
    assert ordered.desk.seen["cancel"] == 1
    assert ordered.bill == dict.fromkeys(ordered.ids("draft"), 1)


@pytest.mark.slow(after_first=True)
def test_without_a_journal_what_the_database_knows_of_a_batch_serves(ordered: Ordered) -> None:
    ordered.desk.is_held = True
    process = ordered.start(count=5)
    left_when(ordered, process, lambda: ordered.desk.seen["look"] > 1)
    told = ordered.attempts.events("batch")[-1]
    (ordered.attempts.path / writer.FILENAME).unlink()
    ordered.desk.is_held = False
    names = ("token", "batch_id", "positions", "prepared_at")

    result = ordered.run(count=5, batches=[{name: told[name] for name in names}])

    assert_each_paid_once(ordered, result, 5)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("state", ["ended", "dropped"])
def test_an_end_that_was_noted_and_not_told_is_told_by_the_next_attempt(ordered: Ordered, state: str) -> None:
    step = "look:before" if state == "dropped" else "results:before"
    killed_at(ordered, "create:before", count=4)
    killed_at(ordered, step, count=4)
    if state == "ended":
        ordered.run(count=4)
    [told] = [one for one in ordered.attempts.events("batch") if one["state"] == state]
    names = ("token", "batch_id", "positions", "prepared_at")

    ordered.run(count=4, batches=[{name: told[name] for name in names}])

    assert [one for one in ordered.attempts.events("batch") if one["token"] == told["token"]] == [
        told | {"done": 4 if state == "ended" else 0, "note": ""}
    ]


@pytest.mark.slow
@openai_only
def test_a_lost_host_s_batch_is_known_again_by_the_order_it_carries(ordered: Ordered) -> None:
    ordered.desk.is_held = True
    process = ordered.start(count=5)
    left_when(ordered, process, lambda: ordered.desk.seen["look"] > 1)
    (ordered.attempts.path / writer.FILENAME).unlink()
    ordered.desk.is_held = False

    result = ordered.run(count=5)

    assert_each_paid_once(ordered, result, 5)


@pytest.mark.slow(after_first=True)
def test_batches_of_others_are_left_alone(ordered: Ordered) -> None:
    killed_at(ordered, "create:before", count=4)
    ordered.desk.is_held = False
    strangers = [ordered.desk.batches.copy()]
    other = Ordered.__new__(Ordered)
    other.__dict__.update(ordered.__dict__)
    other.attempts = type(ordered.attempts)(ordered.attempts.root / "other")
    other.run(count=4)

    result = ordered.run(count=4)

    assert strangers == [{}]
    assert len(ordered.desk.batches) == 2
    assert result["summary"]["drafts"] == 4
    assert set(ordered.bill.values()) == {1}


@pytest.mark.slow(after_first=True)
def test_a_clock_that_jumped_back_makes_nobody_wait_longer(ordered: Ordered) -> None:
    killed_at(ordered, "create:before", count=3)
    path = ordered.attempts.path / writer.FILENAME
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line["at"] = time.time() + 86_400
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    began = time.monotonic()

    result = ordered.run(count=3)

    # Of a day.
    assert time.monotonic() - began < 120
    assert_each_paid_once(ordered, result, 3)


@pytest.mark.slow(after_first=True)
def test_a_full_disk_before_the_hand_in_pays_nothing_and_leaves_the_order_whole(
    ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writer.Journal._to_disk
    monkeypatch.setattr(writer.Journal, "_to_disk", _no_space)
    first = ordered.run(count=3)
    monkeypatch.setattr(writer.Journal, "_to_disk", real)

    second = ordered.run(count=3)

    assert (first["outcome"], first["error"]["code"]) == ("failed", "disk")
    assert_each_paid_once(ordered, second, 3)


def test_a_full_disk_after_the_hand_in_is_settled_by_looking(ordered: Ordered, monkeypatch: pytest.MonkeyPatch) -> None:
    real = writer.Journal._to_disk

    def until_named(book: writer.Journal, data: bytes) -> None:
        if b"batch_submitted" in data:
            raise OSError(28, "No space left on device")
        real(book, data)

    monkeypatch.setattr(writer.Journal, "_to_disk", until_named)
    first = ordered.run(count=3)
    monkeypatch.setattr(writer.Journal, "_to_disk", real)

    second = ordered.run(count=3)

    assert first["error"]["code"] == "disk"
    assert len(ordered.desk.batches) == 1
    assert_each_paid_once(ordered, second, 3)


def _no_space(book: writer.Journal, data: bytes) -> None:
    raise OSError(28, "No space left on device")
