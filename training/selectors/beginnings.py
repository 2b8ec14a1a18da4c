"""What a run begins with, by the names a form or a program gave: a miniature to go on from, a teacher to learn from."""

from __future__ import annotations

from typing import TypedDict

from members.models import Member
from review.models import Task
from training.models import Miniature, Student
from training.selectors import miniatures, students


class Beginning(TypedDict):
    """As `runs.launch` and sweeps take it."""

    starts_from: Miniature | None
    teacher: Student | None


def named(member: Member, task: Task, *, starts_from: str | None, teacher: str | None) -> Beginning:
    """The rows of two names, empty ones being none.

    Args:
        member: Who asks.
        task: The task of the rows to tune on.
        starts_from: Id or short name of a miniature of this task.
        teacher: Short name of a student.

    Raises:
        Refusal: 400, there is none of that name that the member may see.
    """
    return {
        "starts_from": miniatures.by_slug_or_id(member, task, starts_from) if starts_from else None,
        "teacher": students.by_slug(teacher) if teacher else None,
    }
