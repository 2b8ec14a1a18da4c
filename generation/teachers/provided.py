"""Teachers that another room provides: offered and withdrawn by it, never edited by hand.

Called by that room's services, which know who may.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from generation.models import Teacher
from generation.states import Provider
from members.models import Member
from review.models import Task
from review.spec.task_spec import TaskSpec
from web.db.keys import free_slug


@dataclass(frozen=True)
class NewProvidedTeacher:
    """Values of a provided teacher. `provided_by` is `room:key` and stays the same for ever."""

    provided_by: str
    slug: str
    name: str
    model: str
    secret_ref: str
    parameters: dict[str, Any] = field(default_factory=dict)
    concurrency: int = 8


def offer(new: NewProvidedTeacher) -> Teacher:
    """Add a provided teacher, or put it back into use. Its address is asked of its room for each attempt."""
    values = {
        "name": new.name,
        "provider": Provider.COMPATIBLE,
        "model": new.model,
        "base_url": "",
        "parameters": new.parameters,
        "secret_ref": new.secret_ref,
        "concurrency": new.concurrency,
        "is_active": True,
    }
    slug = free_slug(Teacher.objects.all(), new.slug[:56])
    teacher, _ = Teacher.objects.update_or_create(
        provided_by=new.provided_by, defaults=values, create_defaults={**values, "slug": slug}
    )
    return teacher


def withdraw(provided_by: str) -> None:
    """Take a provided teacher out of use; its drafts and orders stay."""
    Teacher.objects.filter(provided_by=provided_by).update(is_active=False)


class TeacherProvider(Protocol):
    """Answers of a room for the teachers it provides.

    Attributes:
        round: Which round of drafts they write.
        origin: What stands on their drafts as origin.
    """

    @property
    def round(self) -> int: ...

    @property
    def origin(self) -> str: ...

    def base_url(self) -> str:
        """Return their address now; looked up for each attempt, since a port may change."""
        ...

    def keys_for(self, task: Task) -> set[str]:
        """Keys of the teachers that write for a task; pages offer no others."""
        ...

    def keys_seen_by(self, member: Member) -> set[str]:
        """Keys of teachers that a member may know of; names of others tell of tasks that are not the member's."""
        ...

    def check(self, key: str, task: Task, *, by: Member | None) -> None:
        """Refuse an order that this key's teacher cannot write, or not for this member.

        Args:
            by: None where the product itself asks.

        Raises:
            PermissionDenied: The member may not ask it.
            Refusal: Says why.
        """
        ...

    def judge_keys_for(self, task: Task) -> set[str]:
        """Keys of the teachers that were trained to judge a task's drafts."""
        ...

    def judge_spec(self, key: str, task: Task) -> TaskSpec | None:
        """Return what the teacher of this key was taught, if trained to judge a task's drafts; always the same."""
        ...


_PROVIDERS: dict[str, TeacherProvider] = {}


def register_provider(room: str, teachers: TeacherProvider) -> None:
    """Let a room answer for the teachers whose `provided_by` begins with its name."""
    _PROVIDERS[room] = teachers


def provider_of(teacher: Teacher) -> TeacherProvider | None:
    """The room that answers for a teacher; None for one that an admin added.

    Raises:
        KeyError: Its room is not installed.
    """
    return _PROVIDERS[teacher.provided_by.partition(":")[0]] if teacher.provided_by else None


def seen_by(member: Member, teachers: QuerySet[Teacher]) -> QuerySet[Teacher]:
    """Return those of some teachers a member may know of: all that an admin added, and their tasks' provided ones."""
    names = [f"{room}:{key}" for room, provider in _PROVIDERS.items() for key in provider.keys_seen_by(member)]
    return teachers.filter(Q(provided_by="") | Q(provided_by__in=names))


def writes_for(task: Task, teachers: Iterable[Teacher]) -> list[Teacher]:
    """Return those of some teachers that write for a task: all that an admin added, and the task's provided ones."""
    own: dict[str, set[str]] = {}
    kept = []
    for teacher in teachers:
        room, _, key = teacher.provided_by.partition(":")
        if room in _PROVIDERS and room not in own:
            own[room] = _PROVIDERS[room].keys_for(task)
        if not room or key in own.get(room, ()):
            kept.append(teacher)
    return kept


def judge_for(task: Task, teachers: Iterable[Teacher]) -> list[Teacher]:
    """Return those of some teachers that may judge a task's drafts: an admin's own, and miniatures trained for it."""
    own = {room: provider.judge_keys_for(task) for room, provider in _PROVIDERS.items()}
    named = [(teacher, *teacher.provided_by.partition(":")) for teacher in teachers]
    return [teacher for teacher, room, _, key in named if not room or key in own.get(room, ())]


def judge_spec(teacher: Teacher, task: Task) -> TaskSpec | None:
    """Return what a provided teacher was taught that judges a task's drafts; None of all others."""
    room = provider_of(teacher)
    return room.judge_spec(teacher.provided_by.partition(":")[2], task) if room else None


def check_provided(teacher: Teacher, task: Task, *, by: Member | None) -> None:
    """Have a provided teacher's room look at a member's order for a task.

    Raises:
        PermissionDenied: The member may not ask it.
        Refusal: The room refuses it.
    """
    if room := provider_of(teacher):
        room.check(teacher.provided_by.partition(":")[2], task, by=by)
