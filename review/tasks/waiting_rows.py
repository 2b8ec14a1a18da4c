"""Rows that a task was made from and that wait until it is edited.

Which upload they are, and what was said of its columns.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode

from review.models import Task
from review.states import SourceKind


@dataclass(frozen=True)
class WaitingRows:
    """An upload that is to come into a task.

    Attributes:
        mapping: Column to field as a person said; None where it is to be guessed.
        reading: Choices on how the file is read, see `ImportChoices.on_record`.
    """

    upload: str
    kind: SourceKind
    filename: str
    mapping: dict[str, str] | None = None
    reading: dict[str, str] = field(default_factory=dict)

    def address(self, task: Task) -> str:
        """Return the address of the page that imports the rows."""
        query = {"kind": self.kind.value, "filename": self.filename[:200], **self.reading}
        return f"{reverse('review:import-columns', args=[task.slug, self.upload])}?{urlencode(query)}"


def hold(task: Task, rows: WaitingRows) -> None:
    """Keep beside the uploads which of them waits for a task; it goes when they go."""
    _path(task).write_text(json.dumps(asdict(rows)), encoding="utf-8")


def of_task(task: Task) -> WaitingRows | None:
    """The rows that wait for a task; None where none do, or their upload was imported or is too old."""
    try:
        kept = json.loads(_path(task).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    rows = WaitingRows(**{**kept, "kind": SourceKind(kept["kind"])})
    return rows if (_path(task).with_name(rows.upload)).is_file() else None


def release(task: Task, upload: str) -> None:
    """Forget that an upload waits for a task."""
    waiting = of_task(task)
    if waiting and waiting.upload == upload:
        _path(task).unlink(missing_ok=True)


def _path(task: Task) -> Path:
    return Path(settings.VAR_DIR) / "uploads" / f"task-{task.pk}.json"
