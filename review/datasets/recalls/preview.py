"""Consequences of a recall, previewed or made: its drafts and what depends on them. Nothing is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet

from members.models import Member
from review import ports
from review.datasets import removed_samples
from review.datasets.recalls.criteria import Criteria, matching
from review.models import DatasetVersion, Draft, Gold, Recall, RecalledDraft, Task
from review.ports import Dependent
from review.states import OPEN, POSITIVE, DraftState
from web.errors import Refusal

# One act is about at most so many drafts.
AT_MOST = 100_000
LISTED = 100


@dataclass(frozen=True, slots=True)
class HoldingVersion:
    version: DatasetVersion
    rows: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """Golds, versions and dependents that rest on a set of drafts.

    Attributes:
        accepted_or_edited: How many count as such now.
        rejected: How many count as rejected now.
        waiting: How many are on the desk.
        versions: Frozen versions that hold them, in a file apart too, the newest first; so many as are listed.
        dependents: What other rooms made of those versions or do with the drafts.
        tag: Names a preview in the act that follows it.
    """

    drafts: int
    accepted_or_edited: int
    rejected: int
    waiting: int
    versions: list[HoldingVersion]
    dependents: list[Dependent]
    tag: str = ""


def preview(task: Task, criteria: Criteria, *, by: Member) -> Consequences:
    """Look at what a recall would take out of use.

    Raises:
        Refusal: 413 when it is about more drafts than one act takes.
    """
    drafts = matching(task, criteria, by=by)
    ids = chosen_ids(drafts)
    return replace(consequences(drafts, by=by), tag=tag_of(criteria, ids))


def chosen_ids(drafts: QuerySet[Draft]) -> list[UUID]:
    """Ids of the drafts in one order for all.

    Raises:
        Refusal: 413 when they are more than one act takes.
    """
    ids = list(drafts.order_by("pk").values_list("pk", flat=True)[: AT_MOST + 1])
    if len(ids) > AT_MOST:
        message = f"One recall takes at most {AT_MOST:,} drafts; these filters match more."
        raise Refusal("too_many_drafts", message, hint="Narrow the period.", status=413)
    return ids


def tag_of(criteria: Criteria, ids: Iterable[UUID]) -> str:
    """Name what a preview showed: the criteria and the drafts that met them."""
    words = [*(f"{name}={value}" for name, value in sorted(criteria.as_json().items())), *map(str, ids)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def of_recall(recall: Recall, *, by: Member) -> Consequences:
    """Return the consequences of a recall that was made."""
    taken = RecalledDraft.objects.filter(recall=recall).values("draft")
    return consequences(Draft.objects.filter(pk__in=taken), by=by)


def consequences(drafts: QuerySet[Draft], *, by: Member) -> Consequences:
    """Count what rests on some drafts, here and in the rooms above."""
    ids = drafts.order_by().values("pk")
    golds = Gold.objects.filter(draft__in=ids)
    held = removed_samples.rows_by_version(ids)
    newest = removed_samples.newest(held, limit=LISTED)
    # Asked even of no version: a room may rest on the drafts themselves.
    dependents = ports.dependents(drafts, list(held), by)
    return Consequences(
        drafts=drafts.count(),
        accepted_or_edited=golds.filter(verdict__in=POSITIVE).count(),
        rejected=golds.exclude(verdict__in=POSITIVE).count(),
        waiting=drafts.filter(state__in=(*OPEN, DraftState.DISPUTED)).count(),
        versions=[HoldingVersion(version, held[version.pk]) for version in newest],
        dependents=[dependent for each in dependents for dependent in each],
    )
