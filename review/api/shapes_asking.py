"""Shapes of choosing among drafts and of asking a teacher again: what comes in, and what the API's description says."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.api.shapes_desk import ANY, CARDS, CURSOR, ID, MARK, NUMBER, PACE, TEXT
from review.revising import LONGEST_INSTRUCTION
from review.selectors.choosing import MOST


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


LINEUP = _object(
    record=_object(id=ID, title=TEXT, facts=ANY), task_version={"type": "integer"},
    drafts={"type": "array", "items": _object(id=ID, fields=ANY, marks={"type": "array", "items": MARK})},
)  # fmt: skip
NEXT = _object(lineup={"oneOf": [LINEUP, {"type": "null"}]})
PREFERENCE = _object(
    id=ID, record=ID, reviewer=TEXT, chosen={"type": ["string", "null"]}, shown={"type": "array", "items": ID},
    seconds=NUMBER, note=TEXT, retracts={"type": ["string", "null"]}, is_retracted={"type": "boolean"},
    created_at={"type": "string", "format": "date-time"},
)  # fmt: skip
PREFERENCES = _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": PREFERENCE})

REVISION = _object(
    id=ID, draft=ID, title=TEXT, instruction=TEXT, result={"type": ["string", "null"]},
    job={"type": ["string", "null"]}, seq={"type": "integer"}, state=TEXT,
    created_at={"type": "string", "format": "date-time"},
)  # fmt: skip
REVISIONS = _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": REVISION})
REVISION_REPLY = _object(**REVISION["properties"], next=CARDS, left={"type": "integer"}, pace=PACE)
WRITERS = _object(
    writers={
        "type": "array",
        "items": _object(teacher=TEXT, name=TEXT, price=TEXT, is_author={"type": "boolean"}),
    },
    presets={"type": "array", "items": _object(label=TEXT, instruction=TEXT)},
)


class PreferenceIn(serializers.Serializer[Any]):
    """Which draft was best of those shown, or the preference that is taken back; `id` is made by the client."""

    id = serializers.UUIDField()
    record = serializers.UUIDField(required=False, allow_null=True, default=None)
    shown = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=MOST)
    chosen = serializers.UUIDField(required=False, allow_null=True, default=None)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    retracts = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["retracts"] is None) == (attrs["record"] is None):
            raise serializers.ValidationError("Name the record and the drafts shown, or the preference to take back.")
        return attrs


class RevisionIn(serializers.Serializer[Any]):
    """What shall be different, and who shall write it; `id` is made by the client."""

    id = serializers.UUIDField()
    instruction = serializers.CharField(max_length=LONGEST_INSTRUCTION)
    teacher = serializers.SlugField(required=False, default="", allow_blank=True, source="writer")
