"""A judge ahead of the desk: what it says orders the drafts that wait,
and no reviewer reads it before their verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from generation.judges import chances, figures, launch, take_in
from generation.models import Call, JudgedText, Judging, Order, Teacher
from generation.states import CallState
from jobs.contracts import EngineEvent
from jobs.kinds import registry
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import Member
from miniatures_site.access import ACCOUNTS
from review.desk import ordering, ordering_strategies
from review.models import DeskSettings, Draft, Task
from review.states import DraftState, QueueOrdering
from tests.generation.judges.conftest import DRAFTS, REVIEWED, misled
from tests.matrix.routes import walk
from tests.review import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_order")]
WHY = "kestrel-opinion"
# Streams, whose rows are read instead; and what is the same for everybody.
LEFT_OUT = {"jobs:events", "jobs:events_of_many", "job-events", "schema", "docs"}


@pytest.fixture
def read_ahead(order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member) -> Judging:
    """A judge's calls on the drafts that wait, beside what experts said of the others; as `misled` says them."""
    # All in the order of the queue, so that those left are the last eight: six good ones and two bad.
    Draft.objects.filter(task=order.task).update(random_key=2**62)
    review_some(REVIEWED)
    subject = launch.of_desk(order.task)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=Decimal(1))
    for text in JudgedText.objects.filter(judging=made):
        told = json.loads(misled({"messages": [{"content": text.fields["reply"]}]}))
        text.passes, text.meets, text.why = told["passes"], {"Grounded": told["requirement_2"]}, WHY
        text.save(update_fields=["passes", "meets", "why"])
    return made


def waiting(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task, state=DraftState.PENDING).order_by("queue_position", "id"))


@pytest.mark.slow
def test_drafts_that_wait_are_read_beside_those_that_experts_judged_and_none_twice(
    read_ahead: Judging, task: Task
) -> None:
    texts = JudgedText.objects.filter(judging=read_ahead)
    own = texts.exclude(group="")

    assert own.count() == DRAFTS - REVIEWED and texts.filter(group="").count() == REVIEWED
    assert all(text.expert_passes is None for text in own)
    assert launch.of_desk(task).texts(DRAFTS) == []


def test_drafts_that_are_being_read_are_not_paid_for_again_and_those_left_unread_are_drawn(
    order: Order, task: Task, judge: Teacher, lead: Member
) -> None:
    subject = launch.of_desk(task)
    made = launch.launch(subject, subject.texts(10), judge=judge, by=lead, max_cost_usd=Decimal(1))
    asked = set(made.texts.values_list("draft", flat=True))

    meanwhile = {text.draft_id for text in launch.of_desk(task).texts(DRAFTS)}
    Job.objects.filter(pk=made.order.job_id).update(state=JobState.CANCELLED)
    afterwards = {text.draft_id for text in launch.of_desk(task).texts(DRAFTS)}

    assert len(asked) == 10 and asked.isdisjoint(meanwhile) and len(meanwhile) == DRAFTS - 10
    assert asked <= afterwards and len(afterwards) == DRAFTS


@pytest.mark.slow
def test_a_judges_word_is_worth_what_experts_made_of_such_drafts(read_ahead: Judging, task: Task) -> None:
    said = {
        text.draft_id: bool(text.passes) for text in JudgedText.objects.filter(judging=read_ahead).exclude(group="")
    }
    found = chances.of_drafts(task, [draft.pk for draft in waiting(task)])
    passed, failed = ([found[pk] for pk, passes in said.items() if pk and passes is side] for side in (True, False))

    assert len(found) == DRAFTS - REVIEWED and (len(passed), len(failed)) == (6, 2)
    # Experts accepted 22 of the 26 that it passed, and two of the six that it failed; eight at the rate of all are
    # added.
    overall = (24 + 1) / (REVIEWED + 2)
    assert passed == pytest.approx([(22 + 8 * overall) / (26 + 8)] * 6)
    assert failed == pytest.approx([(2 + 8 * overall) / (6 + 8)] * 2)


def test_only_drafts_in_question_are_given_a_chance(read_ahead: Judging, task: Task) -> None:
    first = waiting(task)[0].pk

    assert set(chances.of_drafts(task, [first])) == {first}


@pytest.mark.slow
def test_the_desk_deals_by_lot_what_a_judge_finds_likely_good(read_ahead: Judging, task: Task) -> None:
    drafts = [draft.pk for draft in waiting(task)]
    known = chances.of_drafts(task, drafts)
    lots = [ordering.lot(task.seed, pk) for pk in drafts]
    DeskSettings.objects.create(task=task, order=QueueOrdering.LIKELY)

    ordering.order_desk(task.pk)

    places = ordering_strategies.likely_good_first([known[pk] for pk in drafts], lots)
    assert [draft.pk for draft in waiting(task)] == [drafts[place] for place in places]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("is_by_lot", [True, False])
def test_the_desk_deals_by_lot_what_a_judge_finds_likely_wrong(
    is_by_lot: bool, read_ahead: Judging, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_by_lot:
        # Lots may happen to give both orders alike; where all are the same, chances alone decide.
        monkeypatch.setattr(ordering, "lot", lambda *_: 0.5)
    drafts = [draft.pk for draft in waiting(task)]
    known = chances.of_drafts(task, drafts)
    lots = [ordering.lot(task.seed, pk) for pk in drafts]
    DeskSettings.objects.create(task=task, order=QueueOrdering.UNLIKELY)

    ordering.order_desk(task.pk)

    places = ordering_strategies.likely_good_first([1 - known[pk] for pk in drafts], lots)
    dealt = [draft.pk for draft in waiting(task)]
    assert dealt == [drafts[place] for place in places]
    good_first = ordering_strategies.likely_good_first([known[pk] for pk in drafts], lots)
    assert is_by_lot or dealt != [drafts[place] for place in good_first]


@pytest.mark.slow
def test_no_reviewer_can_work_out_the_lot_of_a_draft_from_its_id(read_ahead: Judging, task: Task) -> None:
    draft = waiting(task)[0]
    by_other_seed = ordering.lot("another seed", draft.pk)

    assert 0 < ordering.lot(task.seed, draft.pk) < 1
    assert ordering.lot(task.seed, draft.pk) == ordering.lot(task.seed, draft.pk) != by_other_seed


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("first", [QueueOrdering.LIKELY, QueueOrdering.UNLIKELY])
def test_arriving_calls_have_a_desk_of_that_order_put_in_order_again(
    read_ahead: Judging, task: Task, first: QueueOrdering
) -> None:
    DeskSettings.objects.create(task=task, order=first)
    ordering.order_desk(task.pk)
    job = read_ahead.order.job
    assert job is not None and DeskSettings.objects.get(task=task).ordered_at is not None

    take_in.on_job_ended(job)

    assert DeskSettings.objects.get(task=task).ordered_at is None


@pytest.mark.slow
def test_the_log_of_its_job_tells_what_a_call_cost_and_not_what_it_said(read_ahead: Judging) -> None:
    job, call_id = read_ahead.order.job, uuid4()
    assert job is not None
    payload = {
        "call_id": str(call_id), "record": read_ahead.order.record_ids[0], "index": 0, "latency_s": 0.1,
        "cost_usd": 0.01, "fields": {"why": WHY, "passes": True}, "usage": {"input_tokens": 5},
    }  # fmt: skip
    row = JobEvent.objects.create(
        job=job, seq=10_000, engine_seq=1, fence=job.run_fence, ts=timezone.now(), kind="draft", payload=payload
    )

    registry.KINDS["generation"].on_events(job, [EngineEvent(seq=1, ts=0.0, kind="draft", payload=payload)])
    row.refresh_from_db()

    assert row.payload == payload | {"fields": {}}
    assert Call.objects.get(pk=call_id).fields == {"why": WHY, "passes": True}


@pytest.mark.slow
def test_no_address_tells_a_reviewer_what_the_judge_thinks_of_a_draft_that_waits(
    read_ahead: Judging,
    order: Order,
    task: Task,
    make_member: Callable[..., Member],
    as_member: Callable[[Member], Client],
    api_as: Callable[..., APIClient],
) -> None:
    reviewer = make_member("rev")
    factories.join(reviewer, task)
    JudgedText.objects.filter(judging=read_ahead, group="").update(why="of a judged draft")
    # As it stands while the job goes on: answers lie on the calls.
    Call.objects.create(
        id=uuid4(), order=read_ahead.order, state=CallState.ANSWERED, position=0, fields={"why": WHY}, excerpt=WHY
    )
    values = {
        "slug": task.slug, "task_slug": task.slug, "draft_id": waiting(task)[0].pk, "order_id": read_ahead.order_id,
        "judging_id": read_ahead.pk, "job_id": read_ahead.order.job_id, "record_id": waiting(task)[0].record_id,
    }  # fmt: skip
    browser, asked, told = as_member(reviewer), 0, []

    for route in walk():
        if route.name in {*ACCOUNTS, *LEFT_OUT} or not set(route.parameters) <= set(values):
            continue
        answer = browser.get(f"{route.address(values)}?show=all&limit=100")
        content = b"".join(answer) if answer.streaming else answer.content
        asked += answer.status_code == 200
        if WHY.encode() in content:
            told.append(route.name)

    report = api_as(reviewer).get(f"/api/v1/judgings/{read_ahead.pk}/").json()["report"]
    assert not told and asked > 20
    assert report["groups"] == []
    assert figures.report(read_ahead).groups != []


@pytest.mark.slow
def test_once_all_are_judged_the_share_is_no_secret(
    read_ahead: Judging, review_some: Callable[[int], None], make_member: Callable[..., Member], task: Task, api_as: Any
) -> None:
    reviewer = make_member("rev")
    factories.join(reviewer, task)
    review_some(DRAFTS)
    assert not Draft.objects.filter(task=task, gold=None).exists()

    assert api_as(reviewer).get(f"/api/v1/judgings/{read_ahead.pk}/").json()["report"]["groups"]


@pytest.mark.slow
def test_a_lead_has_the_desk_read_by_page_and_by_api(
    order: Order, judge: Teacher, lead: Member, as_member: Callable[[Member], Client], api_as: Callable[..., APIClient]
) -> None:
    body = {"teacher": judge.slug, "texts": 10, "max_cost_usd": "1"}
    address = f"/tasks/{order.task.slug}/judge/"
    page = as_member(lead).get(address).content.decode()
    price = as_member(lead).post(f"{address}price/", body).content.decode()
    placed = as_member(lead).post(address, body)
    priced = api_as(lead).post(f"/api/v1/tasks/{order.task.slug}/judgings/price/", body)
    ordered = api_as(lead).post(f"/api/v1/tasks/{order.task.slug}/judgings/", body)

    assert "Have a judge read the drafts that wait" in page and "10 calls" in price
    assert placed.status_code == 302 and priced.json()["texts"] == 10 and ordered.status_code == 202
    assert len(api_as(lead).get(f"/api/v1/tasks/{order.task.slug}/judgings/").json()["results"]) == 2
