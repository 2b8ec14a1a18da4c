"""Request for a varied order, from plain values of a form or the API. Says what is missing; decides nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.diversity import queries as selectors
from generation.diversity.mix import BestOfBy, NearDuplicates
from generation.models import Teacher
from generation.teachers import queries as teacher_selectors
from members.models import Member
from review.models import DatasetVersion, Task


@dataclass(frozen=True, slots=True)
class TeacherRequest:
    """One teacher, its share relative to the others', and temperatures to take in turn; none: as the teacher has it."""

    teacher: Teacher
    share: float = 1.0
    temperatures: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class MixRequest:
    """Request for variety among the drafts of an order.

    Attributes:
        teachers: Several, or one with temperatures; none leaves it to the order's teacher.
        gold_set: The frozen version they are taken from; None takes what counts now.
        near_duplicates: What becomes of a draft that says nearly the same as an earlier one.
        best_of: How the best of a record's drafts is found; empty brings all to the desk.
    """

    teachers: tuple[TeacherRequest, ...] = ()
    personas: bool = False
    angles: bool = False
    examples: int = 0
    gold_set: DatasetVersion | None = None
    near_duplicates: NearDuplicates = ""
    best_of: BestOfBy = ""
    judge: Teacher | None = None

    @property
    def first(self) -> Teacher | None:
        """The first of its teachers: the one an order is filed under."""
        return self.teachers[0].teacher if self.teachers else None


DEFAULT_MIX = MixRequest()


def mix_request(member: Member, task: Task, values: Mapping[str, Any]) -> MixRequest:
    """A mix from plain values, as a form or a program sends them.

    Args:
        member: Who asks; teachers are those the member sees.
        values: `teachers` (each with `teacher`, `share`, `temperatures`), `personas`, `angles`, `examples`, `gold_set`
            (`slug@number`), `near_duplicates`, `best_of`, `judge`; absent ones change nothing.

    Raises:
        Http404: A teacher, or the gold set, is not there.
    """
    judge, gold_set = values.get("judge") or "", values.get("gold_set") or ""
    return MixRequest(
        teachers=tuple(_teacher_request(member, entry) for entry in values.get("teachers") or ()),
        personas=bool(values.get("personas")),
        angles=bool(values.get("angles")),
        examples=int(values.get("examples") or 0),
        gold_set=selectors.gold_set_or_404(task, gold_set) if gold_set else None,
        near_duplicates=values.get("near_duplicates") or "",
        best_of=values.get("best_of") or "",
        judge=teacher_selectors.teacher_or_404(member, judge) if judge else None,
    )


def _teacher_request(member: Member, values: Mapping[str, Any]) -> TeacherRequest:
    temperatures: Sequence[float] = values.get("temperatures") or ()
    return TeacherRequest(
        teacher_selectors.teacher_or_404(member, str(values["teacher"])),
        float(values.get("share") or 1),
        tuple(float(temperature) for temperature in temperatures),
    )
