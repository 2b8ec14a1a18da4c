"""A promoted miniature as a teacher of its own task: it writes the drafts of the next round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q

from generation.teachers import provided
from generation.teachers.provided import NewProvidedTeacher
from members.models import Member
from review.models import Task
from review.sources.judge_records.queries import require_may_ask, withheld_judges
from review.spec.judge_task import is_judge_task
from review.spec.task_spec import TaskSpec
from review.tasks.permissions import tasks_for
from serving.models import Promotion
from serving.promotions import queries
from serving.runtime import addresses, internal_keys
from training.models import Miniature
from web.errors import Refusal

ROOM: Final = "serving"
SECOND_ROUND: Final = 2
CONCURRENCY: Final = 8
LONGEST_ANSWER: Final = 512
# Characters of a teacher's name, and those that stay of the end of a longer one.
LONGEST_NAME: Final = 120
NAME_END: Final = 40


def offer_as_teacher(miniature: Miniature) -> None:
    provided.offer(
        NewProvidedTeacher(
            provided_by=f"{ROOM}:{miniature.pk}",
            slug=miniature.slug[:60],
            name=_name(miniature),
            model=miniature.slug,
            secret_ref=internal_keys.NAME,
            parameters={"max_tokens": LONGEST_ANSWER},
            concurrency=CONCURRENCY,
        )
    )


def _name(miniature: Miniature) -> str:
    """Name the teacher; a long name keeps its end, which tells a task's miniatures apart."""
    name = f"Miniature: {miniature.name}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - NAME_END - 1]}…{name[-NAME_END:]}"


def withdraw_teacher(miniature: Miniature) -> None:
    """Take it out of use; what it wrote stays."""
    provided.withdraw(f"{ROOM}:{miniature.pk}")


@dataclass(frozen=True)
class MiniatureTeachers:
    """Implements `generation.teachers.provided.TeacherProvider`."""

    round: int = SECOND_ROUND
    origin: str = "miniature"

    def base_url(self) -> str:
        return addresses.base_url()

    def keys_for(self, task: Task) -> set[str]:
        return {str(key) for key in Miniature.objects.filter(task=task).values_list("pk", flat=True)}

    def judge_keys_for(self, task: Task) -> set[str]:
        rows = Miniature.objects.filter(task__judges__judged=task).values_list("pk", flat=True)
        return {str(key) for key in rows}

    def keys_seen_by(self, member: Member) -> set[str]:
        """Miniatures that were ever promoted in the member's tasks, and those tasks' judges unless withheld."""
        tasks = tasks_for(member).values("pk")
        rows = Promotion.objects.filter(Q(task__in=tasks) | Q(task__judges__judged__in=tasks))
        rows = rows.exclude(task__in=withheld_judges(member))
        return {str(key) for key in rows.values_list("miniature", flat=True).distinct()}

    def judge_spec(self, key: str, task: Task) -> TaskSpec | None:
        """Return what it was taught; None where it judges no drafts of the task."""
        rows = Miniature.objects.filter(pk=UUID(key), task__judges__judged=task)
        miniature = rows.select_related("run__task_version", "run__dataset_version").first()
        if miniature is None or not is_judge_task(miniature.run.taught):
            return None
        return miniature.run.taught

    def check(self, key: str, task: Task, *, by: Member | None) -> None:
        """Refuse an order that it cannot write, or that the member may not give it.

        Raises:
            PermissionDenied: The member reviews the drafts that it judges.
            Refusal: It is of another task, or is served no longer.
        """
        miniature = Miniature.objects.select_related("task").filter(pk=UUID(key)).first()
        if miniature is not None and by is not None:
            require_may_ask(by, miniature.task)
        if miniature is None or not queries.is_promoted(miniature):
            raise Refusal(
                "teacher_off",
                "This miniature is not served now.",
                hint="Promote it on its page, then order again.",
                errors={"teacher": ["This miniature is not served now."]},
            )
        if miniature.task_id != task.pk:
            message = f"This miniature was tuned for the task '{miniature.task.name}' and writes for no other."
            raise Refusal("teacher_of_another_task", message, errors={"teacher": [message]})
