"""The walk back from a mail or its reply to its draft and writer, and to the decisions that made a miniature.

Links only: each station is another room's page. It counts nothing that the rooms have not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from campaigns.models import Message
from campaigns.states import MessageState, StepWriter
from generation.models import Call
from review.models import DatasetRow, Decision
from training.miniatures import lineage

DECISIONS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One station of the walk: what it is, its name, where it stands, and a word on it."""

    kind: str
    name: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrainingDecision:
    """A decision that the miniature was trained on, for a look at what it learnt from."""

    title: str
    verdict: str
    reviewer: str
    url: str
    at: Any


def lineage_of(message: Message) -> list[LineageNode]:
    """The way back from a mail, the newest first: reply, mail, draft, its decision, writer, run, dataset, decisions."""
    return [
        *_answers(message),
        _mail(message),
        *_draft(message),
        *_decisions(message),
        *_writer(message),
        *_training(message),
    ]


def training_decisions(message: Message) -> list[TrainingDecision]:
    """Decisions behind the miniature that wrote a mail, those on the same company first, then the latest.

    Empty when no miniature wrote it.
    """
    miniature = message.arm.miniature if message.arm is not None else None
    if miniature is None:
        return []
    group = message.contact.record.group if message.contact.record is not None else ""
    rows = DatasetRow.objects.filter(version_id=miniature.run.dataset_version_id, decision__isnull=False).order_by(
        "-decision__created_at"
    )
    related = rows.select_related("draft__record", "draft__task", "decision__reviewer")
    own = list(related.filter(draft__record__group=group)[:DECISIONS_SHOWN]) if group else []
    rest = related.exclude(pk__in=[row.pk for row in own])[: DECISIONS_SHOWN - len(own)]
    return [_training_decision(row) for row in [*own, *rest]]


def _answers(message: Message) -> list[LineageNode]:
    replies = message.replies.select_related("event").order_by("-event__occurred_at")
    return [
        LineageNode("Reply", reply.get_meaning_display() or "Not classified yet", note=_when(reply.event.occurred_at))
        for reply in replies
    ]


def _mail(message: Message) -> LineageNode:
    url = reverse("campaigns:mail", args=[message.campaign.slug, message.pk])
    state = MessageState(message.state).label
    note = f"{state}, {_when(message.sent_at)}" if message.sent_at else state
    return LineageNode("Mail", f"{message.campaign.name}, mail {message.step.number}", url, note)


def _draft(message: Message) -> list[LineageNode]:
    if message.step.writer == StepWriter.TEMPLATE:
        return [LineageNode("Text", f"The fixed text of mail {message.step.number}")]
    draft = message.draft
    if draft is None:
        return []
    url = reverse("review:draft", args=[draft.task.slug, draft.pk])
    version = f"task version {draft.task_version.number}, round {draft.round}"
    return [LineageNode("Draft", draft.record.title, url, f"{version}, {draft.marks_count} marks")]


def _decisions(message: Message) -> list[LineageNode]:
    if message.draft is None:
        return []
    decisions = Decision.objects.filter(draft=message.draft).select_related("reviewer").order_by("-created_at")
    nodes = [
        LineageNode(
            "Decision", f"{decision.get_verdict_display()} by {decision.reviewer.name}", note=_when(decision.created_at)
        )
        for decision in decisions[:DECISIONS_SHOWN]
    ]
    return nodes or [LineageNode("Decision", "No person saw it", note="It was outside the share that people review.")]


def _writer(message: Message) -> list[LineageNode]:
    draft = message.draft
    if draft is None or draft.call_id is None:
        return []
    call = Call.objects.filter(pk=draft.call_id).select_related("order__teacher").first()
    cost = f"${draft.cost_usd:.4f}, {draft.latency_s:.1f} s"
    if call is None:
        return [LineageNode("Writer", draft.model or draft.teacher, note=cost)]
    order = call.order
    url = reverse("generation:detail", args=[order.pk])
    return [
        LineageNode("Writer", call.teacher_name or order.teacher_spec.get("name", draft.model), note=cost),
        LineageNode("Order", f"{order.count} drafts", url, _when(order.created_at)),
    ]


def _training(message: Message) -> list[LineageNode]:
    miniature = message.arm.miniature if message.arm is not None else None
    if miniature is None:
        return []
    ancestry = lineage.miniature_lineage(miniature)
    version, reviewers = ancestry["dataset_version"], ancestry["reviewers"]
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(ancestry["decisions"].items()))
    people = ", ".join(f"{each['reviewer']} ({each['decisions']})" for each in reviewers)
    return [
        LineageNode(
            "Miniature", miniature.name, ancestry["miniature"]["url"], ancestry["miniature"]["manifest_sha256"][:12]
        ),
        LineageNode(
            "Run", f"Run {ancestry['run']['number']}", ancestry["run"]["url"], f"recipe {ancestry['run']['recipe']}"
        ),
        LineageNode("Dataset", f"{version['name']} v{version['number']}", version["url"], version["content_hash"][:12]),
        LineageNode(
            "Judged drafts", f"{sum(ancestry['decisions'].values())} decisions in force", version["url"], verdicts
        ),
        LineageNode("Reviewers", people or "no one", version["url"]),
    ]


def _training_decision(row: DatasetRow) -> TrainingDecision:
    draft, decision = row.draft, row.decision
    assert decision is not None
    url = reverse("review:draft", args=[draft.task.slug, draft.pk])
    return TrainingDecision(
        draft.record.title, decision.get_verdict_display(), decision.reviewer.name, url, decision.created_at
    )


def _when(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%-d %b %Y %H:%M %Z") if at else ""
