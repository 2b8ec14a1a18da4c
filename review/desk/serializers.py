"""Shapes of what the desk takes and gives. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.desk.preferences.lineups import MOST
from review.drafts.openapi import ANY, CARDS, CURSOR, ID, MARK, NUMBER, PACE, TEXT
from review.spec.revision_prompts import LONGEST_INSTRUCTION
from review.states import QueueOrdering, Verdict


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


class RulingIn(serializers.Serializer[Any]):
    """A lead's word on a draft."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class DisputeIn(RulingIn):
    """What settles a disputed draft: one of the verdicts on it, or a verdict of the lead's own."""

    decision = serializers.UUIDField(required=False, allow_null=True, default=None)
    verdict = serializers.ChoiceField(choices=["accept", "edit", "reject"], required=False, default="accept")
    fields = serializers.JSONField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    ratings = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["decision"] is None and "verdict" not in self.initial_data:
            raise serializers.ValidationError("Name a decision, or give a verdict of your own.")
        if attrs["fields"] is not None and not isinstance(attrs["fields"], dict):
            raise serializers.ValidationError({"fields": ["Fields are an object by the names of the output schema."]})
        return attrs


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


class DeskSettingsIn(serializers.Serializer[Any]):
    """How a desk deals; shares from 0 to 1."""

    order = serializers.ChoiceField(choices=QueueOrdering.choices)
    random_share = serializers.FloatField(help_text="0.1 to 0.2: cards drawn at random.")
    overlap_share = serializers.FloatField(help_text="0 to 1: drafts that several reviewers judge blind.")
    overlap_reviewers = serializers.IntegerField(help_text="2 to 5.")
    known_every = serializers.IntegerField(help_text="One card in so many has a known answer; 0 for none.")


class DeskSettingsOut(DeskSettingsIn):
    """The settings, and how many drafts wait for a further reviewer."""

    waits_for_others = serializers.IntegerField()
    updated_by = serializers.CharField(allow_null=True)


class KnownAnswerIn(serializers.Serializer[Any]):
    """The right verdict on a draft."""

    draft = serializers.UUIDField()
    verdict = serializers.CharField(max_length=10)
    reasons = serializers.ListField(child=serializers.CharField(max_length=80), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class KnownAnswerOut(serializers.Serializer[Any]):
    """A known answer; once it is retired it is dealt no more."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    verdict = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    judged = serializers.IntegerField(required=False)
    right = serializers.IntegerField(required=False)
    retired_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AssignIn(serializers.Serializer[Any]):
    """Which waiting cards a reviewer gets."""

    member = serializers.CharField(max_length=150, help_text="User name.")
    count = serializers.IntegerField(help_text="1 to 5,000.")
    source = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)  # type: ignore[assignment]
    teacher = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)


class AssignedOut(serializers.Serializer[Any]):
    """How many cards moved."""

    member = serializers.CharField()
    cards = serializers.IntegerField()


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


class SendBackIn(serializers.Serializer[Any]):
    """Which verdicts go back to their authors, all that stand where none is named, and what to look at."""

    comment = serializers.CharField(allow_blank=True, max_length=2000)
    decisions = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)
