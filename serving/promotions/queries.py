"""Miniatures that are served: each one's newest promotion counts, and a task's newest is its current one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from members.models import Member
from review.models import Draft, Task
from review.ports import Dependent
from review.sources.judge_records.queries import withheld_judges
from review.tasks import permissions
from review.tasks.permissions import tasks_for
from serving.models import Promotion
from serving.states import Act
from training.miniatures import queries as miniature_selectors
from training.models import Miniature


@dataclass(frozen=True)
class ServedMiniature:
    """A served miniature as shown to a member who chooses a model.

    Attributes:
        name: What to give as `model` on `/v1/chat/completions`.
        is_current: Whether the task's own slug means it too.
    """

    name: str
    label: str
    miniature: Miniature
    since: datetime
    is_current: bool


def current_promotions() -> QuerySet[Promotion]:
    """Promotions that hold now, the newest first."""
    newest = Promotion.objects.filter(miniature=OuterRef("miniature")).order_by("-id").values("pk")[:1]
    held = Promotion.objects.filter(pk=Subquery(newest), act=Act.PROMOTE)
    return held.select_related("miniature__task", "miniature__student", "miniature__run__task_version").order_by("-id")


def served_miniatures(*, task: Task | None = None, member: Member | None = None) -> list[ServedMiniature]:
    """Served miniatures, each task's current one first.

    Args:
        task: Only this task's.
        member: Only those that the member may ask: a reviewer or more of the task, or a program of it, and none of the
            drafts that it judges.
            None asks for the product itself.
    """
    promotions = current_promotions()
    if task is not None:
        promotions = promotions.filter(task=task)
    if member is not None:
        promotions = _usable(promotions, member)
    task_ids: set[UUID] = set()
    served = []
    for row in promotions:
        served.append(
            ServedMiniature(
                row.miniature.slug, row.miniature.name, row.miniature, row.created_at, row.task_id not in task_ids
            )
        )
        task_ids.add(row.task_id)
    return served


def find_served(name: str, *, member: Member | None = None) -> Miniature | None:
    """The served miniature of this name, or the current one of the task of this name.

    Args:
        name: A miniature's slug, or a task's.
        member: Who asks, who must be a reviewer or more of its task, or a program of it, and none of the drafts that it
            judges; None for the product itself.
    """
    # Asked before every answer, so in two short statements: the name's own history, then the row.
    named = Q(miniature__slug=name) | Q(task__slug=name)
    history_of = Promotion.objects.filter(named).order_by("-id")
    newest: dict[UUID, tuple[str, str]] = {}
    for miniature, act, slug in history_of.values_list("miniature", "act", "miniature__slug"):
        newest.setdefault(miniature, (act, slug))
    served = {pk: slug for pk, (act, slug) in newest.items() if act == Act.PROMOTE}
    # A miniature's own name goes before a task's that is spelled like it.
    chosen = next((pk for pk, slug in served.items() if slug == name), next(iter(served), None))
    if chosen is None:
        return None
    rows = Miniature.objects.select_related("task").filter(pk=chosen)
    chosen_row = (rows if member is None else rows.exclude(task__in=withheld_judges(member))).first()
    if chosen_row is None or chosen_row.task.archived_at is not None:
        return None
    return chosen_row if member is None or permissions.may_ask(member, chosen_row.task) else None


def is_promoted(miniature: Miniature) -> bool:
    return current_promotions().filter(miniature=miniature).exists()


def history(miniature: Miniature) -> QuerySet[Promotion]:
    """All that was done with a miniature, newest first."""
    return Promotion.objects.filter(miniature=miniature).select_related("by")


def of_task(member: Member, task: Task) -> list[Miniature]:
    """Miniatures of a task, newest first; those that answer a study only where they are served."""
    served = current_promotions().filter(task=task).values("miniature")
    listed = miniature_selectors.listed(member, task=task)
    return list(listed | miniature_selectors.visible(member, task=task).filter(pk__in=served))


def _usable(promotions: QuerySet[Promotion], member: Member) -> QuerySet[Promotion]:
    slugs = permissions.slugs_to_ask(member)
    promotions = promotions.filter(task__in=tasks_for(member)).exclude(task__in=withheld_judges(member))
    return promotions if slugs is None else promotions.filter(task__slug__in=slugs)


def resting_on(drafts: QuerySet[Draft], version_ids: Sequence[UUID], by: Member) -> list[Dependent]:
    """Miniatures in service that were tuned on any of these versions. See `review.ports.dependents`."""
    held = current_promotions().filter(task__in=tasks_for(by), miniature__run__dataset_version__in=list(version_ids))
    return [
        Dependent(
            kind="In service",
            name=row.miniature.name,
            url=reverse("training:miniature", args=[row.miniature_id]),
            status=f"promoted {row.created_at:%-d %B %Y}; it keeps answering until the promotion is taken back",
        )
        for row in held
    ]
