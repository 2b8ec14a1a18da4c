"""What is asked only once it is known outside this host, and what an attempt elsewhere may have asked for."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from generation.engine.__main__ import main
from generation.engine.budget import worst_case
from generation.engine.contracts import TeacherSpec
from generation.engine.structured import paid_messages
from jobs.rundir import acks
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK, Attempts, teacher
from tests.generation.provider_server import Running
from tests.waiting import wait_until

pytestmark = pytest.mark.engine


def begun(attempts: Attempts, *args: Any, **over: Any) -> tuple[Path, threading.Thread]:
    """An attempt under way behind a supervisor that answers when the test does."""
    path = attempts.lay(*args, **over)
    acks.acknowledge(path, 0)
    thread = threading.Thread(target=main, args=(str(path),), daemon=True)
    thread.start()
    return path, thread


def written(path: Path, kind: str) -> list[dict[str, Any]]:
    """Events of a kind so far; the last line may be half written."""
    lines = (path / "events.jsonl").read_text().rpartition("\n")[0].splitlines()
    return [event for event in map(json.loads, lines) if event["kind"] == kind]


def first_announced(path: Path) -> int:
    """The number of the first announcement."""
    return int(written(path, "asking")[0]["seq"])


def calls(told: dict[str, Any]) -> int:
    """How many calls an announcement names."""
    return sum(last - first + 1 for first, last in told["positions"])


@pytest.mark.slow
def test_nothing_is_asked_before_the_announcement_is_stored(attempts: Attempts, provider: Running) -> None:
    path, engine = begun(attempts, teacher(provider.url), count=20)
    wait_until(lambda: acks.is_ack_requested(path))
    time.sleep(0.5)
    before = provider.provider.requests

    acks.acknowledge(path, 1_000_000)
    engine.join(120)

    [first, *_, last] = attempts.events("asking")
    assert before == 0
    assert (first["positions"], last["positions"]) == ([[0, 7]], [])
    assert attempts.result()["summary"]["drafts"] == 20


@pytest.mark.slow
def test_no_more_is_asked_than_was_stored(attempts: Attempts, provider: Running) -> None:
    path, engine = begun(attempts, teacher(provider.url), count=20)
    wait_until(lambda: acks.is_ack_requested(path))

    acks.acknowledge(path, first_announced(path))
    wait_until(lambda: provider.provider.requests >= 8)
    time.sleep(0.5)
    asked = provider.provider.requests
    acks.acknowledge(path, 1_000_000)
    engine.join(120)

    assert asked == 8
    assert set(provider.provider.billed.values()) == {1}


@pytest.mark.slow
def test_an_announcement_goes_further_ahead_where_answers_come_faster_than_it_is_stored(
    attempts: Attempts, provider: Running
) -> None:
    path, engine = begun(attempts, teacher(provider.url), count=400, records=10)
    allowed, until_s = 0, time.monotonic() + 120
    while engine.is_alive() and time.monotonic() < until_s:
        # However slow answers come on a busy machine, it is stored later than all that may be asked was answered.
        is_asked = acks.is_ack_requested(path)
        if is_asked and sum(len(written(path, kind)) for kind in ("draft", "failure", "uncertain")) >= allowed:
            time.sleep(0.15)
            heard = int((path / acks.ASKED).read_text())
            acks.acknowledge(path, heard)
            allowed = sum(calls(event["payload"]) for event in written(path, "asking") if event["seq"] <= heard)
        time.sleep(0.01)

    assert not engine.is_alive()
    counts = [calls(told) for told in attempts.events("asking")]
    assert sum(counts) == 400
    # The first is of eight calls; what stayed at that would be told two or three at a time, two hundred times.
    assert max(counts) >= 24
    assert len(counts) < 80


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("wire", "step"), [("openai", "upload"), ("anthropic", "create")])
def test_a_batch_is_handed_in_only_once_another_host_would_know_of_it(
    attempts: Attempts, provider: Running, wire: str, step: str
) -> None:
    quick = {"batch_poll_s": 0.05, "batch_poll_cap_s": 0.05, "batch_settle_s": 0.3}
    path, engine = begun(attempts, teacher(provider.url, wire, batch_factor=0.5), way="batch", limits=quick)
    wait_until(lambda: acks.is_ack_requested(path))
    time.sleep(0.3)
    before = provider.provider.desk.seen[step]

    acks.acknowledge(path, 1_000_000)
    engine.join(120)

    assert before == 0
    assert next(told["state"] for told in attempts.events("batch")) == "preparing"
    assert provider.provider.desk.seen[step] == 1
    assert attempts.result()["summary"]["drafts"] == 6


def test_what_an_attempt_elsewhere_announced_is_held_with_its_worst_price(
    attempts: Attempts, provider: Running
) -> None:
    elsewhere = [{"attempt": 7, "positions": [[1, 2], [5, 5]]}]

    result = attempts.run(teacher(provider.url), announced=elsewhere)

    doubts = attempts.events("uncertain")
    assert [doubt["index"] for doubt in doubts] == [1, 2, 5]
    assert all(doubt["possible_cost_usd"] > 0 for doubt in doubts)
    assert result["summary"]["possible_cost_usd"] == pytest.approx(sum(d["possible_cost_usd"] for d in doubts))
    assert result["summary"]["drafts"] == 3
    assert len(provider.provider.billed) == 3


def test_the_schema_that_goes_out_with_a_call_is_part_of_its_worst_price(attempts: Attempts, provider: Running) -> None:
    asked, task = teacher(provider.url, answers="json"), TaskSpec.model_validate(TASK)
    spec = TeacherSpec.model_validate(asked)

    attempts.run(asked, count=1, announced=[{"attempt": 7, "positions": [[0, 0]]}])

    prompt = prompting.messages(task, {"company": "Co 0", "pain": "late lorries"}, audience="teacher")
    (doubt,) = attempts.events("uncertain")
    assert doubt["possible_cost_usd"] == worst_case(spec, paid_messages(spec, task, prompt))[2]


def test_with_the_policy_retry_it_is_asked_again_and_its_price_told(attempts: Attempts, provider: Running) -> None:
    elsewhere = [{"attempt": 7, "positions": [[1, 2]]}]

    attempts.run(teacher(provider.url), announced=elsewhere, uncertain="retry")

    drafts = attempts.events("draft")
    assert len(drafts) == 6
    assert sorted(draft["index"] for draft in drafts if draft["possible_cost_usd"] > 0) == [1, 2]


def test_an_attempt_whose_journal_lies_here_is_believed_rather_than_its_announcement(
    attempts: Attempts, provider: Running
) -> None:
    path = attempts.lay(teacher(provider.url))
    announced = [{"attempt": int(path.name), "positions": [[0, 5]]}]

    result = attempts.run(teacher(provider.url), announced=announced)

    assert result["summary"]["drafts"] == 6
    assert result["summary"]["uncertain"] == 0


def test_what_may_have_been_paid_elsewhere_is_told_even_where_no_money_is_left_to_ask_again(
    attempts: Attempts, provider: Running
) -> None:
    elsewhere = [{"attempt": 7, "positions": [[1, 2]]}]

    result = attempts.run(teacher(provider.url), announced=elsewhere, uncertain="retry", budget_usd=0.03)

    told = [one for one in attempts.events("draft", "failure") if one["index"] in (1, 2)]
    assert [one["code"] for one in told if "code" in one] == ["left_in_doubt"] * 2
    assert sum(one["possible_cost_usd"] for one in told) == pytest.approx(
        result["summary"]["possible_cost_usd"], abs=1e-6
    )
    assert attempts.events("asking") == [{"positions": []}]
