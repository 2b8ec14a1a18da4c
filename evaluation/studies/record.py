"""Registration of a study as canonical JSON with its hash, and the fingerprint of a cell."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from review.spec.prompting import canonical_json

FORMAT: Final = "miniatures.study/1"
# Raised when the same plan would give other scores: earlier measurements then no longer count.
SCORING: Final = 1


def text_of(record: dict[str, Any]) -> str:
    """Return the text of a registration that is hashed, stored and downloaded."""
    return canonical_json({"format": FORMAT, **record})


def sha256_of(text: str) -> str:
    """Return the SHA-256 in hex, as `sha256sum` prints it for the downloaded file."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(plan: dict[str, Any]) -> str:
    """Hash all that determines a cell's result: student, data, rows, recipe with its seed, and scoring."""
    return sha256_of(canonical_json({**plan, "scoring_version": SCORING}))
