"""The part of an evidence file that shows who did what, and who might: rows of the trail, its seals, and rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import QuerySet

from audit.models import AuditRow
from audit.seals import queries as seals
from evaluation.models import Evaluation
from members.models import Member
from review.models import Membership, TaskVersion
from serving.evidence.layout import ADMIN_ACTS, RIGHTS_ACTS
from serving.evidence.other_tasks import OtherTasks
from training.models import Miniature

# Acts on the evidence file itself: told once their day is sealed, so that the same state gives the same file.
OWN_ACTS = ("evidence_made", "evidence_downloaded")


class TrailPart:
    """Rows of the trail about a miniature, read once: what is told of days and rights follows from that one reading.

    Attributes:
        rights: After `rows`: each act by which a right in the task was given or taken, with its row.
        days_with_rows: After `rows`: sealed days that have one of them.
    """

    def __init__(self, miniature: Miniature) -> None:
        self._miniature = miniature
        self._others = OtherTasks(miniature.task)
        # A day that is sealed meanwhile counts as unsealed throughout.
        self._last = seals.last_seal()
        self.rights: list[dict[str, Any]] = []
        self.days_with_rows: set[date] = set()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each row as it was hashed, with its hash, in the order of ids; of one that names another task the hash alone."""
        for row in self._selected().iterator(chunk_size=1000):
            day = row.at.astimezone(UTC).date()
            if self._last and day <= self._last.day:
                self.days_with_rows.add(day)
            if self._others.are_named_in(row.detail):
                yield {"id": row.pk, "at": _moment(row), "sha256": seals.hash_of(row), "withheld": True}
                continue
            if row.act in (*RIGHTS_ACTS, *ADMIN_ACTS):
                self.rights.append(_right(row))
            yield {
                "id": row.pk,
                "at": _moment(row),
                "actor": row.actor,
                "act": row.act,
                "subject_kind": row.subject_kind,
                "subject_id": row.subject_id,
                "detail": row.detail,
                "sha256": seals.hash_of(row),
            }

    def days(self) -> Iterator[dict[str, Any]]:
        """Yield every seal, the first day first."""
        if self._last is None:
            return
        for seal in seals.all_seals().filter(day__lte=self._last.day).iterator(chunk_size=1000):
            yield {"day": seal.day.isoformat(), "rows": seal.rows, "previous": seal.previous, "digest": seal.digest}

    def _selected(self) -> QuerySet[AuditRow]:
        """Rows about a miniature, its task and what it rests on, and who was made an admin or shut out."""
        run = self._miniature.run
        version = run.dataset_version
        subjects = [self._miniature.pk, run.pk, run.job_id, run.task_id, run.student_id, version.pk, version.dataset_id]
        subjects += TaskVersion.objects.filter(task=run.task_id).values_list("pk", flat=True)
        subjects += Evaluation.objects.filter(run=run).values_list("pk", flat=True)
        rows = seals.rows_about(task=run.task.slug, subjects=[str(each) for each in subjects], acts=ADMIN_ACTS)
        unsealed = {"at__gte": seals.first_day(self._last.day + timedelta(days=1))} if self._last else {}
        return rows.exclude(act__in=OWN_ACTS, **unsealed)


def _moment(row: AuditRow) -> str:
    return row.at.astimezone(UTC).isoformat(timespec="microseconds")


def _right(row: AuditRow) -> dict[str, Any]:
    is_made = row.act == "task_made"
    return {
        "row": row.pk,
        "at": _moment(row),
        "act": row.act,
        "by": row.actor,
        "member": row.actor if is_made else row.subject_id,
        "role": "lead" if is_made else row.detail.get("role", ""),
    }


def leaves(day: date) -> Iterator[bytes]:
    """Yield a day's leaves as they were sealed: id and hash of every row, whomever it is about."""
    for row_id, digest in seals.hashes_of(day):
        yield f"{row_id} {digest}\n".encode()


def rights_now(miniature: Miniature) -> Iterator[dict[str, Any]]:
    """Yield who has which role in the task now, and who is an admin."""
    roles = Membership.objects.filter(task=miniature.task_id).order_by("created_at", "pk")
    for member, role, since in roles.values_list("member", "role", "created_at"):
        yield {"member": str(member), "role": role, "since": since.isoformat()}
    for admin in Member.objects.filter(is_active=True, is_superuser=True).order_by("pk").values_list("pk", flat=True):
        yield {"member": str(admin), "role": "admin", "since": None}
