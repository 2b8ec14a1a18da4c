"""The first mails of a task with what their drafts were like and whether they were answered; and where the next round begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from campaigns.events.outcomes import by_people, corrected_since
from campaigns.models import Campaign, Event, Message
from campaigns.reply_patterns.figures import FirstMailSent, ReplyPatterns, reply_patterns
from campaigns.states import EventKind, MessageState
from review.models import Dataset, DatasetVersion, Task
from review.states import POSITIVE, MailOutcome, Verdict
from review.tasks.queries import latest_version
from web.caching import slow_figures
from web.caching.slow_figures import Figures

# An answer that has not come by then hardly comes.
ANSWERED_WITHIN: Final = timedelta(days=14)
NEXT_DRAFTS: Final = 200
EXAMPLES: Final = 3
REPLIES: Final = frozenset({MailOutcome.REPLIED, MailOutcome.INTERESTED, MailOutcome.QUESTION, MailOutcome.MEETING})
VERSIONS_LOOKED_AT: Final = 100
_COLUMNS = (
    "pk",
    "enrolment__cluster",
    "sent_at",
    "draft__words",
    "draft__marks",
    "draft__fields",
    "draft__gold__verdict",
    "draft__gold__decision__reasons",
)


@dataclass(frozen=True, slots=True)
class NextRoundProposal:
    """How drafts of the kind that earned replies are ordered.

    Attributes:
        order_url: The order's form with its price; empty until there is a version to take the examples from.
        version: That version, in words.
        datasets_url: Where such a version is frozen.
    """

    order_url: str
    version: str
    datasets_url: str


def counted(task: Task, *, is_simulated: bool = False) -> Figures[ReplyPatterns]:
    """Return the counted texts of a task's first mails; for very many, as counted a while ago. Arguments as for `first_mails`."""
    key = f"reply-patterns:{task.pk}:{is_simulated}"
    return slow_figures.figures(
        key,
        lambda: reply_patterns(first_mails(task, is_simulated=is_simulated)),
        is_void=partial(corrected_since, Campaign.objects.filter(task=task).order_by()),
    )


def first_mails(task: Task, *, is_simulated: bool = False) -> list[FirstMailSent]:
    """First mails of a task's campaigns that were written by a model and went two weeks ago or earlier. Three queries.

    Args:
        task: The task.
        is_simulated: Those to simulated inboxes in place of the others.
    """
    rows = Message.objects.filter(
        campaign__task=task,
        campaign__is_simulated=is_simulated,
        step__number=1,
        state=MessageState.SENT,
        draft__isnull=False,
        draft__erased_at__isnull=True,
        sent_at__lte=timezone.now() - ANSWERED_WITHIN,
    ).order_by("sent_at", "pk")
    events = Event.objects.filter(campaign__task=task, campaign__is_simulated=is_simulated)
    replied = set(by_people(events, EventKind.REPLIED).order_by().values_list("message", flat=True))
    table = list(rows.values_list(*_COLUMNS))
    checks = sorted({mark["check"] for row in table for mark in row[4]})
    reasons = sorted({reason for row in table for reason in row[7] or ()})
    choices = [field for field in latest_version(task).spec.output_schema if field.type == "choice"]
    labels = {field.name: [label.name for label in field.labels] for field in choices}
    return [
        FirstMailSent(
            cluster=cluster,
            sent_at=sent_at,
            replied=pk in replied,
            words=words,
            is_accepted=verdict in POSITIVE,
            traits=dict(_traits(marks, fields, verdict, said or (), checks=checks, reasons=reasons, labels=labels)),
        )
        for pk, cluster, sent_at, words, marks, fields, verdict, said in table
    ]


def _traits(
    marks: list[Mapping[str, str]],
    fields: Mapping[str, Any],
    verdict: str | None,
    said: Any,
    *,
    checks: list[str],
    reasons: list[str],
    labels: Mapping[str, list[str]],
) -> Iterator[tuple[str, bool]]:
    marked = {mark["check"] for mark in marks}
    for check in checks:
        yield f"marked by the check '{check.replace('_', ' ')}'", check in marked
    yield "edited by an expert", verdict == Verdict.EDIT
    for reason in reasons:
        yield f"edited, with the reason '{reason}'", reason in said
    for name, offered in labels.items():
        if isinstance(value := fields.get(name), str):
            # Of the labels it does not bear too: else no draft would be one without the trait.
            yield from ((f"{name}: {label}", label == value) for label in dict.fromkeys([*offered, value]))


def proposal(task: Task) -> NextRoundProposal:
    """An order of 200 drafts whose examples are drafts that earned replies, at the newest version frozen of such."""
    versions = DatasetVersion.objects.filter(dataset__task=task, frozen_at__isnull=False).select_related("dataset")
    earned = (
        version
        for version in versions.order_by("-frozen_at")[:VERSIONS_LOOKED_AT]
        if REPLIES & set(version.filters.get("outcomes", ())) and version.counts.get("rows")
    )
    version = next(earned, None)
    if version is None:
        return NextRoundProposal("", "", _where_to_freeze(task))
    gold_set = f"{version.dataset.slug}@{version.number}"
    query = urlencode({"count": NEXT_DRAFTS, "examples": EXAMPLES, "gold_set": gold_set})
    order_url = f"{reverse('generation:list', args=[task.slug])}?{query}"
    return NextRoundProposal(order_url, str(version), _where_to_freeze(task))


def _where_to_freeze(task: Task) -> str:
    dataset = Dataset.objects.filter(task=task).order_by("-created_at").first()
    if dataset is None:
        return reverse("review:datasets", args=[task.slug])
    query = urlencode({"verdicts": ["accept", "edit"], "outcomes": MailOutcome.REPLIED.value}, doseq=True)
    return f"{reverse('review:dataset', args=[dataset.slug])}?{query}"
