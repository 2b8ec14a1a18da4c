"""Request for a varied order: plain values from a form or the API. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from generation.diversity.mix import BestOfBy, NearDuplicates
from generation.models import Teacher
from review.models import DatasetVersion


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
