"""Contradictions in time between the rows of an installation, counted by kind of pair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, F, QuerySet
from django.utils import timezone

from audit.models import AuditRow
from campaigns.models import Event, Look, Message, Reply, StageRun
from campaigns.overview import reply_months
from campaigns.overview.reply_months import FirstMail
from campaigns.states import EventKind
from evaluation.models import Evaluation
from jobs.models import Job, JobEvent
from jobs.states import JobState
from review.models import Decision, Gold
from serving.models import Promotion
from training.models import Miniature, TrainingRun

# Rows of one act are written one after the other.
ONE_ACT = timedelta(minutes=1)
BEGINS = ("created_at", "date_joined", "occurred_at", "decided_at", "ts", "fetched_at", "consumed_at", "at")
# Moments of one row, in their order.
IN_ORDER = (
    "registered_at", "created_at", "queued_at", "started_at", "due_at", "sending_at", "sent_at", "launched_at",
    "occurred_at", "received_at", "classified_at", "finished_at", "frozen_at", "ended_at",
)  # fmt: skip
# A mail is planned before it is written.
EXPECTED = {("Message", "draft")}
# What may lie ahead.
AHEAD = ("leased_until", "next_at", "expire_date")


def violations() -> dict[str, int]:
    """Count the rows of each kind of pair whose moments stand in the wrong order."""
    pairs = [*_of_the_future(), *_within_rows(), *_before_parents(), *_of_the_loop()]
    ats = AuditRow.objects.order_by("pk").values_list("at", flat=True)
    return {name: rows.count() for name, rows in pairs} | {"trail": sum(b < a for a, b in pairwise(ats))}


def _moments(model: Any) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if isinstance(field, DateTimeField)]


def _of_the_future() -> Iterator[tuple[str, QuerySet[Any]]]:
    for model in apps.get_models():
        for name in _moments(model):
            if name not in AHEAD:
                rows = model._default_manager.filter(**{f"{name}__gt": timezone.now()})
                yield f"{model.__name__}.{name} in the future", rows


def _within_rows() -> Iterator[tuple[str, QuerySet[Any]]]:
    for model in apps.get_models():
        has = _moments(model)
        for before, after in pairwise(name for name in IN_ORDER if name in has):
            late = {f"{after}__lt": F(before) - ONE_ACT}
            yield f"{model.__name__}: {before}, {after}", model._default_manager.filter(**late)


def _before_parents() -> Iterator[tuple[str, QuerySet[Any]]]:
    """Compare each row with the rows it points at."""
    for model in apps.get_models():
        begins = next((name for name in BEGINS if name in _moments(model)), "")
        for field in model._meta.concrete_fields:
            if field.is_relation and begins and (model.__name__, field.name) not in EXPECTED:
                there = _moments(field.related_model)
                parent = next((name for name in BEGINS if name in there), "")
                if parent:
                    early = {f"{begins}__lt": F(f"{field.name}__{parent}") - ONE_ACT}
                    yield f"{model.__name__} before its {field.name}", model._default_manager.filter(**early)


def _of_the_loop() -> Iterator[tuple[str, QuerySet[Any]]]:
    """Compare a stage of the loop with the one it follows."""
    yield "run before its data were frozen", TrainingRun.objects.filter(created_at__lt=F("dataset_version__frozen_at"))
    yield "miniature before its run was done", Miniature.objects.filter(created_at__lt=F("run__job__started_at"))
    yield (
        "evaluation before its miniature",
        Evaluation.objects.filter(job__started_at__lt=F("run__miniature__created_at")),
    )
    yield (
        "promotion before its evaluation",
        Promotion.objects.filter(created_at__lt=F("miniature__run__evaluations__job__finished_at") - ONE_ACT),
    )
    yield "draft before its writer served", Message.objects.filter(draft__created_at__lt=F("arm__teacher__created_at"))
    yield "mail before its verdict", Message.objects.filter(sent_at__lt=F("draft__gold__decided_at"))
    yield "mail before its draft", Message.objects.filter(sent_at__lt=F("draft__created_at"))
    yield "mail before its stage", StageRun.objects.filter(message__sent_at__lt=F("ended_at"))
    yield "event before its mail", Event.objects.filter(occurred_at__lt=F("message__sent_at"))
    yield "reply before its mail", Reply.objects.filter(created_at__lt=F("message__sent_at"))
    yield "look before the launch", Look.objects.filter(created_at__lt=F("experiment__campaign__launched_at"))
    yield "approval at another time", Gold.objects.exclude(decided_at=F("decision__created_at"))
    yield (
        "verdict after its card's lease",
        Decision.objects.filter(
            draft__assignments__reviewer=F("reviewer"), created_at__gt=F("draft__assignments__leased_until")
        ),
    )
    yield "event after its job", JobEvent.objects.filter(ts__gt=F("job__finished_at") + ONE_ACT)
    yield (
        "job that waits since before today",
        Job.objects.filter(state=JobState.QUEUED, queued_at__lt=timezone.now() - timedelta(hours=1)),
    )


def chance_changes() -> list[int]:
    """Return by how many days the campaign may be moved until its page tells a change of the reply rate."""
    replied = set(Event.objects.filter(kind=EventKind.REPLIED, is_machine=False).values_list("enrolment", flat=True))
    sent = list(Message.objects.values_list("enrolment", "enrolment__cluster", "sent_at"))
    moved = {
        days: reply_months.by_month(
            [FirstMail(company, at + timedelta(days=days), enrolment in replied) for enrolment, company, at in sent]
        )
        for days in range(28)
    }
    return [days for days, rate in moved.items() if "changed" in rate.sentence]
