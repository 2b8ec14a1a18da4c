"""Link from the desk to an arena: under Review, while one is open."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from evaluation.arena import queries
from review.models import Task
from review.ports import DeskLink


def of_task(task: Task) -> list[DeskLink]:
    """The task's open arena that was opened first; none where all are closed."""
    arena = queries.open_arenas(task).only("pk").first()
    if arena is None:
        return []
    url = reverse("evaluation:arena-vote", args=[arena.pk])
    return [DeskLink(_("Arena"), url, _("Choose the better of two answers, without knowing who wrote them"))]
