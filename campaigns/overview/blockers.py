"""Problems that block a campaign's mails, with the next step for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Message, StageOrder, WriteOrder
from campaigns.states import HoldReason, MessageState, StopReason, UnmatchedState
from campaigns.suppression import email_addresses
from campaigns.writing import sequences
from jobs.models import Job
from jobs.states import FINISHED, JobState

M = MessageState
JOBS_SHOWN = 20
PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Blocker:
    """Something in a running campaign that a person should see.

    Attributes:
        look: Class of its badge.
        verb: An act on the campaign that mends it, if there is one.
        state: Of the mails it is about, to list them.
    """

    look: str
    message: str
    hint: str = ""
    verb: str = ""
    state: str = ""
    url: str = ""


def blockers(campaign: Campaign) -> list[Blocker]:
    """Return what blocks a campaign's mails, the most serious first."""
    mails = Message.objects.filter(campaign=campaign).order_by()
    had_text = mails.filter(Q(draft__isnull=False) | Q(sending_at__isnull=False), state=M.FAILED)
    blockers_seen = [
        Blocker("is-failed", message, "", "write_again", "failed")
        for message in _by_problem(sequences.to_write_again(campaign), "could not be written")
    ] + [
        Blocker("is-failed", message, "They are not sent again automatically.", "", "failed")
        for message in _by_problem(had_text, "failed")
    ]
    if count := mails.filter(state=M.UNKNOWN).count():
        hint = "They may have arrived. None is sent again automatically; a bounce or a reply settles it."
        blockers_seen.append(
            Blocker("is-look", f"The outcome of {mails_counted(count)} is unknown.", hint, "", "unknown")
        )
    blockers_seen += [*_unmatched(campaign), *_held(mails)]
    unfit = mails.filter(state=M.REJECTED).exclude(problem="")
    if count := unfit.count():
        hint = "A slot without a value, or the text of an earlier mail. Take the decision back, edit, accept again."
        blockers_seen.append(
            Blocker("is-look", f"{mails_counted(count)} approved, but cannot be sent as written.", hint, "", "rejected")
        )
    return [*blockers_seen, *(_slow(job) for job in _jobs(campaign) if job.state in ("waiting", "paused", "failed"))]


def _unmatched(campaign: Campaign) -> list[Blocker]:
    waiting = campaign.unmatched_replies.filter(state=UnmatchedState.OPEN)
    counts = waiting.order_by().aggregate(all=Count("pk"), leave=Count("pk", filter=Q(may_be_optout=True)))
    if not counts["all"]:
        return []
    message = f"{mails_counted(counts['all'])} came from other addresses of companies it wrote to."
    hint = "Attach each to its contact, or set it aside."
    if counts["leave"]:
        hint = f"{counts['leave']:,} may ask to leave: mails to the company wait. {hint}"
    return [Blocker("is-look", message, hint, url=f"/campaigns/{campaign.slug}/replies/")]


def _held(mails: QuerySet[Message]) -> list[Blocker]:
    rows = (
        mails.filter(state=M.APPROVED, due_at__gt=timezone.now()).exclude(held_because="").values_list("held_because")
    )
    return [
        Blocker(
            "is-look",
            f"{mails_counted(count)} held: {HoldReason(reason).label[:1].lower()}{HoldReason(reason).label[1:]}.",
            f"The first may go on {first:%-d %B %Y}.",
            state="approved",
        )
        for reason, count, first in rows.annotate(count=Count("pk"), first=Min("due_at"))
    ]


def _by_problem(failed: QuerySet[Message], what: str) -> list[str]:
    """Say how many mails failed for each problem, without the address a server names: viewers read this too."""
    counts: Counter[str] = Counter()
    for problem, count in failed.order_by().values_list("problem").annotate(count=Count("pk")):
        counts[email_addresses.hidden_in(problem)] += count
    shown = counts.most_common(PROBLEMS_SHOWN)
    lines = [f"{mails_counted(count)} {what}: {problem}" for problem, count in shown]
    rest = counts.total() - sum(count for _, count in shown)
    return [*lines, f"{mails_counted(rest)} {what} for other reasons."] if rest else lines


def stops(campaign: Campaign) -> list[tuple[str, int]]:
    """Why mails were stopped, in words, and how many."""
    rows = Message.objects.filter(campaign=campaign, state=M.STOPPED).order_by().values_list("stop_reason")
    counts = dict(rows.annotate(count=Count("pk")))
    return [(reason.label, counts[reason]) for reason in StopReason if counts.get(reason)]


def jobs_under_way(campaign: Campaign) -> list[Job]:
    """Jobs of a campaign that have not ended: orders for drafts, and the sender."""
    return [job for job in _jobs(campaign) if job.state not in FINISHED]


def order_jobs(campaign: Campaign) -> QuerySet[Job]:
    """Jobs that write or wrote drafts of a campaign, or answers of its stages."""
    # One list of keys: asked for as this or that, PostgreSQL reads all jobs.
    return Job.objects.filter(pk__in=_order_keys(campaign))


def sender_jobs(campaign: Campaign) -> QuerySet[Job]:
    """Jobs that send or sent mails of a campaign."""
    return Job.objects.filter(kind="campaign-send", subject_id=campaign.pk)


def _order_keys(campaign: Campaign, *others: Any) -> Any:
    written, staged = (model.objects.filter(campaign=campaign) for model in (WriteOrder, StageOrder))
    return written.values("order__job_id").union(staged.values("order__job_id"), *others)


def _jobs(campaign: Campaign) -> list[Job]:
    keys = _order_keys(campaign, sender_jobs(campaign).order_by().values("pk"))
    jobs = Job.objects.filter(pk__in=keys).exclude(state__in=(JobState.SUCCEEDED, JobState.CANCELLED))
    return list(jobs.order_by("-created_at")[:JOBS_SHOWN])


def _slow(job: Job) -> Blocker:
    why = job.waiting_reason or (job.error or {}).get("message", "")
    return Blocker("is-look", f"{job.title} is {job.state}{f': {why}' if why else ''}.", url=f"/jobs/{job.pk}/")


def mails_counted(count: int) -> str:
    return f"{count:,} mail{'' if count == 1 else 's'}"
