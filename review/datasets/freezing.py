"""Verbs of datasets: make a selection, freeze a version of it, and tell whether anything changed since the last one.

What is said of drafts is only ever added to, so a fingerprint of counts and newest moments changes with it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from audit import trail
from jobs.lifecycle import control
from jobs.states import ENDED_BADLY
from members.models import Member
from review import ports
from review.datasets import dataset_filters, mail_outcomes, queries
from review.datasets.containers import has_parquet
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.selection import Selection, preview, select
from review.models import (
    Comment,
    Dataset,
    DatasetVersion,
    Decision,
    Draft,
    Gold,
    MachineAcceptance,
    Preference,
    RecallUndo,
    Record,
    Revocation,
    Ruling,
    Task,
    TaskVersion,
)
from review.spec.prompting import canonical_json
from review.states import OPEN, DraftState, MailOutcome, Role
from review.tasks.permissions import require
from web.db.keys import free_slug
from web.errors import Refusal

KIND = "freeze"


@transaction.atomic
def freeze(dataset: Dataset, *, by: Member, note: str = "", filters: dict[str, Any] | None = None) -> DatasetVersion:
    """Order the next version of a dataset; where nothing changed since one of the same filters, return that one.

    Freezes at once wait for each other on the task's row, so five of one selection are one version.

    Args:
        by: A lead of its task.
        note: What is new in this version.
        filters: Overrides the dataset's filters for this version.

    Returns:
        The version, not yet frozen, with its job; or an earlier one, frozen or under way, marked `is_unchanged`.

    Raises:
        Refusal: 400 for bad filters or a moment that has not come, 422 when no gold matches.
        PermissionDenied: The member does not lead the task.
    """
    require(by, dataset.task, Role.LEAD)
    chosen = dataset_filters.parse(dataset.filters if filters is None else filters)
    if chosen.as_of is not None and chosen.as_of > timezone.now():
        raise Refusal(
            "as_of_ahead",
            "This time is in the future.",
            hint="Leave it empty to use the current decisions.",
            status=400,
            errors={"filters.as_of": ["It is in the future."]},
        )
    if not queries.has_golds(dataset.task, chosen):
        raise Refusal(
            "no_golds",
            "No judged draft matches these filters, so there is nothing to freeze.",
            hint="Judge drafts on the Review page, or widen the filters.",
        )
    # The task's row is the lock under which numbers are given, and what is judged is counted.
    Task.objects.select_for_update().get(pk=dataset.task_id)
    state = state_hash(dataset.task, chosen)
    if (same := _version_of(dataset, state)) is not None:
        same.is_unchanged = True
        return same
    chosen = mail_outcomes.fixed(chosen)
    number = (dataset.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = DatasetVersion(
        dataset=dataset, number=number, filters=chosen.model_dump(mode="json"), note=note.strip()[:200], created_by=by
    )
    version.job = control.launch(
        kind=KIND,
        title=f"Freeze {dataset.name} v{number}",
        spec={"version": str(version.pk), "state": state},
        by=by,
        task_slug=dataset.task.slug,
        subject_id=version.pk,
        subject_url=reverse("review:dataset-version", args=[dataset.slug, number]),
    )
    version.save()
    trail.record("dataset_frozen", by=by, about=version, dataset=dataset.slug, number=number)
    return version


def _version_of(dataset: Dataset, state: str) -> DatasetVersion | None:
    """Return the newest version written from a state, unless its job ended badly or Parquet can be added by now."""
    versions = dataset.versions.select_related("job", "dataset__task").defer("manifest", "card")
    versions = versions.filter(job__spec__state=state).exclude(job__state__in=ENDED_BADLY)
    if has_parquet():
        versions = versions.filter(Q(frozen_at=None) | Q(files__container="parquet"))
    return versions.order_by("-number").first()


def create(task: Task, *, name: str, by: Member, filters: dict[str, Any] | None = None) -> Dataset:
    """Make a dataset of a task.

    Raises:
        Refusal: 400 for bad filters or an empty name, 409 when the name is taken.
        PermissionDenied: The member does not lead the task.
    """
    require(by, task, Role.LEAD)
    chosen = dataset_filters.parse(filters)
    if not any(map(str.isalnum, name)):
        raise Refusal(
            "bad_name", "A dataset needs a name with letters or digits.", status=400, errors={"name": ["Name it."]}
        )
    # Of a name in Greek or Japanese nothing is left.
    slug = slugify(name)[:60] or free_slug(Dataset.objects.all(), "dataset")
    try:
        with transaction.atomic():
            return Dataset.objects.create(
                task=task, slug=slug, name=name.strip(), filters=chosen.model_dump(mode="json"), created_by=by
            )
    except IntegrityError as error:
        raise Refusal(
            "name_taken",
            f"There is a dataset '{slug}' already.",
            hint="Freeze a new version of it, or choose another name.",
            status=409,
            errors={"name": ["This name is taken."]},
        ) from error


__all__ = ["Selection", "create", "freeze", "preview", "select"]


# A new number makes a selection frozen under an earlier shape of the files count as changed.
FILES_SHAPE = 1


def state_hash(task: Task, filters: DatasetFilters) -> str:
    """Return a hash that differs once a version frozen now could differ: a few aggregates over indexes, no text.

    Args:
        task: Locked by the caller, so that two freezes at once see the same state.
        filters: The selection, before freezing writes down until when outcomes count.

    Returns:
        SHA-256, hex.
    """
    state = {
        "files": FILES_SHAPE,
        # Without a zone it reads as it did before filters had one, so that their hashes stay.
        "filters": filters.model_dump(mode="json", exclude=None if filters.zone else {"zone"}),
        "decisions": _size(Decision.objects.filter(task=task), "created_at"),
        "golds": _size(Gold.objects.filter(task=task), "decided_at"),
        "rulings": _size(Ruling.objects.filter(draft__task=task), "created_at"),
        "preferences": _size(Preference.objects.filter(task=task), "created_at"),
        "comments": _size(Comment.objects.filter(draft__task=task), "created_at"),
        "revoked": _size(Revocation.objects.filter(draft__task=task), "created_at"),
        "erased drafts": _size(Draft.objects.filter(task=task, erased_at__isnull=False), "erased_at"),
        "erased records": _size(Record.objects.filter(task=task, erased_at__isnull=False), "erased_at"),
        "versions": _size(TaskVersion.objects.filter(task=task), "created_at"),
        **_of_filters(task, filters),
    }
    # A version may have been written between a recall and its undo.
    if undone := RecallUndo.objects.filter(recall__task=task).count():
        state["recalls undone"] = undone
    return hashlib.sha256(canonical_json(state).encode()).hexdigest()


def _size(rows: QuerySet[Any], moment: str) -> list[Any]:
    size = rows.order_by().aggregate(count=Count("pk"), newest=Max(moment))
    return [size["count"], size["newest"] and size["newest"].isoformat()]


def _of_filters(task: Task, filters: DatasetFilters) -> dict[str, Any]:
    """Return what only some filters ask about."""
    state: dict[str, Any] = {}
    drafts = Draft.objects.filter(task=task).order_by()
    if filters.without_marks or filters.without_checks:
        state["marks"] = drafts.filter(gold__isnull=False).aggregate(marks=Sum("marks_count"))["marks"]
    if filters.takes_machine:
        standing = MachineAcceptance.objects.filter(draft__task=task, draft__state=DraftState.MACHINE)
        state["machine"] = _size(standing, "created_at")
    if filters.unjudged == "take":
        state["unjudged"] = _size(drafts.filter(state__in=OPEN), "created_at")
    if filters.asks_for_outcomes and (room := ports.mail_outcomes()) is not None:
        mails = {outcome: room.drafts_with(outcome, until=None).filter(task=task) for outcome in MailOutcome}
        state["outcomes"] = {outcome.value: rows.order_by().count() for outcome, rows in mails.items()}
    if filters.exploratory_pairs:
        # Such a pair is made once its unanswered mail is two weeks old: days alone change it.
        state["day"] = timezone.now().date().isoformat()
    return state
