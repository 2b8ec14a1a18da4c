"""Students of a backup where this installation keeps them: their rows name folders of the host that was backed up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from training.models import Student
from training.students import model_folder
from web.errors import Refusal

FOLDER = "students"


def relocate() -> list[str]:
    """Point students that cannot be read where their rows say at the copy in this installation's folder of students.

    A copy counts only if it is the model that was registered. Its miniatures could not be served without it.

    Returns:
        Slugs of the students whose folder is another one now.
    """
    return [student.slug for student in Student.objects.exclude(path="").order_by("pk") if _is_relocated(student)]


def _is_relocated(student: Student) -> bool:
    if _is_readable(Path(student.path)):
        return False
    for copy in _copies(Path(student.path)):
        if _is_readable(copy) and student.manifest_sha256 in ("", model_folder.manifest_sha256(copy)):
            Student.objects.filter(pk=student.pk).update(path=str(copy.resolve()))
            return True
    return False


def _is_readable(folder: Path) -> bool:
    try:
        model_folder.require_model(folder.resolve(), roots=settings.STUDENT_ROOTS)
    except Refusal:
        return False
    return True


def _copies(folder: Path) -> Iterator[Path]:
    """Yield the possible places here of a folder below the other host's `students`.

    Its path may contain that word more than once.
    """
    here = Path(settings.VAR_DIR) / FOLDER
    for place, part in enumerate(folder.parts):
        if part == FOLDER:
            yield here.joinpath(*folder.parts[place + 1 :])
