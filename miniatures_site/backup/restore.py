"""Restoring a backup: all is checked before anything is touched, verified in place, and taken back if it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command

from audit import trail
from jobs.models import Job
from jobs.states import FINISHED
from miniatures_site.backup import archive, create, databases, file_swap, manifest, portable, restore_checks
from miniatures_site.backup.manifest import Manifest
from miniatures_site.backup.rollback import Rollback
from review.db import immutability
from review.desk import golds
from review.drafts import search_index
from review.models import Gold
from training.models import Student
from training.students import model_folder
from web.disk import full_disk
from web.errors import Refusal

STUDENTS = "students"


@dataclass(slots=True)
class RestoreResult:
    """Result of a restore.

    Attributes:
        aside: Where that lies which stood here before.
        golds: How many golds the decisions give.
        jobs: Jobs that were under way when the backup was made; a worker takes them up again.
        is_other_key: Whether this installation has other keys than the one the backup was made on.
        moved: Students whose folder is another one now.
    """

    backup: Manifest
    aside: list[str] = field(default_factory=list)
    golds: int = 0
    jobs: int = 0
    is_other_key: bool = False
    moved: list[str] = field(default_factory=list)


def restore(source: Path, *, force: bool = False, change: portable.Change = portable.unchanged) -> RestoreResult:
    """Bring a backup back into this installation.

    Everything is checked before anything is touched; then it is laid ready beside what is there, put in place, and
    verified. Whatever fails on the way is taken back.

    Args:
        source: The folder or tar file.
        force: Restore over an installation that has members; it is renamed aside, never deleted.
        change: Changes the rows of a portable backup on their way into the database.

    Raises:
        Refusal: The backup is broken or does not fit this installation, or it could not be put in place, or what came
            back is not what the manifest says. The installation is as it was, unless the refusal names what is not.
    """
    with archive.unpacked(source, near=Path(settings.VAR_DIR)) as folder:
        backup = manifest.read(folder)
        manifest.verify(folder, backup)
        restore_checks.require_restorable(folder, backup, force=force)
        undo = Rollback()
        try:
            with full_disk.refused("the backup was put in place", settings.VAR_DIR):
                return _replace(folder, backup, undo, change)
        except BaseException as error:
            left = undo.run()
            if not isinstance(error, Exception):
                raise
            raise _result_lines(error, left) from error


def _replace(folder: Path, backup: Manifest, undo: Rollback, change: portable.Change) -> RestoreResult:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    is_new = not databases.counts()
    swaps = file_swap.stage(folder, backup, stamp=stamp, undo=undo)
    earlier = databases.load(folder, backup, stamp=stamp, undo=undo, change=change)
    _require_rows(backup)
    aside = file_swap.swap_in(swaps, stamp=stamp, undo=undo)
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    # Some of them were ended since: by signing out, by a new password, by shutting somebody out.
    Session.objects.all().delete()
    if backup.vendor == databases.ANY:
        search_index.index_missing()
    databases.analyse()
    moved = relocate_students()
    done = _verified(backup, aside if is_new else [databases.called(earlier), *aside])
    done.moved = moved
    if is_new:
        databases.forget(earlier)
    return done


def _result_lines(error: Exception, leftovers: list[str]) -> Refusal:
    message = error.message if isinstance(error, Refusal) else f"Restoring failed: {error}"
    code = error.code if isinstance(error, Refusal) else "restore_failed"
    hint = error.hint if isinstance(error, Refusal) else ""
    state = "Everything was taken back: the installation is as it was."
    if leftovers:
        state = (
            f"Not all could be taken back; look at {', '.join(leftovers)}. "
            "The earlier files are next to it, as ….before-…"
        )
    return Refusal(code, message, hint=f"{hint} {state}".strip())


def _require_rows(backup: Manifest) -> None:
    row_counts = databases.counts()
    for table, rows in backup.tables.items():
        if row_counts.get(table) != rows:
            raise Refusal(
                "restored_differs", f"The table {table} has {row_counts.get(table, 'no')} rows; the backup had {rows}."
            )


def _verified(backup: Manifest, aside: list[str]) -> RestoreResult:
    if triggers := immutability.missing():
        raise Refusal("triggers_missing", f"The trigger {triggers[0]} is not in place.")
    for name, piece in file_swap.artefacts(backup).items():
        if file_swap.measure(name) != piece:
            raise Refusal("restored_differs", f"The artefact '{name}' is not what the manifest says.")
    expected = golds.fingerprint(golds.from_decisions())
    if backup.golds and expected != backup.golds:
        raise Refusal("golds_differ", "The decisions give other golds than the backup had.")
    # Writing a million again would take minutes.
    gold_count = Gold.objects.count() if golds.fingerprint() == expected else golds.rebuild()
    trail.record("restored", by=None, made_at=backup.made_at, version=backup.version)
    under_way = Job.objects.exclude(state__in=FINISHED).count()
    return RestoreResult(backup, aside, gold_count, under_way, is_other_key=backup.key_id not in create.key_ids())


def relocate_students() -> list[str]:
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
    here = Path(settings.VAR_DIR) / STUDENTS
    for place, part in enumerate(folder.parts):
        if part == STUDENTS:
            yield here.joinpath(*folder.parts[place + 1 :])
