"""JSON schemas of the answers on many drafts at once, for the API's description. Shapes only."""

from __future__ import annotations

from typing import Any

from review.api.shapes_desk import CURSOR, ID, NUMBER, SUMMARY, TEXT


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(shape: dict[str, Any]) -> dict[str, Any]:
    return _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": shape})


COUNT = {"type": "integer"}
COUNTS = {"type": "object", "additionalProperties": COUNT}
FIELDS = {"type": ["object", "null"], "additionalProperties": True}
WHEN = {"type": "string", "format": "date-time"}
PREVIEW = _object(
    count=COUNT, drafts={"type": "array", "items": ID}, left_out=COUNTS, tag=TEXT,
    samples={"type": "array", "items": _object(draft=ID, title=TEXT, fields=FIELDS)},
)  # fmt: skip
ACT = _object(
    id=ID, task=TEXT, by=TEXT, verdict=TEXT, count=COUNT, left_out=COUNTS, is_done={"type": "boolean"}, created_at=WHEN,
    undone_at={"type": ["string", "null"], "format": "date-time"},
)  # fmt: skip
UNDONE = _object(act=ACT, count=COUNT, kept=COUNTS)
SIMILAR = _list(_object(draft=SUMMARY, share=NUMBER))
REPEATED = _list(_object(sentence=TEXT, count=COUNT, instead={"type": ["string", "null"]}, url=TEXT))
