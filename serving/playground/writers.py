"""Writers that the playground can ask for a task: its served miniatures, and teachers."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from generation.models import Teacher
from generation.states import Provider
from generation.teachers import queries as teacher_selectors
from generation.teachers.queries import TeacherLine
from members.models import Member
from review.models import Record, Task
from review.states import Role, Split
from review.tasks.permissions import may
from serving.promotions import queries
from serving.promotions.queries import ServedMiniature
from training.models import Miniature

RECORDS_SHOWN = 60


@dataclass(frozen=True)
class PlaygroundWriter:
    """One who can be asked: a miniature or a teacher. `key` is what forms send."""

    key: str
    label: str
    miniature: Miniature | None = None
    teacher: Teacher | None = None

    @property
    def is_offline(self) -> bool:
        return self.teacher is not None and self.teacher.provider == Provider.OFFLINE

    @property
    def is_paid(self) -> bool:
        return self.teacher is not None and not teacher_selectors.is_free(self.teacher)


def playground_writers(member: Member, task: Task) -> list[PlaygroundWriter]:
    """All who can be asked now, miniatures first. Teachers that cost are a lead's to ask, as everywhere."""
    writers = [_of_miniature(writer) for writer in queries.served_miniatures(task=task, member=member)]
    is_lead = may(member, task, Role.LEAD)
    for line in teacher_selectors.lines(member):
        if line.teacher.provided_by or not line.can_be_asked:
            continue
        if is_lead or line.teacher.provider == Provider.OFFLINE:
            writers.append(PlaygroundWriter(f"teacher-{line.teacher.slug}", _label(line), teacher=line.teacher))
    return writers


def writer_or_404(member: Member, task: Task, key: str) -> PlaygroundWriter:
    """A writer that the member may ask now."""
    writer = next((choice for choice in playground_writers(member, task) if choice.key == key), None)
    if writer is None:
        raise Http404("This model is not available now. Reload the page to see which ones are.")
    return writer


def records(task: Task) -> list[Record]:
    """Records to try on: validation records, which no miniature was trained on; the test split stays unread."""
    rows = Record.objects.filter(task=task, split=Split.VALIDATION, erased_at__isnull=True).order_by("created_at", "pk")
    return list(rows[:RECORDS_SHOWN])


def _of_miniature(writer: ServedMiniature) -> PlaygroundWriter:
    current = " (current)" if writer.is_current else ""
    return PlaygroundWriter(f"miniature-{writer.name}", f"{writer.label}{current}", miniature=writer.miniature)


def _label(line: TeacherLine) -> str:
    if line.price is None or not line.price.output_usd_per_million:
        return line.teacher.name
    return f"{line.teacher.name} ({line.price.in_words})"
