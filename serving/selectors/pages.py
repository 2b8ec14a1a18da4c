"""What the pages of serving show: how it stands, and each miniature with what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from members.models import Member
from review.models import Task
from review.permissions import may
from review.states import Role
from serving.selectors import promoted, standing, usage
from serving.selectors.promoted import Writer
from training.models import Miniature

BADGES = {
    "running": "is-good",
    "starting": "is-running",
    "restarting": "is-look",
    "failed": "is-failed",
    "stopped": "is-idle",
}


@dataclass(frozen=True)
class Line:
    """One miniature as the serving panel shows it."""

    miniature: Miniature
    writer: Writer | None
    is_loaded: bool
    total: dict[str, Any]
    today: dict[str, Any]


def lines(task: Task, miniatures: list[Miniature], now: standing.Standing) -> list[Line]:
    """Miniatures of a task: served ones with the engine's word on them."""
    writers = {writer.name: writer for writer in promoted.writers(task=task)}
    total, today = usage.totals(miniatures), usage.totals(miniatures, days=1)
    return [
        Line(
            miniature,
            writers.get(miniature.slug),
            bool(now.models.get(miniature.slug, {}).get("loaded")),
            total.get(miniature.pk, usage.NOTHING),
            today.get(miniature.pk, usage.NOTHING),
        )
        for miniature in miniatures
    ]


def of_task(member: Member, task: Task) -> dict[str, Any]:
    """Context of a task's serving panel."""
    now = standing.now()
    return {
        **_context(member, task, now),
        "lines": lines(task, promoted.of_task(member, task), now),
    }


def of_miniature(member: Member, miniature: Miniature) -> dict[str, Any]:
    """Context of a miniature's serving panel."""
    now = standing.now()
    return {
        **_context(member, miniature.task, now),
        "miniature": miniature,
        "line": lines(miniature.task, [miniature], now)[0],
        "days": usage.by_day(miniature),
        "history": promoted.history(miniature)[:20],
    }


def report(member: Member) -> dict[str, Any]:
    """How serving stands, for programs."""
    now = standing.now()
    writers = promoted.writers(member=member)
    total = usage.totals([writer.miniature for writer in writers])
    return {
        "state": now.state,
        "job": now.job.pk if now.job else None,
        "since": now.since,
        "restarts": now.restarts,
        "reason": now.reason,
        "running": now.engine.get("running", 0),
        "waiting": now.engine.get("waiting", 0),
        "results": [
            {
                "id": writer.miniature.pk,
                "slug": writer.name,
                "name": writer.label,
                "task": writer.miniature.task.slug,
                "is_current": writer.is_current,
                "since": writer.since,
                "loaded": bool(now.models.get(writer.name, {}).get("loaded")),
                "usage": total.get(writer.miniature.pk, usage.NOTHING),
            }
            for writer in writers
        ],
    }


def _context(member: Member, task: Task, now: standing.Standing) -> dict[str, Any]:
    return {
        "task": task,
        "standing": now,
        "badge": BADGES[now.state],
        "may_lead": may(member, task, Role.LEAD),
        "may_ask": may(member, task, Role.REVIEWER),
        "may_stop": member.is_admin,
        "keeps_spare": settings.SERVING_SPARE,
    }
