"""Template tags of a job's bar: its badge, its figures in words, whether the reader may steer it and where from."""

from __future__ import annotations

from typing import Any

from django import template

from jobs.kinds import registry
from jobs.kinds.composite import UNDER_WAY
from jobs.models import Job
from jobs.monitor import queries
from jobs.rundir.machine import GIB
from jobs.states import CLAIMABLE, HELD, JobState
from web.http.htmx import page_address
from web.templatetags.figures import duration, money

register = template.Library()
register.filter("page_address", page_address)
BADGES = {
    JobState.RUNNING: "is-running",
    JobState.PAUSING: "is-running",
    JobState.CANCELLING: "is-running",
    JobState.SUCCEEDED: "is-good",
    JobState.FAILED: "is-failed",
    JobState.PAUSED: "is-look",
    JobState.WAITING: "is-look",
}

VERBS = {
    "pause": CLAIMABLE | {JobState.RUNNING},
    "resume": frozenset({JobState.PAUSED, JobState.FAILED}),
    "cancel": CLAIMABLE | {JobState.RUNNING, JobState.PAUSING, JobState.PAUSED, JobState.FAILED},
}


@register.filter
def badge(state: str) -> str:
    """Class of the badge that shows a state."""
    return BADGES.get(JobState(state), "is-idle")


@register.filter
def shown(job: Job) -> str:
    """Return the state a page shows: a job that waits only for its own cells counts as running."""
    goes_on = job.state == JobState.WAITING and UNDER_WAY in job.waiting_reason
    return JobState.RUNNING.value if goes_on else job.state


@register.filter
def figures(progress: dict[str, Any], state: str = JobState.RUNNING) -> str:
    """`120 of 300 drafts · 4.1/s · 40 s left · $0.12`; what is not known, or over, is left out."""
    is_moving = state in HELD
    parts = []
    if (done := progress.get("done")) is not None:
        total, unit = progress.get("total"), progress.get("unit", "")
        parts.append(
            f"{done:,}" + (f" of {total:,}" if total else "") + (f" {_counted(unit, total or done)}" if unit else "")
        )
    if is_moving and (rate := progress.get("rate_per_s")):
        parts.append(f"{rate:,.1f}/s" if rate >= 1 else f"{rate * 60:,.1f}/min")
    if is_moving and (left_s := progress.get("eta_s")) is not None:
        parts.append(f"{duration(left_s)} left")
    if (cost := progress.get("cost_usd")) is not None:
        parts.append(money(cost))
    return " · ".join(parts)


def _counted(unit: str, count: int) -> str:
    return unit.removesuffix("s") if count == 1 else unit


@register.filter
def kind_label(job: Job) -> str:
    """Name of a job's kind on pages."""
    kind = registry.KINDS.get(job.kind)
    return (kind and kind.label) or job.kind


@register.simple_tag(takes_context=True)
def may_steer(context: dict[str, Any], job: Job) -> bool:
    """Return whether the reader may pause, resume and cancel the job.

    Asks once a request, however many bars a page has.
    """
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return False
    if not hasattr(request, "_steered_slugs"):
        request._steered_slugs = queries.steered_slugs(request.user)
    return queries.is_steered(job, by=request._steered_slugs)


@register.filter
def open_verbs(state: str) -> list[str]:
    """Return the actions that a person may take on a job in this state."""
    return [verb for verb, states in VERBS.items() if state in states]


@register.filter
def verbs_of(job: Job) -> list[str]:
    """Return the actions that a job's kind knows, in whatever state it is."""
    kind = registry.KINDS.get(job.kind)
    return [verb for verb in VERBS if verb != "cancel" or kind is None or kind.may_be_cancelled]


@register.filter
def is_held(state: str) -> bool:
    return state in HELD


@register.filter
def split_words(text: str) -> list[str]:
    """Words of a text, for loops over fixed names."""
    return text.split()


@register.filter
def gib(size: int) -> str:
    """`24 GiB`; small sizes with one digit behind the point."""
    value = size / GIB
    return f"{value:,.0f} GiB" if value >= 10 else f"{value:,.1f} GiB"
