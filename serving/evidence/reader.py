"""An evidence file that is being verified: its parts as values, and what was found wrong with them. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from serving.evidence.safe_zip import SafeZip
from web import strict_json

# The manifest, a version's manifest, a card: small files that are read whole; and the longest line of a large one that is
# read as JSON. Rows of the dataset may be of any length: they are hashed, not read.
WHOLE_BYTES: Final = 256 << 20
LINE_BYTES: Final = 16 << 20
MOST_TOLD: Final = 1000


@dataclass(slots=True)
class EvidenceCheck:
    """What verifying found.

    Attributes:
        digest: Of the whole, as computed.
        files: How many were looked at.
        mismatches: What does not match, a sentence each; empty when all holds.
        notes: What could not be told, and why.
    """

    digest: str = ""
    files: int = 0
    mismatches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class EvidenceReader:
    """An opened evidence file: its parts as values, and where mismatches are written down.

    Attributes:
        may_withhold: Whether its format has rows that are told by their hash alone.
    """

    def __init__(self, archive: SafeZip, check: EvidenceCheck) -> None:
        self.archive, self.check = archive, check
        self.may_withhold = False

    def value(self, path: str) -> dict[str, Any] | None:
        """Return a small JSON object; None where it is missing, or is none, which is written down."""
        if path not in self.archive.names:
            return None
        try:
            value = strict_json.loads(self.archive.text(path, most_bytes=WHOLE_BYTES))
        except ValueError as error:
            self.wrong(f"{path} is no JSON: {error}")
            return None
        if not isinstance(value, dict):
            self.wrong(f"{path} is not shaped as evidence is: it is no JSON object.")
            return None
        return value

    def rows(self, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines of a file that are JSON objects, with their number; others are written down."""
        if path not in self.archive.names:
            return
        for number, line in enumerate(self.archive.lines(path, most_bytes=LINE_BYTES), 1):
            try:
                row = strict_json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                yield number, row
            else:
                self.wrong(f"{path}, line {number} is no JSON object.")

    def is_withheld(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row is told by its hash alone, in a format that has such rows."""
        return self.may_withhold and row.get("withheld") is True

    def wrong(self, sentence: str) -> None:
        """Write a mismatch down; beyond `MOST_TOLD` one more says nothing new."""
        if len(self.check.mismatches) < MOST_TOLD:
            self.check.mismatches.append(sentence)

    def note(self, sentence: str) -> None:
        """Write down what could not be told."""
        self.check.notes.append(sentence)
