"""Findings of a check of a sender's domain, in words that a page shows and a row keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import TextChoices


class FindingState(TextChoices):
    """State of a record. `unknown` is no answer to the question, which never means that the record is missing."""

    OK = "ok", "Good"
    WARNING = "warning", "Weak"
    ERROR = "error", "Wrong"
    MISSING = "missing", "Missing"
    UNKNOWN = "unknown", "Not known"


TO_MEND = (FindingState.WARNING, FindingState.ERROR, FindingState.MISSING)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of a domain.

    Attributes:
        check: `SPF`, `DKIM`, `DMARC`, `MX`, `MX of replies` or `Tracking domain`.
        add: The record to add or to put in place of what is there; empty where nothing is to be done. Words in
            capitals are for the reader to fill in.
    """

    check: str
    name: str
    state: str
    message: str
    records: tuple[str, ...] = ()
    add: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "records": list(self.records)}
