"""A small evidence file whose parts fit each other, made without a database; tests change a part and write it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from audit.seals import row_hashes
from review.spec.prompting import canonical_json
from serving.evidence import layout
from serving.evidence.archive import EvidenceZip

DAY = date(2026, 11, 2)
ROW = b'{"id":"a","prompt":[]}\n'
REGISTRATION = '{"hypothesis":"Both do as well."}'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lines(*rows: Mapping[str, Any]) -> bytes:
    return "".join(f"{canonical_json(dict(row))}\n" for row in rows).encode()


def audit_row(row_id: int, act: str, subject: str, **detail: str) -> dict[str, Any]:
    at = datetime(2026, 11, 2, 12, row_id, tzinfo=UTC)
    facts: dict[str, Any] = {"actor": "ada", "act": act, "subject_kind": "member", "subject_id": subject}
    digest = row_hashes.row_hash(row_id=row_id, at=at, detail=detail, **facts)
    return {"id": row_id, "at": at.isoformat(timespec="microseconds"), **facts, "detail": detail, "sha256": digest}


AUDIT = [audit_row(3, "role_given", "ben", task="t", role="lead"), audit_row(5, "miniature_promoted", "m", task="t")]


def parts() -> dict[str, bytes]:
    """Every part of a whole evidence file, its rows included."""
    body = {"instruction": "Write."}
    file = {"format": "sft", "split": "train", "container": "jsonl", "sha256": sha256(ROW), "rows": 1}
    content_hash = sha256(canonical_json([["sft", "train", file["sha256"], 1]]).encode())
    version = {"content_hash": content_hash, "manifest": {"files": [file]}, "rows": 1, "files_now": [file]}
    hashes = [(row["id"], row["sha256"]) for row in (AUDIT[0], {"id": 4, "sha256": "0" * 64}, AUDIT[1])]
    sealed = row_hashes.seal("", DAY, hashes)
    card = {"lineage": {"dataset_version": {"content_hash": content_hash}}}
    registration = {
        "kind": "experiment",
        "name": "spring",
        "text": REGISTRATION,
        "sha256": sha256(REGISTRATION.encode()),
    }
    filled = {
        layout.MINIATURE: canonical_json({"id": "m1", "slug": "m", "dataset_content_hash": content_hash}).encode(),
        layout.CARD: canonical_json(card).encode(),
        layout.TASK_VERSIONS: lines({"number": 1, "body": body, "content_hash": sha256(canonical_json(body).encode())}),
        layout.VERSION: canonical_json(version).encode(),
        layout.ROW_HASHES: lines({"draft": "a", "sha256": sha256(ROW), "is_erased": False}),
        f"{layout.ROWS_FOLDER}sft.train.jsonl": ROW,
        layout.REGISTRATIONS: lines(registration),
        layout.RIGHTS_HISTORY: lines({"row": 3, "act": "role_given", "by": "ada", "member": "ben", "role": "lead"}),
        layout.AUDIT_ROWS: lines(*AUDIT),
        layout.AUDIT_DAYS: lines({"day": DAY.isoformat(), "rows": 3, "previous": "", "digest": sealed.digest}),
        f"{layout.LEAVES_FOLDER}{DAY}.txt": "".join(f"{row_id} {digest}\n" for row_id, digest in hashes).encode(),
    }
    return {**dict.fromkeys(layout.REQUIRED, b""), **filled}


def write(path: Path, contents: Mapping[str, bytes], *, miniature: str = "m1") -> str:
    """Write parts with a manifest that fits them; returns the digest."""
    with path.open("wb") as target:
        archive = EvidenceZip(target)
        for name in sorted(contents):
            archive.add(name, [contents[name]])
        return archive.close(miniature=miniature, slug="m")


def changed(contents: Mapping[str, bytes], path: str, **values: Any) -> dict[str, bytes]:
    """The parts with other values in the first line of one of them."""
    first, *rest = contents[path].splitlines(keepends=True)
    return {**contents, path: b"".join([lines({**json.loads(first), **values}), *rest])}
