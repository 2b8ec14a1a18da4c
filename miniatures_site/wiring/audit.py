"""Names of the subjects of audited acts, looked up when the trail is shown. People and companies have none here."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Model

from campaigns.models import Campaign, Experiment
from evaluation.models import Gate, Suite
from generation.models import Order, PriceEntry, TaskProposal, Teacher
from jobs.models import Host, Job
from review.db.immutability import Guard
from review.models import DatasetVersion, ShareOut, Source, Task, TaskVersion
from training.models import HostPrice, Miniature, Student, Sweep, TrainingRun
from webhooks.models import Hook

if TYPE_CHECKING:
    from django.db.models import Model

# What follows the kind's word (`audit.trail.KIND_NAMES`), filled from the row.
PATTERNS: dict[str, tuple[type[Model], str]] = {
    "campaign": (Campaign, "{name}"),
    "datasetversion": (DatasetVersion, "{dataset__name} v{number}"),
    "experiment": (Experiment, "on {campaign__name}"),
    "gate": (Gate, "{number} of {task__name}"),
    "order": (Order, "of {count} drafts by {teacher_spec__name}"),
    "hook": (Hook, "{name}"),
    "host": (Host, "{name}"),
    "hostprice": (HostPrice, "of {host}"),
    "job": (Job, "{title}"),
    "miniature": (Miniature, "{name}"),
    "priceentry": (PriceEntry, "of {provider} {model}"),
    "shareout": (ShareOut, "of {count} cards of {task__name}"),
    "source": (Source, "{name}"),
    "student": (Student, "{name}"),
    "suite": (Suite, "of {task__name}"),
    "sweep": (Sweep, "{number} of {task__name}"),
    "task": (Task, "{name}"),
    "taskproposal": (TaskProposal, "of {task__name}"),
    "taskversion": (TaskVersion, "{number} of {task__name}"),
    "teacher": (Teacher, "{name}"),
    "trainingrun": (TrainingRun, "{number} of {task__name}"),
}


def names_of(kind: str, ids: Collection[str]) -> dict[str, str]:
    """Return the names of things of a kind, by their id as text.

    Deleted things, and kinds without names, are left out.
    """
    if kind not in PATTERNS:
        return {}
    model, pattern = PATTERNS[kind]
    fields = [part.partition("}")[0] for part in pattern.split("{")[1:]]
    rows = model._default_manager.filter(pk__in=[id for id in ids if _is_key(model, id)]).values("pk", *fields)
    return {str(row["pk"]): pattern.format(**row) for row in rows}


def _is_key(model: type[Model], text: str) -> bool:
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


_CHANGES = ("UPDATE", "DELETE")
GUARDS = (
    Guard("audit_auditrow", _CHANGES, "", "The audit trail only grows: no row of it changes or goes."),
    Guard("audit_auditdigest", _CHANGES, "", "A seal of the audit trail never changes."),
)
