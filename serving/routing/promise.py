"""Reliability of a router: promise shown for this task version, models served, no audit against it. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from generation.models import Teacher
from members.models import Member
from review.models import Task, TaskVersion
from serving.models import RouterVersion
from serving.promotions.teachers import ROOM
from serving.routing import report, route
from web.http.first_or_404 import first_or_404
from web.templatetags.figures import in_points


class PromiseProblem(NamedTuple):
    """A code, what is wrong with a version of a router, and how to mend it."""

    code: str
    message: str
    hint: str


def problems(version: RouterVersion, task_version: TaskVersion) -> Iterator[PromiseProblem]:
    """Everything that keeps a version from being relied on now, for drafts of this task version.

    Whether there were enough pairs needs no look: fewer are refused when thresholds are set.
    """
    name = f"{version}"
    if not version.thresholds:
        yield PromiseProblem(
            "router_not_shown",
            f"The promise of {name} is not confirmed: its verdicts support no threshold.",
            "Have more pairs judged and set its thresholds again, or choose its teacher.",
        )
    if version.task_version_id != task_version.pk:
        yield PromiseProblem(
            "router_outdated",
            f"The promise of {name} was confirmed for another version of its task.",
            "Have pairs judged under this version and set its thresholds again.",
        )
    standing = report.report(version).promise
    if standing.is_broken:
        yield PromiseProblem(
            "router_broken",
            f"The audit broke the promise of {name}: {in_points(standing.loss)} worse than its teacher, "
            f"{in_points(version.margin)} promised.",
            "Set its thresholds again by new verdicts, or choose its teacher.",
        )
    for teacher in models_of(version):
        if teacher is None or not teacher.is_active:
            missing = teacher.name if teacher is not None else "a miniature that is promoted no longer"
            yield PromiseProblem(
                "router_model_off",
                f"{name} asks {missing}, which is out of use.",
                "Put it back into use, or set the router again.",
            )


def newest_versions(tasks: Collection[Task]) -> list[RouterVersion]:
    """The newest version of each router of these tasks, in the order of their names."""
    newest = RouterVersion.objects.filter(router=OuterRef("router")).order_by("-number").values("number")[:1]
    rows = RouterVersion.objects.filter(router__task__in=tasks, number=Subquery(newest))
    return list(
        rows.select_related("router", "miniature", "larger", "teacher").order_by("router__name", "router__slug")
    )


def version_or_404(member: Member, slug: str) -> RouterVersion:
    """The newest version of a router by its slug, if the member may see its task.

    Raises:
        Refusal: `router_unset`, it has no version yet.
    """
    router = first_or_404(report.visible(member).filter(slug=slug), f"There is no router '{slug}' that you can see.")
    return route.current(router)


def models_of(version: RouterVersion) -> list[Teacher | None]:
    """The models of a version as teachers that can be asked, in order; None for a miniature that was never promoted."""
    miniatures = [each for each in (version.miniature, version.larger) if each is not None]
    keys = [f"{ROOM}:{each.pk}" for each in miniatures]
    by_key = {teacher.provided_by: teacher for teacher in Teacher.objects.filter(provided_by__in=keys)}
    return [*(by_key.get(key) for key in keys), version.teacher]
