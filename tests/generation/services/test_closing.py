"""Jobs whose engine told nothing any more: what it may have asked for is shown, counts, and can be settled."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from django.utils import timezone

from generation.engine.journal import FILENAME, Journal
from generation.engine.repairs import repair_id
from generation.models import Call, GenerationJob
from generation.selectors import announced as announcements
from generation.selectors import budgets
from generation.selectors import orders as selectors
from generation.services import closing, spend, uncertain
from jobs import rundirs
from jobs.contracts import Event
from jobs.models import Job, JobEvent
from jobs.rundir import identity
from jobs.rundir.attempt import ENGINE
from jobs.services import lifecycle
from members.models import Member
from review.models import Candidate
from tests.generation.money.tellings import take_in, told

pytestmark = pytest.mark.django_db


def call_id(order: GenerationJob, index: int) -> UUID:
    return uuid5(order.pk, str(index))


def on_the_wire(order: GenerationJob, *indexes: int) -> None:
    calls = [{"call_id": str(call_id(order, index)), "record": order.record_ids[0]} for index in indexes]
    take_in(order, Event(seq=1, ts=0, kind="sent", payload={"calls": calls}))


def announced(order: GenerationJob, *positions: tuple[int, int], by_attempt: int = 1) -> None:
    assert order.job is not None
    order.job.refresh_from_db()
    payload: dict[str, Any] = {"positions": [list(run) for run in positions]}
    seq = order.job.last_seq + 1
    Job.objects.update(last_seq=seq, run_fence=by_attempt)
    JobEvent.objects.create(job=order.job, seq=seq, fence=by_attempt, ts=timezone.now(), kind="asking", payload=payload)


def folder_of(order: GenerationJob, attempt: int = 1) -> Path:
    assert order.job_id is not None
    folder = rundirs.of(order.job_id, attempt)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def journalled(order: GenerationJob, *, asked: dict[int, float], answered: list[int], attempt: int = 1) -> Path:
    """The journal of an attempt: calls it asked, by index, with their worst price, and those that were answered."""
    path = folder_of(order, attempt) / FILENAME

    async def write() -> None:
        journal = Journal(path)
        for index, usd in asked.items():
            await journal.sent(str(call_id(order, index)), reserve_usd=usd)
        for index in answered:
            payload = told(order, "draft", call_id=str(call_id(order, index)), index=index).payload
            journal.answered(str(call_id(order, index)), kind="draft", payload=payload)
        await journal.close()

    asyncio.run(write())
    return path


def noted(path: Path, *entries: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)


def states(order: GenerationJob) -> dict[int, str]:
    indexes = {call_id(order, index): index for index in range(order.count)}
    return {indexes[call.pk]: call.state for call in Call.objects.filter(generation_job=order)}


def test_calls_on_the_wire_of_a_cancelled_order_whose_engine_died_are_shown_and_can_be_settled(
    paid_order: GenerationJob, lead: Member
) -> None:
    on_the_wire(paid_order, 0, 1)
    assert paid_order.job is not None

    lifecycle.cancel(paid_order.job, by=lead)

    assert Job.objects.get().state == "cancelled"
    worst_usd = spend.usd(paid_order.estimate["worst_call_usd"])
    assert [call.possible_cost_usd for call in selectors.open_doubts(paid_order)] == [worst_usd] * 2
    assert budgets.spent_by(paid_order) == 2 * worst_usd > 0
    assert uncertain.take_as_unpaid(paid_order, call_ids=None, by=lead) == 2


def test_what_a_lost_engine_had_announced_is_shown_without_what_has_its_end(paid_order: GenerationJob) -> None:
    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))
    announced(paid_order, (0, 2))

    closing.close(paid_order.job)
    closing.close(paid_order.job)

    assert states(paid_order) == {0: "answered", 1: "uncertain", 2: "uncertain"}
    second = Call.objects.get(position=1)
    assert str(second.record_id) == paid_order.record_ids[1]
    assert budgets.spent_by(paid_order) == spend.usd(0.001001) + 2 * second.possible_cost_usd


def test_a_call_turned_down_and_announced_once_more_is_in_doubt_with_its_lost_tries(paid_order: GenerationJob) -> None:
    GenerationJob.objects.update(uncertain_policy="retry")
    refused = told(paid_order, "failure", call_id=str(call_id(paid_order, 1)), index=1, cost_usd=0.0,
                   possible_cost_usd=0.25, code="server_error", message="No.")  # fmt: skip
    take_in(paid_order, refused)
    announced(paid_order, (1, 1))

    closing.close(paid_order.job)

    call = Call.objects.get()
    assert call.state == "uncertain"
    assert float(call.possible_cost_usd) == pytest.approx(0.25 + paid_order.estimate["worst_call_usd"], abs=1e-6)


def test_an_engine_that_took_its_announcements_back_leaves_nothing_in_doubt(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 3))
    announced(paid_order)

    closing.close(paid_order.job)

    assert not Call.objects.exists()


def test_an_answer_found_by_a_resume_replaces_the_doubt(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 0))
    closing.close(paid_order.job)

    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))

    assert states(paid_order) == {0: "answered"}
    assert budgets.spent_by(paid_order) == spend.usd(0.001001)


def test_only_what_its_journal_says_was_asked_and_not_answered_is_in_doubt(
    paid_order: GenerationJob, lead: Member
) -> None:
    announced(paid_order, (0, 3))
    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))
    journalled(paid_order, asked={0: 0.01, 1: 0.02}, answered=[0])
    assert paid_order.job is not None

    lifecycle.cancel(paid_order.job, by=lead)

    assert states(paid_order) == {0: "answered", 1: "uncertain"}
    call = Call.objects.get(state="uncertain")
    assert (call.possible_cost_usd, call.error_message) == (spend.usd(0.02), closing.ON_THE_WIRE)
    assert budgets.spent_by(paid_order) == spend.usd(0.021001)


def test_an_answer_only_the_journal_knows_is_taken_in_with_its_cost(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 2))
    on_the_wire(paid_order, 1)
    journalled(paid_order, asked={0: 0.01, 1: 0.02}, answered=[0, 1])

    closing.close(paid_order.job)
    closing.close(paid_order.job)

    assert states(paid_order) == {0: "answered", 1: "answered"}
    assert Candidate.objects.filter(job_id=paid_order.job_id).count() == 2
    assert budgets.spent_by(paid_order) == 2 * spend.usd(0.001001)


def test_an_answer_that_cannot_be_taken_in_is_in_doubt_and_the_job_ends(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    pk = str(call_id(paid_order, 0))
    noted(path, {"what": "answered", "call": pk, "kind": "draft", "payload": {"call_id": pk}})

    closing.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}


def test_a_flawed_answer_is_paid_and_its_repair_on_the_wire_is_in_doubt(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    pk = str(call_id(paid_order, 0))
    first = told(paid_order, "failure", call_id=pk, index=0, code="malformed", message="No JSON.").payload
    noted(
        path,
        {"what": "answered", "call": pk, "kind": "flawed", "payload": {**first, "kind": "failure"}},
        {"what": "sent", "call": repair_id(pk), "reserve_usd": 0.03, "at": 0},
    )

    closing.close(paid_order.job)

    rows = {str(call.pk): (call.state, call.position) for call in Call.objects.all()}
    assert rows == {pk: ("failed", 0), repair_id(pk): ("uncertain", 0)}
    assert budgets.spent_by(paid_order) == spend.usd(0.031001)


def test_a_call_turned_down_after_it_was_seen_on_the_wire_is_not_in_doubt(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1))
    on_the_wire(paid_order, 0)
    pk = str(call_id(paid_order, 0))
    noted(journalled(paid_order, asked={0: 0.01}, answered=[]), {"what": "unbilled", "call": pk, "code": "busy"})

    closing.close(paid_order.job)

    assert [(call.state, call.error_code) for call in Call.objects.all()] == [("failed", "not_asked")]
    assert budgets.spent_by(paid_order) == 0


def test_lost_tries_before_one_that_was_turned_down_stay_in_doubt(paid_order: GenerationJob) -> None:
    GenerationJob.objects.update(uncertain_policy="retry")
    announced(paid_order, (0, 0))
    pk = str(call_id(paid_order, 0))
    noted(
        journalled(paid_order, asked={0: 0.01}, answered=[]),
        {"what": "sent", "call": pk, "reserve_usd": 0.02, "at": 0},
        {"what": "unbilled", "call": pk, "code": "busy"},
    )

    closing.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}
    assert budgets.spent_by(paid_order) == spend.usd(0.01)


def test_what_lies_in_a_batch_is_left_to_the_batch(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={}, answered=[])
    noted(path, {"what": "batch", "token": "t", "calls": [[str(call_id(paid_order, 0)), 0.01]], "ended": [], "at": 0})

    closing.close(paid_order.job)

    assert not Call.objects.exists()


def test_a_call_of_a_batch_that_brought_no_word_of_it_is_in_doubt(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1))
    pk = str(call_id(paid_order, 0))
    noted(
        journalled(paid_order, asked={}, answered=[]),
        {"what": "batch", "token": "t", "calls": [[pk, 0.01], [str(call_id(paid_order, 1)), 0.01]], "ended": [], "at": 0},
        {"what": "doubtful", "call": pk},
        {"what": "batch_ended", "token": "t"},
    )  # fmt: skip

    closing.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}
    assert budgets.spent_by(paid_order) == spend.usd(0.01)


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{not json\n" + path.read_bytes())


def gone(path: Path) -> None:
    path.unlink()


def of_a_living_engine(path: Path) -> None:
    (path.parent / ENGINE).write_text(identity.mark_of(os.getpid()).model_dump_json())


def of_an_attempt_unseen(path: Path) -> None:
    """Another process space, whose end no row has: as after a container that nobody has heard of since."""
    mark = identity.mark_of(os.getpid()).model_copy(update={"host_id": "another", "pid_started": "0"})
    (path.parent / ENGINE).write_text(mark.model_dump_json())
    Job.objects.update(settled=False)


@pytest.mark.parametrize("spoilt", [damaged, gone, of_a_living_engine, of_an_attempt_unseen])
def test_without_a_journal_that_says_all_everything_announced_is_in_doubt(
    paid_order: GenerationJob, lead: Member, spoilt: Callable[[Path], None]
) -> None:
    announced(paid_order, (0, 2))
    spoilt(journalled(paid_order, asked={0: 0.01}, answered=[]))
    assert paid_order.job is not None

    lifecycle.cancel(paid_order.job, by=lead)

    assert states(paid_order) == {0: "uncertain", 1: "uncertain", 2: "uncertain"}
    assert {call.error_message for call in Call.objects.all()} >= {closing.PERHAPS_ASKED}
    assert announcements.without_end(paid_order)


def test_what_an_attempt_elsewhere_announced_stays_in_doubt_beside_a_journal_here(paid_order: GenerationJob) -> None:
    announced(paid_order, (0, 1), by_attempt=1)
    announced(paid_order, (2, 3), by_attempt=2)
    journalled(paid_order, asked={2: 0.01}, answered=[], attempt=2)

    closing.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain", 1: "uncertain", 2: "uncertain"}


def test_once_all_is_settled_by_the_journal_a_resume_elsewhere_need_not_hold_what_was_announced(
    paid_order: GenerationJob,
) -> None:
    announced(paid_order, (0, 3))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    closing.close(paid_order.job)
    path.unlink()

    closing.close(paid_order.job)

    assert announcements.without_end(paid_order) == []
    assert states(paid_order) == {0: "uncertain"}
