"""Moves every running campaign on: prepared, written, checked, approved, sent, followed up.

Called every few seconds, and by a bell.

Nothing is remembered between two calls: each step is one transaction from what the rows say, under the campaign's row
lock, so that a crash in the middle of any of them, or two ticks at once, come to the same end. It decides no text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import Arm, Campaign, Contact, Message, StageRun, Step
from campaigns.pipelines import ask, checks, collect, route_audits, run
from campaigns.pipelines import queries as pipelines
from campaigns.sending import guardrails, send
from campaigns.sending.lifecycle import planned
from campaigns.states import CampaignState, MessageState
from campaigns.writing import approval, order_drafts, sequences, wake_tick
from generation.models import Order
from generation.states import Purpose
from jobs.models import Job
from web.errors import Refusal

logger = logging.getLogger(__name__)
M = MessageState
LIVE = (CampaignState.RUNNING, CampaignState.PAUSED)
# Mails a person has to do with; a decision may move them until they have gone.
JUDGED = (M.AWAITING, M.APPROVED, M.REJECTED)
TO_SEND = (M.APPROVED, M.SENDING)
# A step that keeps finding work yields after so many rounds; the next tick continues.
ROUNDS = 100
TickStep = Callable[[Campaign], int]


@dataclass(frozen=True, slots=True)
class WaitingWork:
    campaign_id: UUID
    is_running: bool
    is_held: bool
    is_sequence: bool
    is_staged: bool
    preparing: bool
    planned: bool
    writing: bool
    written: bool
    judged: bool
    to_send: bool
    reported: bool
    audited: bool


def advance_all() -> int:
    """Move every campaign on that has work; return how many mails moved. One query when there is none.

    A campaign that cannot be moved is logged and does not hold up the others.
    """
    moved = 0
    for work in campaigns_with_work():
        try:
            moved += advance(work)
        except Exception:
            logger.exception("The campaign %s could not be moved on; the next tick tries again.", work.campaign_id)
    return moved


def campaigns_with_work() -> list[WaitingWork]:
    """Campaigns that run or rest, and what there is to do in each: one query, by index.

    Of ended ones those whose audits were judged.
    """
    has_verdicts = Q(route_audits.judged_audits(), state=CampaignState.ENDED)
    campaigns = Campaign.objects.filter(Q(state__in=LIVE) | has_verdicts).annotate(
        steps_count=Count("steps"),
        is_staged=Exists(Arm.objects.filter(campaign=OuterRef("pk"), pipeline__isnull=False)),
        preparing=_has_work(M.PREPARING),
        planned=_has_work(M.PLANNED),
        writing=_has_work(M.WRITING),
        written=_has_work(M.WRITTEN),
        judged=_has_work(*JUDGED),
        to_send=_has_work(*TO_SEND),
        reported=guardrails.has_reports(),
        audited=route_audits.open_audits(),
    )
    names = ("pk", "state", "is_held", "steps_count", *(field.name for field in fields(WaitingWork)[4:]))
    return [
        WaitingWork(pk, state == CampaignState.RUNNING, held, steps > 1, *flags)
        for pk, state, held, steps, *flags in campaigns.order_by("launched_at").values_list(*names)
    ]


def advance(work: WaitingWork) -> int:
    """Do what there is to do in one campaign; count mails moved. One at rest takes what came, and begins nothing."""
    pk, running = work.campaign_id, (CampaignState.RUNNING,)
    moved = 0
    # First, so that nothing more is begun: the steps below ask whether it still runs.
    if work.is_running and work.reported and _step(pk, guardrails.check, running):
        return moved
    if work.is_sequence and work.is_running:
        moved += _until_done(pk, plan_next, running)
    if work.preparing:
        moved += _go_through_stages(pk, is_running=work.is_running)
    if work.writing:
        moved += _step(pk, order_drafts.take_drafts, LIVE)
    if work.is_running and (work.planned or moved):
        moved += _step(pk, lambda campaign: len(order_drafts.order_drafts(campaign)), running)
    if work.is_staged and (work.written or moved):
        moved += _go_through_stages(pk, is_running=work.is_running)
    if work.written or work.planned or moved:
        moved += _until_done(pk, approval.check, LIVE)
    if work.judged or moved:
        moved += _until_done(pk, approval.follow, LIVE)
    if work.audited or (work.is_staged and moved):
        moved += _audit(pk, is_running=work.is_running)
    if work.is_running and not work.is_held and (work.to_send or moved):
        _send(pk)
    return moved


def on_order_ended(job: Job) -> None:
    """An order for drafts has ended: have the mails that wait for it taken up at once."""
    if Order.objects.filter(job=job, purpose=Purpose.CAMPAIGN).exists():
        wake_tick.wake_after_commit()


def on_pages_read(job: Job) -> None:
    """Pages have been read: have the stages that wait for them go on at once."""
    if StageRun.objects.filter(site__research__job=job).exists():
        wake_tick.wake_after_commit()


def _go_through_stages(campaign_id: UUID, *, is_running: bool) -> int:
    running = (CampaignState.RUNNING,)
    moved = _step(campaign_id, collect.collect, LIVE)
    if is_running:
        moved += _until_done(campaign_id, run.begin, running)
        moved += _until_done(campaign_id, checks.begin, running)
        moved += _step(campaign_id, ask.ask, running)
    return moved


def _audit(campaign_id: UUID, *, is_running: bool) -> int:
    moved = _step(campaign_id, route_audits.follow, (*LIVE, CampaignState.ENDED))
    return moved + (_step(campaign_id, route_audits.order, (CampaignState.RUNNING,)) if is_running else 0)


def _has_work(*states: MessageState) -> Exists:
    return Exists(Message.objects.filter(campaign=OuterRef("pk"), state__in=states))


def _until_done(campaign_id: UUID, step: TickStep, states: tuple[CampaignState, ...]) -> int:
    moved = 0
    for _ in range(ROUNDS):
        now = _step(campaign_id, step, states)
        moved += now
        if not now:
            break
    return moved


def _step(campaign_id: UUID, step: TickStep, states: tuple[CampaignState, ...]) -> int:
    """Run a step in one transaction; nothing when another tick has the campaign, or it is no longer in these states."""
    with transaction.atomic():
        # Rows that point at the campaign may be written meanwhile: only other ticks and acts on it wait.
        rows = Campaign.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        campaign = (
            rows.select_related("task", "task_version", "sender").filter(pk=campaign_id, state__in=states).first()
        )
        return _done(step, campaign) if campaign is not None else 0


def _done(step: TickStep, campaign: Campaign) -> int:
    """Count moved rows; 0 while a file is imported into a task that the step brings records into."""
    try:
        with transaction.atomic():
            return step(campaign)
    except Refusal as refusal:
        if refusal.code != "import_running":
            raise
        return 0


def _send(campaign_id: UUID) -> None:
    campaign = Campaign.objects.select_related("task").filter(pk=campaign_id, state=CampaignState.RUNNING).first()
    if campaign is not None:
        send.ensure_sending(campaign)


CHUNK = 500


def plan_next(campaign: Campaign) -> int:
    """Plan, and count, up to 500 mails that follow one sent long enough ago. Runs inside the tick's transaction."""
    steps = list(Step.objects.filter(campaign=campaign).order_by("number"))
    return sum(_plan(campaign, step, steps) for step in steps[1:])


def _plan(campaign: Campaign, step: Step, steps: Sequence[Step]) -> int:
    now = timezone.now()
    due = sequences.due(campaign, step, steps=steps, now=now)
    due_rows: list[Any] = list(due.order_by("sent_at", "pk").values_list("pk", "contact_id")[:CHUNK])
    if not due_rows:
        return 0
    held = _held([contact_id for _, contact_id in due_rows])
    # Asked again under the lock: an answer may have come between the two.
    still = sequences.due(campaign, step, steps=steps, now=now).filter(
        pk__in=[pk for pk, _ in due_rows], contact__in=held
    )
    before_it = list(still.select_related("enrolment").order_by("pk"))
    arms = pipelines.prepared_arms(campaign, step)
    # By reader: who was not sent the first mail that a model words is prepared for the first that comes.
    looked_at = pipelines.prepared_before([mail.enrolment_id for mail in before_it]) if arms else set()
    mails = []
    for before in before_it:
        is_prepared = before.enrolment.arm_id in arms and before.enrolment_id not in looked_at
        mail = planned(before.enrolment, step=step, is_prepared=is_prepared)
        # What stages made for the first such mail is what the next ones are written from.
        mail.record_id = before.record_id
        mails.append(mail)
    Message.objects.bulk_create(mails, ignore_conflicts=True)
    return len(mails)


def _held(contacts: Sequence[UUID]) -> list[UUID]:
    with transaction.atomic():
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=contacts).order_by("pk")
        return list(rows.values_list("pk", flat=True))
