"""Request for a run: the rows, the student, the device, and what the run starts from or learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from members.models import Member
from review.datasets import queries as dataset_queries
from review.models import DatasetVersion, Task
from training.inputs import heads
from training.miniatures import queries as miniature_queries
from training.models import Miniature, Student
from training.states import Device
from training.students import queries as student_queries

REQUEST_FIELDS: Final = ("dataset_version", "student", "device", "starts_from", "teacher")


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """Request to one run, or to every run of a sweep.

    Attributes:
        device: `auto`, `cpu` or `cuda`.
        starts_from: The miniature that preferences (DPO, KTO) go on from; of the same task and student.
        teacher: The student whose scores distillation learns from.
    """

    dataset_version: DatasetVersion
    student: Student
    device: str = Device.AUTO
    starts_from: Miniature | None = None
    teacher: Student | None = None

    @property
    def task(self) -> Task:
        return self.dataset_version.dataset.task


def why_no_classifier(task: Task) -> str:
    """Why the newest version of a task has no classifier; empty where it has one."""
    newest = task.versions.order_by("-number").first()
    return heads.why_no_heads(newest.spec.without_reasoning()) if newest else ""


def requested_by(member: Member, values: Mapping[str, Any]) -> RunRequest:
    """Return the rows that the checked values of a form or a body name; as `requested`."""
    return requested(member, **{name: values[name] for name in REQUEST_FIELDS if name in values})


def requested(
    member: Member,
    *,
    dataset_version: UUID | str,
    student: str,
    device: str = Device.AUTO,
    starts_from: str | None = None,
    teacher: str | None = None,
) -> RunRequest:
    """Return the rows that a form or a body names; empty names are none.

    Args:
        dataset_version: Id of a version.
        student: Short name of a student.
        device: `auto`, `cpu` or `cuda`.
        starts_from: Id or short name of a miniature of the version's task.
        teacher: Short name of a student.

    Raises:
        Http404: The member may see no such version.
        Refusal: 400, there is no student or miniature of that name that the member may see.
    """
    version = dataset_queries.version_or_404(member, dataset_version)
    return RunRequest(
        dataset_version=version,
        student=student_queries.by_slug(student),
        device=device,
        starts_from=miniature_queries.by_slug_or_id(member, version.dataset.task, starts_from) if starts_from else None,
        teacher=student_queries.by_slug(teacher) if teacher else None,
    )
