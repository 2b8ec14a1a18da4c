"""Shapes of what the desk takes and gives. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.desk.preferences.lineups import MOST
from review.drafts.openapi import ANY, CARDS, CURSOR, ID, MARK, NUMBER, PACE, TEXT
from review.spec.revision_prompts import LONGEST_INSTRUCTION
from review.states import Verdict


class DecisionIn(serializers.Serializer[Any]):
    """One verdict; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    fields = serializers.JSONField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    ratings = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0)
    note = serializers.CharField(required=False, default="", allow_blank=True, trim_whitespace=True)
    retracts = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate_fields(self, value: object) -> object:
        if value is not None and not isinstance(value, dict):
            raise serializers.ValidationError("Fields are an object by the names of the output schema.")
        return value


class LeavingIn(serializers.Serializer[Any]):
    """A card its reviewer walks away from."""

    draft = serializers.UUIDField()
    unfinished = serializers.JSONField(required=False, allow_null=True, default=None)
    seen_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReleaseIn(serializers.Serializer[Any]):
    """Cards to return to the queue."""

    cards = LeavingIn(many=True, max_length=50)  # type: ignore[call-arg]


class SetAsideIn(serializers.Serializer[Any]):
    """A card to put behind the rest."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    unfinished = serializers.JSONField(required=False, allow_null=True, default=None)


class KeysIn(serializers.Serializer[Any]):
    """Which key does what."""

    keys = serializers.DictField(child=serializers.CharField(max_length=1), required=False, default=dict)
    on = serializers.BooleanField(required=False, default=True)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


LINEUP = _object(
    record=_object(id=ID, title=TEXT, facts=ANY),
    task_version={"type": "integer"},
    drafts={"type": "array", "items": _object(id=ID, fields=ANY, marks={"type": "array", "items": MARK})},
)
NEXT = _object(lineup={"oneOf": [LINEUP, {"type": "null"}]})
PREFERENCE = _object(
    id=ID,
    record=ID,
    reviewer=TEXT,
    chosen={"type": ["string", "null"]},
    shown={"type": "array", "items": ID},
    seconds=NUMBER,
    note=TEXT,
    retracts={"type": ["string", "null"]},
    is_retracted={"type": "boolean"},
    created_at={"type": "string", "format": "date-time"},
)
PREFERENCES = _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": PREFERENCE})

REVISION = _object(
    id=ID,
    draft=ID,
    title=TEXT,
    instruction=TEXT,
    result={"type": ["string", "null"]},
    job={"type": ["string", "null"]},
    seq={"type": "integer"},
    state=TEXT,
    created_at={"type": "string", "format": "date-time"},
)
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


class CommentIn(serializers.Serializer[Any]):
    """A comment; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    # Lengths and blanks are the service's to judge: pages and programs get the same words.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CommentOut(serializers.Serializer[Any]):
    """A comment on a draft."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    author = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class MentionOut(CommentOut):
    """A comment that names the member, with where it stands."""

    task = serializers.CharField()
    title = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)


class ReadIn(serializers.Serializer[Any]):
    """Which mentions were seen: those in these comments, or all where none is named."""

    comments = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class ReadOut(serializers.Serializer[Any]):
    """How many were unread before."""

    read = serializers.IntegerField()
