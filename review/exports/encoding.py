"""Canonical JSON of rows that share parts: what several rows hold as one and the same object is encoded once.

Rows of one gold share its prompt and its text, and the Parquet file holds as strings what the line of `raw` has nested.
Byte for byte the same as encoding each row alone. Knows no files.
"""

from __future__ import annotations

from typing import Any

from review.prompting import canonical_json


class Encoder:
    """Encodes rows of one gold. Parts are told apart by identity: keep the rows, and change none, while it is in use."""

    def __init__(self) -> None:
        self._parts: dict[int, str] = {}

    def part(self, value: Any) -> str:
        """The canonical JSON of a value."""
        if not isinstance(value, (list, dict)):
            return canonical_json(value)
        if not value:
            return "[]" if isinstance(value, list) else "{}"
        key = id(value)
        if key not in self._parts:
            self._parts[key] = canonical_json(value)
        return self._parts[key]

    def line(self, row: dict[str, Any]) -> bytes:
        """One canonical JSONL line: sorted keys, no blanks, raw UTF-8."""
        members = [f'"{key}":{self.part(row[key])}' for key in sorted(row)]
        return f"{{{','.join(members)}}}\n".encode()
