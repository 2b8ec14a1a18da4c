"""Reasons why a campaign waits now, until when, and what to do about it. Reads rows and the clock; starts nothing.

Stages are asked one after another, from the wire back to the next mail of the sequence. While any of them moves, the
campaign waits for nothing; else the first blocked stage gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Message, Step
from campaigns.overview.blockers import mails_counted, order_jobs, sender_jobs
from campaigns.sending import guardrails, send
from campaigns.sending.attempt import hours_of
from campaigns.states import WENT, CampaignState, HoldReason, MessageState, StepCondition
from campaigns.suppression import email_addresses
from campaigns.writing import sequences
from jobs.models import Job
from jobs.scheduling import halt as scheduling_halt
from jobs.states import FINISHED, JobState
from web import zones

M = MessageState
# Holds of a sender and of a value, as a stable word and what to do.
_OF_SENDING = {
    HoldReason.SENDER: (
        "sender_limit",
        "Change the daily limit on the sender's page, or add another sender.",
    ),
    HoldReason.OPTOUT: ("optout", "Decide in the Inbox what the reply means."),
    HoldReason.VALUE: ("value", "See Mails for whom, and correct the contact or the sender."),
}
# A gap between two mails that a person watching would notice.
LONG_GAP_S = 20
NOTHING_TO_DO = "Nothing to do: it continues automatically."


@dataclass(frozen=True, slots=True)
class WaitReason:
    """Why nothing moves.

    Attributes:
        until: When it continues automatically, if known.
        url: Where to do it; empty where this page is the place.
    """

    reason: str
    message: str
    until: datetime | None = None
    hint: str = NOTHING_TO_DO
    url: str = ""


# What a stage reports: why it is blocked, that it is running, or that nothing of it is left.
StageResult = WaitReason | Literal["moves"] | None


def wait_reason(campaign: Campaign, *, now: datetime | None = None) -> WaitReason | None:
    """Return what a campaign waits for; None while its mails move, before its launch and after its end."""
    if campaign.state == CampaignState.PAUSED:
        if trip := campaign.guardrail_trips.filter(lifted_at__isnull=True).first():
            return WaitReason("guardrail", guardrails.sentence(trip), hint="Fix the cause, then lift it with a reason.")
        return WaitReason("paused", "It was paused: nothing is written or sent.", hint="Press Resume.")
    if campaign.state != CampaignState.RUNNING:
        return None
    now = now or timezone.now()
    rows = Message.objects.filter(campaign=campaign).order_by().values_list("state").annotate(count=Count("pk"))
    counts = {M(state): count for state, count in rows}
    words = [stage(campaign, counts, now) for stage in _CHECKS_IN_ORDER]
    if any(words) and (halt := scheduling_halt.current_halt()):
        message = f"{scheduling_halt.wait_reason(halt)[:1].upper()}{scheduling_halt.wait_reason(halt)[1:]}."
        return WaitReason("halted", message, hint="It continues once an admin has resumed outgoing traffic.")
    if "moves" in words:
        return None
    return next((word for word in words if isinstance(word, WaitReason)), _FINISHED)


Counts = dict[MessageState, int]
_FINISHED = WaitReason(
    "done", "Every mail was sent, failed or stopped.", hint="End it when no more answers are awaited."
)


def _sender(campaign: Campaign, counts: Counts, now: datetime) -> StageResult:
    if not counts.get(M.APPROVED) and not counts.get(M.SENDING):
        return None
    if campaign.is_held:
        message = f"{mails_counted(counts.get(M.APPROVED, 0))} approved; it was launched to write and not to send."
        return WaitReason("held", message, hint="Press Start sending.")
    waiting = Message.objects.filter(campaign=campaign, state=M.APPROVED).order_by("due_at", "id")
    first = waiting.select_related("contact").first()
    if first is None:
        return "moves"
    if not_yet := _not_yet(campaign, first, now):
        return not_yet
    return _capped(campaign, now) or _sending_job(campaign, now) or _paced(campaign, now)


def _not_yet(campaign: Campaign, first: Message, now: datetime) -> WaitReason | None:
    due_at = first.due_at or now
    if opens_at := hours_of(campaign).opens_at(max(due_at, now), first.contact.time_zone, campaign.time_zone):
        due_at = opens_at
    if due_at <= now:
        return None
    if first.held_because in _OF_SENDING:
        reason, hint = _OF_SENDING[HoldReason(first.held_because)]
        return WaitReason(reason, f"{HoldReason(first.held_because).label}.", due_at, hint=hint)
    if first.held_because:
        message = f"{HoldReason(first.held_because).label}."
        return WaitReason("cap", message, due_at, hint="Caps hold across campaigns; see Mails for whom.")
    if first.problem:
        # A server names the reader, and viewers read this too.
        return WaitReason("deferred", email_addresses.hidden_in(first.problem), due_at)
    message = "It is outside the sending hours in the next contact's time zone."
    return WaitReason("hours", message, due_at, hint="Hours and weekends are set when a campaign is made.")


def _capped(campaign: Campaign, now: datetime) -> WaitReason | None:
    if send.left_today(campaign, now=now) > 0:
        return None
    zone = zones.first_known(campaign.time_zone)
    tomorrow = zones.end_of(now.astimezone(zone).date(), zone)
    message = f"The {campaign.daily_cap:,} mails of today are sent."
    return WaitReason("daily_cap", message, tomorrow, hint="Mails a day are set when a campaign is made.")


def _sending_job(campaign: Campaign, now: datetime) -> WaitReason | None:
    job = sender_jobs(campaign).order_by("-created_at").first()
    if job is None:
        return None
    if job.state == JobState.WAITING:
        return _job(job, "sender", "It tries again every half minute; see that the mail server can be reached.")
    if job.state == JobState.PAUSED:
        return _job(job, "sender_paused", "Resume the job that sends.")
    if job.state == JobState.FAILED:
        return _job(job, "sender", "A new one is begun within a minute; look at the job.")
    return None


def _paced(campaign: Campaign, now: datetime) -> StageResult:
    """A pace that leaves minutes between two mails looks like standing still."""
    gap_s = 60 / max(1, campaign.mails_per_minute)
    last = Message.objects.filter(campaign=campaign, state__in=WENT).aggregate(last=Max("sending_at"))["last"]
    if last is None or gap_s < LONG_GAP_S or (until := last + timedelta(seconds=gap_s)) <= now:
        return "moves"
    return WaitReason("pace", f"One mail goes every {gap_s:.0f} seconds.", until)


def _writer(campaign: Campaign, counts: Counts, now: datetime) -> StageResult:
    if counts.get(M.PLANNED) or counts.get(M.WRITTEN):
        return "moves"
    if not counts.get(M.WRITING) and not counts.get(M.PREPARING):
        return None
    under_way = list(order_jobs(campaign).exclude(state__in=FINISHED).order_by("-created_at"))
    slow = [job for job in under_way if job.state in (JobState.WAITING, JobState.PAUSED, JobState.PAUSING)]
    if len(slow) < len(under_way) or not slow:
        return "moves"
    if slow[0].state == JobState.WAITING:
        return _job(slow[0], "teacher", "It continues when the model answers again; see the job.")
    return _job(slow[0], "order_paused", "Resume the job that writes.")


def _people(campaign: Campaign, counts: Counts, now: datetime) -> StageResult:
    if count := counts.get(M.AWAITING):
        verb = "waits" if count == 1 else "wait"
        return WaitReason(
            "approval",
            f"{mails_counted(count)} {verb} for approval.",
            hint="Approve them: drafts on the desk, fixed texts here.",
        )
    return None


def _failures(campaign: Campaign, counts: Counts, now: datetime) -> StageResult:
    failed = Message.objects.filter(campaign=campaign, state=M.FAILED, draft__isnull=True, step__writer="model")
    count = failed.count() if counts.get(M.FAILED) else 0
    if not count:
        return None
    if (
        order_jobs(campaign).filter(result__ended="budget").exists()
        or failed.filter(problem__icontains="budget").exists()
    ):
        message = f"The budget for models does not cover {mails_counted(count)} more."
        return WaitReason("budget", message, hint="Write to these people in another campaign with its own budget.")
    last = order_jobs(campaign).order_by("-created_at").first()
    if last is not None and last.state == JobState.FAILED:
        return _job(last, "teacher", "See why the model was not available, then press Write them again.")
    return WaitReason("not_written", f"{mails_counted(count)} could not be written.", hint="Press Write them again.")


def _follow_ups(campaign: Campaign, counts: Counts, now: datetime) -> StageResult:
    steps = list(campaign.steps.all())
    for step in steps[1:]:
        gone = sequences.to_follow(campaign, step, steps=steps)
        totals = gone.aggregate(first=Min("sent_at"), count=Count("pk"))
        if totals["first"] is not None:
            if sequences.due(campaign, step, steps=steps, now=now).exists():
                return "moves"
            return _follow_up(step, totals["count"], totals["first"], now)
    return None


def _follow_up(step: Step, count: int, first: datetime, now: datetime) -> WaitReason:
    have = "has" if count == 1 else "have"
    if step.when == StepCondition.REPLIED:
        message = f"{mails_counted(count)} {have} been answered; mail {step.number} follows once its wait is over."
        return WaitReason("follow_up", message)
    message = f"{mails_counted(count)} {have} gone; mail {step.number} follows where there is no reply"
    until = first + timedelta(seconds=step.wait_s)
    if until > now:
        return WaitReason("follow_up", f"{message}.", until)
    return WaitReason("follow_up", f"{message}, once these contacts are back.")


_CHECKS_IN_ORDER: tuple[Callable[[Campaign, Counts, datetime], StageResult], ...] = (
    _sender,
    _writer,
    _people,
    _failures,
    _follow_ups,
)


def _job(job: Job, reason: str, hint: str) -> WaitReason:
    why = job.waiting_reason or (job.error or {}).get("message", "")
    message = f"{job.title} is {job.state}{f': {why}' if why else ''}."
    return WaitReason(reason, message, hint=hint, url=reverse("jobs:detail", args=[job.pk]))
