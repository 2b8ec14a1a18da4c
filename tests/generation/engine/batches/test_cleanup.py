"""Files that batches leave at OpenAI: deleted once what they brought is safe, never before,
and never at an order's cost.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from generation.engine.__main__ import main
from jobs.rundir import acks
from tests.generation.engine.batches.conftest import Ordered
from tests.generation.engine.batches.test_batches_killed import killed_at, left_when
from tests.waiting import wait_until

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("ordered", ["openai"], indirect=True)]


def warnings(ordered: Ordered) -> list[str]:
    return [told["message"] for told in ordered.attempts.events("log") if told["level"] == "warning"]


def told_at(path: Path, state: str) -> int:
    """The number of the event that tells this state of a batch; 0 before it is told."""
    events = path / "events.jsonl"
    told = map(json.loads, events.read_text().splitlines() if events.exists() else [])
    return next((one["seq"] for one in told if one["kind"] == "batch" and one["payload"]["state"] == state), 0)


def test_requests_answers_and_errors_are_deleted_once_taken_in(ordered: Ordered) -> None:
    ordered.desk.lines = ["ok", "error:400", "ok"]

    result = ordered.run(count=3)

    assert result["outcome"] == "succeeded"
    assert sorted(ordered.desk.deleted) == ["err-batch_0", "file-1", "out-batch_0"]
    assert warnings(ordered) == []


def test_each_batch_of_several_leaves_nothing(ordered: Ordered) -> None:
    ordered.run(count=10, limits={"batch_requests": 4})

    assert len(ordered.desk.batches) == 3
    assert len(set(ordered.desk.deleted)) == 6


@pytest.mark.parametrize("trouble", ["status:500", "status:403", "drop"])
def test_a_delete_that_fails_is_logged_and_costs_the_order_nothing(ordered: Ordered, trouble: str) -> None:
    ordered.desk.script["delete"] = [trouble] * 20

    result = ordered.run(count=3)

    assert (result["outcome"], result["summary"]["drafts"]) == ("succeeded", 3)
    assert ordered.desk.deleted == []
    [said] = warnings(ordered)
    assert "batch_0" in said


def test_one_file_that_stays_keeps_no_other(ordered: Ordered) -> None:
    ordered.desk.script["delete"] = ["status:403"]

    ordered.run(count=3)

    assert ordered.desk.deleted == ["file-1"]


def test_a_file_that_is_gone_already_is_no_failure(ordered: Ordered) -> None:
    ordered.desk.script["delete"] = ["status:404"]

    ordered.run(count=3)

    assert warnings(ordered) == []


def test_an_engine_killed_while_it_reads_results_has_deleted_nothing_and_the_next_deletes(ordered: Ordered) -> None:
    killed_at(ordered, "results:after", count=4)
    before = list(ordered.desk.deleted)

    result = ordered.run(count=4)

    assert before == []
    assert result["summary"]["drafts"] == 4
    assert sorted(ordered.desk.deleted) == ["file-1", "out-batch_0"]


@pytest.mark.slow
def test_files_stay_until_what_they_brought_is_stored_outside_this_host(ordered: Ordered) -> None:
    path = ordered.attempts.lay(ordered.teacher, **ordered.given(count=4))
    acks.acknowledge(path, 0)
    thread = threading.Thread(target=main, args=(str(path),), daemon=True)
    thread.start()
    wait_until(lambda: told_at(path, "preparing"))
    acks.acknowledge(path, told_at(path, "preparing"))
    wait_until(lambda: told_at(path, "ended"))
    time.sleep(0.3)
    before = list(ordered.desk.deleted)

    acks.acknowledge(path, told_at(path, "ended"))
    thread.join(30)

    assert before == []
    assert sorted(ordered.desk.deleted) == ["file-1", "out-batch_0"]


def test_files_of_a_batch_that_left_a_call_in_doubt_stay_to_be_looked_into(ordered: Ordered) -> None:
    ordered.desk.lines = ["ok", "missing", "ok"]

    result = ordered.run(count=3)

    assert result["summary"]["uncertain"] == 1
    assert ordered.desk.deleted == []
    [said] = warnings(ordered)
    assert "no word" in said


@pytest.mark.parametrize(("trouble", "is_deleted"), [("status:400", True), ("made-drop", False)])
def test_an_upload_is_deleted_when_its_batch_certainly_never_began(
    ordered: Ordered, trouble: str, is_deleted: bool
) -> None:
    ordered.desk.script["create"] = [trouble]
    ordered.desk.is_held = True

    process = ordered.start(count=3)
    left_when(ordered, process, lambda: ordered.desk.deleted or ordered.desk.seen["look"] or process.poll() is not None)

    assert ordered.desk.deleted == (["file-1"] if is_deleted else [])


def test_requests_of_a_batch_that_is_refused_are_deleted(ordered: Ordered) -> None:
    ordered.desk.refusal = {"code": "invalid_request", "message": "No."}

    result = ordered.run(count=3)

    assert result["error"]["code"] == "batch_refused"
    assert ordered.desk.deleted == ["file-1"]


@pytest.mark.slow
def test_what_a_taken_in_batch_left_unasked_is_asked_by_a_host_that_has_no_journal(ordered: Ordered) -> None:
    ordered.desk.lines = ["ok", "expired", "ok", "ok"]
    first = ordered.run(count=4, stragglers="leave")
    settled: dict[str, Any] = {told["call_id"]: told["cost_usd"] for told in ordered.attempts.events("draft")}
    ordered.attempts.root, ordered.attempts.fence = ordered.attempts.root / "elsewhere", 0

    second = ordered.run(count=4, settled=settled, taken_in=["batch_0"])

    assert first["summary"]["drafts"] == 3
    assert second["summary"]["drafts"] == 4
    assert len(ordered.desk.batches) == 2
    assert set(ordered.bill.values()) == {1}


def test_results_that_are_gone_leave_their_calls_in_doubt(ordered: Ordered) -> None:
    ordered.desk.script["results"] = ["status:404"]

    result = ordered.run(count=3)

    assert (result["outcome"], result["summary"]["uncertain"]) == ("succeeded", 3)
