"""The published JSON Schema of a row of the format `raw`. Data only."""

from __future__ import annotations

from typing import Any

_UUID = {"type": "string", "format": "uuid"}
_UUID_OR_NONE = {"type": ["string", "null"], "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}
_VERDICTS = ["accept", "edit", "reject"]


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **more,
    }


_JUDGED = {
    "id": _UUID,
    "fields": {"type": ["object", "null"], "description": "The fields it ends with; null unless it is an edit."},
    "reasons": {"type": "array", "items": {"type": "string"}},
    "ratings": {"type": "object"},
    "reviewer": {"type": "string"},
    "seconds": {"type": ["number", "null"], "minimum": 0, "description": "Null if no time was recorded."},
    "at": _MOMENT,
}

_PLACE = _object(
    {
        "path": {"type": "string", "description": "The quote in the fields, such as claims.0.quote."},
        "fact": {
            "type": "string",
            "description": "The text of the record that holds it, such as page or talk.2.content.",
        },
        "start": {"type": "integer", "minimum": 0, "description": "First character in that text, in code points."},
        "end": {"type": "integer", "minimum": 1, "description": "One past the last character."},
    }
)

_DECISION = _object(
    {"verdict": {"enum": [*_VERDICTS, "machine"]}, **_JUDGED},
    {
        "judge": {"type": "string", "description": "Of `machine`: who accepted it; no person judged it."},
        "quotes": {
            "type": "array",
            "items": _PLACE,
            "description": "Positions of its final quotes in the sources; quotes found nowhere are left out.",
        },
    },
    description="The decision that counts.",
)

_ONE_OF_ALL = _object(
    {
        "verdict": {"enum": [*_VERDICTS, "retract"]},
        **_JUDGED,
        "note": {"type": "string"},
        "late": {"type": "boolean", "description": "Came after its lease had passed on; counts only if adopted."},
        "retracts": {**_UUID_OR_NONE, "description": "The decision it takes back."},
        "bulk": {**_UUID_OR_NONE, "description": "The bulk act it belongs to: not read one by one."},
        "imported_from": {**_UUID_OR_NONE, "description": "The file it came with, when it was made elsewhere."},
        "edit_size": {"type": ["number", "null"], "minimum": 0, "description": "Share of words that an edit changed."},
        "edit_kinds": {"type": "array", "items": {"type": "string"}},
    }
)

_RULING = _object(
    {
        "id": _UUID,
        "kind": {"enum": ["adopt", "leave", "settle", "reopen", "send_back"]},
        "decision": _UUID_OR_NONE,
        "lead": {"type": "string"},
        "note": {"type": "string"},
        "at": _MOMENT,
    }
)

_PREFERENCE = _object(
    {
        "id": _UUID,
        "chosen": {**_UUID_OR_NONE, "description": "The best of those shown; null when none was better."},
        "shown": {"type": "array", "items": _UUID, "description": "Drafts side by side, left to right."},
        "reviewer": {"type": "string"},
        "seconds": {"type": "number", "minimum": 0},
        "note": {"type": "string"},
        "retracts": _UUID_OR_NONE,
        "at": _MOMENT,
    }
)

_COMMENT = _object({"id": _UUID, "author": {"type": "string"}, "text": {"type": "string"}, "at": _MOMENT})

# 2: `comments`, absent where there are none.
RAW_VERSION = 2
RAW_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A judged draft",
    "version": RAW_VERSION,
    **_object(
        {
            "id": {**_UUID, "description": "The draft."},
            "task": {"type": "string"},
            "task_version": {"type": "integer", "minimum": 1},
            "split": {"enum": ["train", "validation", "test"]},
            "record": _object({"id": _UUID, "group": {"type": "string"}, "facts": {"type": "object"}}),
            "draft": {"type": "object", "description": "The fields as they were drafted."},
            "decision": _DECISION,
            "decisions": {"type": "array", "items": _ONE_OF_ALL, "description": "Everything said, earliest first."},
            "rulings": {"type": "array", "items": _RULING},
            "preferences": {"type": "array", "items": _PREFERENCE, "description": "Preferences it was shown in."},
            "provenance": _object(
                {
                    "origin": {"type": "string"},
                    "teacher": {"type": "string"},
                    "model": {"type": "string"},
                    "prompt_hash": {"type": "string"},
                    "call": {"type": ["string", "null"]},
                    "round": {"type": "integer", "minimum": 1},
                    "parent": {**_UUID_OR_NONE, "description": "The draft it revises."},
                },
                {"note": {"type": "string"}},
            ),
        },
        {
            "comments": {
                "type": "array",
                "items": _COMMENT,
                "description": "What people wrote about it, earliest first.",
            },
            "outcomes": {
                "type": "array",
                "items": {"type": "string"},
                "description": (
                    "Outcomes of the mails sent from it, such as replied or meeting, if the selection includes them."
                ),
            },
        },
    ),
}
