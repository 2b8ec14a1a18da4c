"""Where upper rooms bring teachers of their own: models that this installation serves itself.

A room's `AppConfig.ready()` fills the registry; this room calls what it finds and knows no name above it.
"""

from __future__ import annotations

from typing import Protocol

from generation.models import Teacher
from review.models import Task


class ProvidedTeachers(Protocol):
    """What a room answers for the teachers it provides.

    Attributes:
        round: Which round of drafts they write.
        origin: What stands on their drafts as origin.
    """

    @property
    def round(self) -> int: ...

    @property
    def origin(self) -> str: ...

    def base_url(self) -> str:
        """Where they are asked now; found anew for each attempt, since a port may change."""
        ...

    def check(self, key: str, task: Task) -> None:
        """Refuse an order that the teacher of this key cannot write.

        Raises:
            Refusal: Says why.
        """
        ...


_ROOMS: dict[str, ProvidedTeachers] = {}


def provide(room: str, teachers: ProvidedTeachers) -> None:
    """Let a room answer for the teachers whose `provided_by` begins with its name."""
    _ROOMS[room] = teachers


def room_of(teacher: Teacher) -> ProvidedTeachers | None:
    """The room that answers for a teacher; None for one that an admin added.

    Raises:
        KeyError: Its room is not installed.
    """
    return _ROOMS[teacher.provided_by.partition(":")[0]] if teacher.provided_by else None


def check(teacher: Teacher, task: Task) -> None:
    """Have a provided teacher's room look at an order for a task.

    Raises:
        Refusal: The room refuses it.
    """
    if room := room_of(teacher):
        room.check(teacher.provided_by.partition(":")[2], task)
