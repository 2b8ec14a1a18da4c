"""Launches a campaign, pauses, resumes, releases and ends it. Each is one transaction, conditional on the state it saw.

A launch assigns every contact to an arm before anything is written, and plans the first mails. Writing, checking and
sending are the tick's and the sender's; nothing is written or sent here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import trail
from campaigns.models import Campaign, Enrolment, GuardrailTrip, Message, Step
from campaigns.pipelines import queries as pipelines
from campaigns.planning import audience, forecast, launch_checks
from campaigns.planning.forecast import ContactArm
from campaigns.planning.launch_checks import LaunchProblem
from campaigns.states import CAMPAIGN_MOVES, STILL_TO_GO, CampaignState, MessageState, StopReason
from campaigns.writing import orders, wake_tick
from members.models import Member
from review.drafts.bulk_insert import new_ids
from review.states import Role
from review.tasks import permissions
from web.db.bulk_insert import BulkInserter
from web.errors import Refusal


@transaction.atomic
def launch(
    campaign: Campaign, *, by: Member, contacts: Mapping[str, Any] | None = None, is_held: bool = False
) -> Campaign:
    """Begin a campaign: fix its audience and its arms, and plan the first mail of every contact but of a holdout arm.

    Launching one that runs already, or from two windows at once, is refused the second time and changes nothing.

    Args:
        contacts: The audience: `everyone`, `segment` or `import`, and `limit`; the campaign's own by default.
        is_held: Have mails written and approved, and send none until `release`.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_launched`, or `experiment_registered`: it names another audience than was registered;
            `contacts_empty`, or as for `audiences.settled`: `contacts` selects no contacts;
            `not_ready` with every problem, its state holding them one by one.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    campaign = _locked(campaign)
    if campaign.state != CampaignState.PLANNED:
        raise Refusal("campaign_launched", "This campaign is launched already.", status=409)
    if contacts is not None:
        _choose(campaign, audience.validated_choice(campaign.task, contacts, place="contacts"))
    campaign.task_version = forecast.version_at_launch(campaign)
    if problems := launch_checks.launch_problems(campaign, by=by):
        raise not_ready(problems)
    campaign.state, campaign.is_held = CampaignState.RUNNING, is_held
    campaign.launched_at, campaign.launched_by = timezone.now(), by
    campaign.save(update_fields=["state", "is_held", "launched_at", "launched_by", "task_version"])
    trail.record("campaign_launched", by=by, about=campaign, campaign=campaign.slug, is_held=is_held)
    chosen = audience.contacts_matching(campaign).only("cluster", "segment")
    _enrol(campaign, forecast.contact_arms(campaign, list(chosen)))
    wake_tick.wake_after_commit()
    return campaign


def not_ready(problems: Sequence[LaunchProblem]) -> Refusal:
    """A refusal that names every problem, by where it is mended."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.place, []).append(f"{problem.message} {problem.hint}".strip())
    return Refusal(
        "not_ready",
        "This campaign cannot be launched yet.",
        hint="Correct the problems below; nothing was written or sent.",
        errors=errors,
        state=[{"code": problem.code, "place": problem.place} for problem in problems],
    )


def _choose(campaign: Campaign, choice: dict[str, Any]) -> None:
    """Set another audience, unless it selects none in particular or an experiment was registered with this one."""
    if not choice:
        # A slip: an audience without a choice is nobody.
        message = "Name the contacts, or leave `contacts` out to write to those of the campaign."
        raise Refusal("contacts_empty", message, errors={"contacts": [message]})
    if choice == campaign.audience:
        return
    if forecast.is_registered(campaign):
        raise Refusal(
            "experiment_registered",
            "The experiment of this campaign is registered with another audience.",
            hint="Launch it without naming contacts, or make a new campaign.",
            status=409,
        )
    campaign.audience = choice
    campaign.save(update_fields=["audience"])


def _enrol(campaign: Campaign, people: Sequence[ContactArm]) -> None:
    first = Step.objects.filter(campaign=campaign).order_by("number")[0]
    silent = set(campaign.arms.filter(is_holdout=True).values_list("pk", flat=True))
    prepared = pipelines.prepared_arms(campaign, first)
    # Ids rise, so that mails of one moment stand in the order of their contacts.
    placed = list(zip(new_ids(len(people)), new_ids(len(people)), people, strict=True))
    BulkInserter(Enrolment(campaign=campaign), ("id", "contact", "arm", "cluster", "segment")).pour(
        (pk, place.contact.pk.hex, place.arm.pk.hex, place.contact.cluster, place.contact.segment)
        for pk, _, place in placed
    )
    BulkInserter(Message(campaign=campaign, step=first), ("id", "enrolment", "contact", "arm", "state")).pour(
        (pk, enrolment, place.contact.pk.hex, place.arm.pk.hex, _state(is_prepared=place.arm.pk in prepared))
        for enrolment, pk, place in placed
        if place.arm.pk not in silent
    )


def _state(*, is_prepared: bool) -> MessageState:
    return MessageState.PREPARING if is_prepared else MessageState.PLANNED


def planned(enrolment: Enrolment, *, step: Step, is_prepared: bool = False) -> Message:
    """A mail that is to be, not yet saved; stages prepare it first where `is_prepared` says so."""
    return Message(
        campaign_id=enrolment.campaign_id,
        enrolment=enrolment,
        contact_id=enrolment.contact_id,
        arm_id=enrolment.arm_id,
        step=step,
        state=_state(is_prepared=is_prepared),
    )


@transaction.atomic
def pause(campaign: Campaign, *, by: Member) -> Campaign:
    """Stop sending within a second, and bring orders for drafts to rest. Pausing twice is pausing once.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it is neither running nor paused.
    """
    campaign, moved = _move(campaign, CampaignState.PAUSED, by=by)
    if moved:
        trail.record("campaign_steered", by=by, about=campaign, campaign=campaign.slug, to="paused")
        orders.pause(campaign)
    return campaign


@transaction.atomic
def resume(campaign: Campaign, *, by: Member) -> Campaign:
    """Resume a paused campaign. Resuming twice has no further effect.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it is neither paused nor running; `guardrail_tripped`, `guardrails.lift` is asked
            for.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    # A tick holds this row where it trips: it either has, or finds the campaign running.
    is_paused = _locked(campaign).state == CampaignState.PAUSED
    if is_paused and GuardrailTrip.objects.filter(campaign=campaign, lifted_at__isnull=True).exists():
        raise Refusal(
            "guardrail_tripped",
            "A guardrail paused this campaign.",
            hint="Fix the cause, then lift it with a reason.",
            status=409,
        )
    campaign, moved = _move(campaign, CampaignState.RUNNING, by=by)
    if moved:
        trail.record("campaign_steered", by=by, about=campaign, campaign=campaign.slug, to="running")
        orders.resume(campaign)
        wake_tick.wake_after_commit()
    return campaign


@transaction.atomic
def release(campaign: Campaign, *, by: Member) -> Campaign:
    """Let a campaign that was launched held send what is approved. Doing it twice is doing it once.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it is a draft or has ended.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    campaign = _locked(campaign)
    if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise _conflict(campaign, "let go")
    if campaign.is_held:
        campaign.is_held = False
        campaign.save(update_fields=["is_held"])
        trail.record("campaign_steered", by=by, about=campaign, campaign=campaign.slug, to="let go")
        wake_tick.wake_after_commit()
    return campaign


@transaction.atomic
def end(campaign: Campaign, *, by: Member) -> Campaign:
    """End a campaign for good: what has not gone is stopped, orders for drafts are cancelled. Answers still count.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it was never launched.
    """
    campaign, moved = _move(campaign, CampaignState.ENDED, by=by)
    if moved:
        trail.record("campaign_steered", by=by, about=campaign, campaign=campaign.slug, to="ended")
        orders.cancel(campaign)
        Message.objects.filter(campaign=campaign, state__in=STILL_TO_GO).update(
            state=MessageState.STOPPED, stop_reason=StopReason.ENDED, updated_at=timezone.now()
        )
    return campaign


def _move(campaign: Campaign, target: CampaignState, *, by: Member) -> tuple[Campaign, bool]:
    permissions.require(by, campaign.task, Role.LEAD)
    campaign = _locked(campaign)
    if campaign.state == target:
        return campaign, False
    if campaign.state == CampaignState.PLANNED or target not in CAMPAIGN_MOVES[CampaignState(campaign.state)]:
        raise _conflict(campaign, str(target))
    campaign.state = target
    if target == CampaignState.ENDED:
        campaign.ended_at = timezone.now()
    campaign.save(update_fields=["state", "ended_at"])
    return campaign, True


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True).select_related(
        "task", "task_version", "sender"
    )
    return rows.get(pk=campaign.pk)


def _conflict(campaign: Campaign, change: str) -> Refusal:
    hint = "Launch it first." if campaign.state == CampaignState.PLANNED else "Reload the page."
    return Refusal(
        "campaign_state",
        f"This campaign is {campaign.get_state_display().lower()}; it cannot be {change}.",
        hint=hint,
        status=409,
        state={"state": campaign.state},
    )
