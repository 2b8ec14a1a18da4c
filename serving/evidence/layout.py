"""How an evidence file is laid out: names of its parts, its manifest, its digest. Pure Python; read and written alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

FORMAT: Final = "miniatures.evidence/2"
# Formats that are verified. In the first nothing was withheld.
FORMAT_WITHOUT_WITHHELD: Final = "miniatures.evidence/1"
FORMATS: Final = (FORMAT_WITHOUT_WITHHELD, FORMAT)
MANIFEST: Final = "manifest.json"
README: Final = "README.md"
MINIATURE, CARD, CARD_TEXT = "miniature.json", "card.json", "card.md"
TASK_VERSIONS, GUIDELINE = "task/versions.jsonl", "task/guideline.md"
VERSION, DATA_CARD, ROW_HASHES = "dataset/version.json", "dataset/card.md", "dataset/row_hashes.jsonl"
ROWS_FOLDER: Final = "dataset/rows/"
DECISIONS: Final = "decisions.jsonl"
RUN, METRICS = "run/run.json", "run/metrics.jsonl"
EVALUATIONS, OPENINGS = "evaluations.jsonl", "openings.jsonl"
PROMOTIONS, GATE = "promotions.jsonl", "gate.jsonl"
REGISTRATIONS: Final = "registrations.jsonl"
RIGHTS_HISTORY, RIGHTS_NOW = "rights/history.jsonl", "rights/now.jsonl"
AUDIT_ROWS, AUDIT_DAYS, LEAVES_FOLDER = "audit/rows.jsonl", "audit/days.jsonl", "audit/leaves/"

# Without one of these a file is no whole evidence, whatever its manifest says.
REQUIRED: Final = frozenset(
    {
        *(README, MINIATURE, CARD, CARD_TEXT, TASK_VERSIONS, GUIDELINE, VERSION, DATA_CARD, ROW_HASHES, DECISIONS, RUN),
        *(METRICS, EVALUATIONS, OPENINGS, PROMOTIONS, GATE, REGISTRATIONS, RIGHTS_HISTORY, RIGHTS_NOW, AUDIT_ROWS),
        AUDIT_DAYS,
    }
)
# Acts that change who may do what: those of the task, and those that hold in every task.
RIGHTS_ACTS: Final = ("role_given", "role_taken", "task_made")
ADMIN_ACTS: Final = ("member_made_admin", "member_unmade_admin", "member_deactivated", "member_reactivated")


def digest_of(hashes: Mapping[str, str]) -> str:
    """SHA-256 over `hash  path` lines in the order of paths, hex: what `sha256sum` would print, sorted by name.

    Args:
        hashes: SHA-256 of each file but the manifest, by path.
    """
    lines = (f"{hashes[path]}  {path}\n" for path in sorted(hashes))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
