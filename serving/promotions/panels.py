"""Contents of the pages of serving: how it stands, and each miniature with what was asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from evaluation.evaluations import queries as evaluations
from jobs.monitor import queries as jobs
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import may
from serving.models import Usage
from serving.promotions import queries
from serving.promotions.queries import ServedMiniature
from serving.runtime import status
from training.models import Miniature

USAGE_FIGURES = ("requests", "errors", "cancelled", "prompt_tokens", "completion_tokens", "seconds")
NO_USAGE: dict[str, Any] = dict.fromkeys(USAGE_FIGURES, 0)


def usage_totals(miniatures: Iterable[Miniature], *, days: int | None = None) -> dict[UUID, dict[str, Any]]:
    """Sums by miniature, of all time or of the last so many days, today included."""
    rows = Usage.objects.filter(miniature__in=[miniature.pk for miniature in miniatures])
    if days is not None:
        rows = rows.filter(day__gt=timezone.now().date() - timedelta(days=days))
    # Names of the sums are computed, which the stubs cannot follow.
    sums: Any = rows.order_by().values("miniature").annotate(**{name: Sum(name) for name in USAGE_FIGURES})
    return {row["miniature"]: {name: row[name] for name in USAGE_FIGURES} for row in sums}


def usage_by_day(miniature: Miniature, *, limit: int = 60) -> list[dict[str, Any]]:
    """Sums by day and who asked, newest first: `day, member, token` and the figures."""
    rows = Usage.objects.filter(miniature=miniature).select_related("member").order_by("-day", "token")[:limit]
    return [
        {
            "day": row.day,
            "member": row.member.name if row.member else "the system",
            "token": row.token,
            **{name: getattr(row, name) for name in USAGE_FIGURES},
        }
        for row in rows
    ]


BADGES = {
    "running": "is-good",
    "starting": "is-running",
    "restarting": "is-look",
    "unreachable": "is-failed",
    "failed": "is-failed",
    "stopped": "is-idle",
}


# What pages call the server that writes a miniature's answers.
SERVERS = {"own": "our own engine", "llama": "llama.cpp", "vllm": "vLLM", "url": "another server"}


@dataclass(frozen=True)
class ServingRow:
    miniature: Miniature
    writer: ServedMiniature | None
    is_loaded: bool
    server: str
    headline: dict[str, Any] | None
    total: dict[str, Any]
    today: dict[str, Any]


def serving_rows(task: Task, miniatures: list[Miniature], now: status.ServingStatus) -> list[ServingRow]:
    """Miniatures of a task: served ones with the engine's word on them."""
    writers = {writer.name: writer for writer in queries.served_miniatures(task=task)}
    total, today = usage_totals(miniatures), usage_totals(miniatures, days=1)
    headlines = evaluations.headlines(miniature.run_id for miniature in miniatures)
    return [
        ServingRow(
            miniature,
            writers.get(miniature.slug),
            bool(now.models.get(miniature.slug, {}).get("loaded")),
            SERVERS.get(now.models.get(miniature.slug, {}).get("server", ""), ""),
            headlines.get(miniature.run_id),
            total.get(miniature.pk, NO_USAGE),
            today.get(miniature.pk, NO_USAGE),
        )
        for miniature in miniatures
    ]


def of_task(member: Member, task: Task) -> dict[str, Any]:
    now = status.serving_status()
    return {
        **_context(member, task, now),
        "lines": serving_rows(task, queries.of_task(member, task), now),
    }


def of_miniature(member: Member, miniature: Miniature) -> dict[str, Any]:
    now, history = status.serving_status(), list(queries.history(miniature)[:20])
    return {
        **_context(member, miniature.task, now),
        "miniature": miniature,
        "line": serving_rows(miniature.task, [miniature], now)[0],
        "days": usage_by_day(miniature),
        "history": history,
        # What stood against the promotion that holds; it says so where it was over the gate.
        "override": history[0] if history and history[0].override_reason else None,
    }


def report(member: Member) -> dict[str, Any]:
    """Status of serving, for programs."""
    now = status.serving_status()
    writers = queries.served_miniatures(member=member)
    total = usage_totals([writer.miniature for writer in writers])
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
                "server": now.models.get(writer.name, {}).get("server", ""),
                "usage": total.get(writer.miniature.pk, NO_USAGE),
            }
            for writer in writers
        ],
    }


def _context(member: Member, task: Task, now: status.ServingStatus) -> dict[str, Any]:
    return {
        "task": task,
        "standing": now,
        "badge": BADGES[now.state],
        "may_lead": may(member, task, Role.LEAD),
        "may_ask": may(member, task, Role.REVIEWER),
        "may_stop": member.is_admin,
        "may_open_job": now.job is not None and jobs.visible(member).filter(pk=now.job.pk).exists(),
        "keeps_spare": settings.SERVING_SPARE,
    }
