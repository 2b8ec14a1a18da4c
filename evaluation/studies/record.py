"""The registration of a study as canonical JSON with its hash, and the fingerprint of a cell."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from review.spec.prompting import canonical_json

FORMAT: Final = "miniatures.study/1"
# Raised when scores of the same plan would come out otherwise: then nothing measured before is taken for it.
SCORING: Final = 1


def text_of(record: dict[str, Any]) -> str:
    """The registration as the bytes that are hashed, kept and handed out."""
    return canonical_json({"format": FORMAT, **record})


def sha256_of(text: str) -> str:
    """SHA-256, hex; what `sha256sum` says of the downloaded file."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(plan: dict[str, Any]) -> str:
    """Hash all that a cell's result hangs on: student, data, rows, recipe with its seed, and how it is scored."""
    return sha256_of(canonical_json({**plan, "scoring_version": SCORING}))
