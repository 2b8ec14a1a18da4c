"""Verify the audit part of an evidence file: rows against their hashes, hashes against sealed days, days against each other.

Pure Python.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audit.seals.row_hashes import row_hash
from serving.evidence import layout
from serving.evidence.reader import EvidenceReader

LINE_BYTES = 1 << 10
HashesByDay = dict[date, dict[int, str]]
_FIELDS = ("actor", "act", "subject_kind", "subject_id", "detail")


def check(evidence: EvidenceReader, known: Mapping[date, str]) -> None:
    """Check rows, days and rights.

    Args:
        evidence: The opened file.
        known: Digests by day that were written down elsewhere.
    """
    acts, by_day = _check_order_and_hashes(evidence)
    days = _check_chain(evidence, known)
    for day, hashes in sorted(by_day.items()):
        if day in days:
            _check_day(evidence, day, hashes, days[day])
    unsealed = sum(len(hashes) for day, hashes in by_day.items() if day not in days)
    if unsealed:
        evidence.note(f"{unsealed:,} rows of the audit trail are of days that were not sealed yet.")
    _check_rights(evidence, acts)


def _check_order_and_hashes(evidence: EvidenceReader) -> tuple[dict[int, tuple[str, str, str]], HashesByDay]:
    """Return what each row says of its act, who and whom, and hashes of rows by day."""
    acts: dict[int, tuple[str, str, str]] = {}
    by_day: HashesByDay = defaultdict(dict)
    before = withheld = 0
    for number, row in evidence.rows(layout.AUDIT_ROWS):
        if row["id"] <= before:
            evidence.wrong(f"{layout.AUDIT_ROWS}, line {number}: row {row['id']} is out of order, after row {before}.")
        before = row["id"]
        at = datetime.fromisoformat(row["at"])
        by_day[at.astimezone(UTC).date()][row["id"]] = row["sha256"]
        if evidence.is_withheld(row):
            withheld += 1
            continue
        found = row_hash(row_id=row["id"], at=at, **{name: row[name] for name in _FIELDS})
        if found != row["sha256"]:
            evidence.wrong(f"Row {row['id']} of the audit trail was changed: its hash is {found}, not {row['sha256']}.")
            by_day[at.astimezone(UTC).date()][row["id"]] = found
        acts[row["id"]] = (row["act"], row["actor"], row["subject_id"])
    if withheld:
        evidence.note(
            f"{withheld:,} rows of the audit trail name other tasks: they are withheld, and only their hashes stand here."
        )
    return acts, by_day


def _check_chain(evidence: EvidenceReader, known: Mapping[date, str]) -> dict[date, dict[str, Any]]:
    """Return the sealed days, having held each against the one before."""
    days: dict[date, dict[str, Any]] = {}
    previous, expected = "", None
    for _, row in evidence.rows(layout.AUDIT_DAYS):
        day = date.fromisoformat(row["day"])
        if expected is not None and day != expected:
            evidence.wrong(f"The seal of {expected} is missing or out of order: {day} stands in its place.")
        if row["previous"] != previous:
            evidence.wrong(f"The seal of {day} does not follow the one before it.")
        previous, expected, days[day] = row["digest"], day + timedelta(days=1), row
    for day, digest in sorted(known.items()):
        if day not in days or days[day]["digest"] != digest:
            evidence.wrong(
                f"The seal of {day} is {'another one than' if day in days else 'not here, and'} was written down."
            )
    return days


def _check_day(evidence: EvidenceReader, day: date, hashes: Mapping[int, str], seal: Mapping[str, Any]) -> None:
    """Redo a day's digest from its leaves, and find every row of the day among them."""
    path = f"{layout.LEAVES_FOLDER}{day.isoformat()}.txt"
    if path not in evidence.archive.names:
        evidence.wrong(f"{path} is missing: the digest of {day} cannot be redone.")
        return
    total, count = hashlib.sha256(f"{seal['previous']}\n{day.isoformat()}\n".encode()), 0
    left = dict(hashes)
    for line in evidence.archive.lines(path, most_bytes=LINE_BYTES):
        total.update(line)
        count += 1
        number, _, digest = line.decode("ascii", "replace").strip().partition(" ")
        if number.isascii() and number.isdigit() and left.get(int(number)) == digest:
            del left[int(number)]
    if total.hexdigest() != seal["digest"] or count != seal["rows"]:
        evidence.wrong(f"The leaves of {day} do not come to its digest, {seal['digest']}.")
    for row_id in sorted(left):
        evidence.wrong(f"Row {row_id} of the audit trail is not among the leaves that {day} was sealed with.")


def _check_rights(evidence: EvidenceReader, acts: Mapping[int, tuple[str, str, str]]) -> None:
    """Hold the history of rights against the rows of the trail that it names, and find none of them left out."""
    told: set[int] = set()
    for number, row in evidence.rows(layout.RIGHTS_HISTORY):
        act, actor, subject = acts.get(row["row"], ("", "", ""))
        member = actor if act == "task_made" else subject
        if (act, actor, member) != (row["act"], row["by"], row["member"]):
            evidence.wrong(f"{layout.RIGHTS_HISTORY}, line {number} does not say what row {row['row']} says.")
        told.add(row["row"])
    wanted = {*layout.RIGHTS_ACTS, *layout.ADMIN_ACTS}
    for row_id in sorted(row_id for row_id, (act, _, _) in acts.items() if act in wanted and row_id not in told):
        evidence.wrong(f"{layout.RIGHTS_HISTORY} leaves out row {row_id} of the audit trail.")
