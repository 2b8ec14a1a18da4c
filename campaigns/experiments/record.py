"""The registration of an experiment as canonical JSON with its hash. Knows no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from review.prompting import canonical_json

FORMAT: Final = "miniatures.experiment/1"
ASSIGNMENT: Final = (
    "the arm where the first 53 bits of SHA-256 of 'salt|cluster', as a share of 1, fall among the weights"
)
POPULATION: Final = "intention to treat: every contact that was assigned, whatever became of its mails"


def text_of(record: Mapping[str, Any]) -> str:
    """The registration as the bytes that are hashed and handed out."""
    return canonical_json(dict(record))


def sha256_of(record: Mapping[str, Any]) -> str:
    """SHA-256, hex; what `sha256sum` says of the downloaded file."""
    return hashlib.sha256(text_of(record).encode()).hexdigest()
