from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle
from campaigns.states import Approval, MessageState, StepWriter
from generation.models import Call, Order, Teacher
from jobs.models import Job
from jobs.states import FINISHED
from jobs.supervisor import run_job
from members.models import Member
from review.desk import decisions, deck
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Record, Task
from review.states import Role
from review.tasks.queries import latest_version
from tests.campaigns import factories, stage_rows
from tests.review import factories as desk

SECOND = StepPlan(StepWriter.TEMPLATE, 3600, "Again, {{contact.first_name}}", "Hi {{contact.first_name}}, me again.")


@pytest.fixture
def viewer(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("vic")
    desk.join(member, task, Role.VIEWER)
    return member


@pytest.fixture
def tasks(lead: Member, admin: Member) -> dict[str, Task]:
    made = stage_rows.make_tasks(by=admin)
    for task in made.values():
        desk.join(lead, task, Role.LEAD)
    return made


@pytest.fixture
def records(task: Task) -> list[Record]:
    return desk.make_records(desk.make_source(task), 6)


@pytest.fixture
def people(task: Task, records: list[Record]) -> None:
    factories.make_people(task, records)


@pytest.fixture
def campaign(task: Task, people: None, lead: Member) -> Campaign:
    return factories.make_draft_campaign(task, by=lead)


def carry_orders() -> None:
    """Do every order for drafts that waits, as a worker would: a real engine, in a process of its own."""
    for job in Job.objects.filter(kind="generation").exclude(state__in=FINISHED):
        run_job(job.pk, worker="w")


def answer_orders(*, texts: Mapping[UUID, dict[str, Any]] | None = None, failing: tuple[UUID, ...] = ()) -> None:
    """End every order that waits, with the rows an engine's events leave: fast, and with texts of the test's own."""
    for order in Order.objects.filter(purpose="campaign").exclude(job__state__in=FINISHED):
        wanted = [UUID(pk) for pk in order.record_ids]
        records = Record.objects.in_bulk(wanted)
        calls = [_call(order, pk, n, fails=pk in failing) for n, pk in enumerate(wanted)]
        Call.objects.bulk_create(calls)
        drafts = [
            NewDraft(
                record_id=call.record_id,
                fields=(texts or {}).get(call.record_id) or desk.mail(records[call.record_id]), call_id=str(call.pk),
                origin="campaign", is_kept=True, teacher="offline", model="offline-composer", cost_usd=Decimal("0.002"),
                latency_s=0.5, thread=(order.threads or {}).get(str(call.record_id), ()),
            )
            for call in calls
            if call.state == "answered"
        ]  # fmt: skip
        add_drafts(version=latest_version(order.task), drafts=drafts, job_id=order.job_id)
        Job.objects.filter(pk=order.job_id).update(state="succeeded")


def _call(order: Order, record: UUID, n: int, *, fails: bool) -> Call:
    state = "failed" if fails else "answered"
    said = {"error_code": "too_long", "error_message": "The answer was cut."} if fails else {}
    return Call(
        pk=uuid4(), order=order, record_id=record, position=n, state=state, cost_usd=Decimal("0.002"),
        latency_s=0.5, **said,
    )  # fmt: skip


def judge(draft: Draft, by: Member, verdict: str, **more: Any) -> UUID:
    """A decision on the desk, by the ordinary service; its id."""
    mine = deck.hold(by, draft.pk)
    decision = uuid4()
    decisions.record(
        draft.pk, by=by, id=decision, verdict=verdict, if_match=mine.etag, seconds=12.0,
        reasons=["tone"] if verdict == "reject" else [], **more,
    )  # fmt: skip
    return decision


def take_back(draft: Draft, by: Member, decision: UUID) -> None:
    """Take a decision back, by the ordinary service."""
    draft.refresh_from_db()
    etag = deck.etag_for(draft, by)
    decisions.record(draft.pk, by=by, id=uuid4(), verdict="retract", if_match=etag, retracts=decision)


def states(campaign: Campaign) -> dict[str, int]:
    """How many mails of a campaign are in each state."""
    found: dict[str, int] = {}
    for state in Message.objects.filter(campaign=campaign).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


@pytest.fixture
def launched(campaign: Campaign, lead: Member) -> Campaign:
    return lifecycle.launch(campaign, by=lead)


def two_steps(task: Task, lead: Member) -> Campaign:
    offline = Teacher.objects.get(slug="offline")
    campaign = factories.make_draft_campaign(
        task, by=lead, arms=[ArmPlan("A", teacher=offline)], steps=[StepPlan(), SECOND], approval=Approval.SAMPLE,
        sample_share=0.0,
    )  # fmt: skip
    lifecycle.launch(campaign, by=lead)
    return campaign


def sent_before(campaign: Campaign, hours_ago: float) -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    Message.objects.filter(campaign=campaign, step__number=1).update(state=MessageState.SENT, sent_at=at)
