"""Read what a lead asks of a router, from a form or from the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from generation.models import Teacher
from members.models import Member
from review.models import Task
from serving.routing import pairs
from serving.routing.pairs import RouteRule
from serving.routing.set_thresholds import RouterRequest
from training.miniatures import queries
from training.models import Miniature
from web.errors import Refusal


def read(task: Task, member: Member, values: Mapping[str, Any]) -> RouterRequest:
    """The request, with its models looked up.

    Args:
        values: `miniature`, `larger` and `teacher` by short name, and the plain values of `RouterRequest` and
            `RouteRule`. Shares 0 to 1.

    Raises:
        Refusal: `router_invalid`, a model that the task does not have.
    """
    miniatures = {each.slug: each for each in queries.visible(member, task=task)}
    teachers = {each.slug: each for each in pairs.teachers_of(task)}
    larger = values.get("larger")
    return RouterRequest(
        miniature=miniatures.get(values["miniature"]) or _unknown("miniature", values["miniature"]),
        larger=_larger(miniatures, larger) if larger else None,
        teacher=teachers.get(values["teacher"]) or _unknown("teacher", values["teacher"]),
        rule=RouteRule(values["feature"], values.get("fact", "").strip(), values.get("takes_low", False)),
        margin=values["margin"],
        confidence=values["confidence"],
        audit_share=values["audit_share"],
    )


def _larger(miniatures: Mapping[str, Miniature], slug: str) -> Miniature:
    return miniatures.get(slug) or _unknown("larger", slug)


def choices(task: Task, member: Member) -> tuple[list[Miniature], list[Teacher]]:
    """Miniatures and teachers that a router of the task can have as models."""
    return list(queries.visible(member, task=task)), pairs.teachers_of(task)


def _unknown(field: str, slug: str) -> NoReturn:
    message = f"The task has no such {'teacher' if field == 'teacher' else 'miniature'}: '{slug}'."
    hint = "A router's teacher has written drafts of the task; its miniatures were tuned for it."
    raise Refusal("router_invalid", message, hint=hint, errors={field: [message]})
