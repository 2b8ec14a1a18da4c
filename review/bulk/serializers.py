"""Shapes of what acts on many drafts take and give. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.bulk import bulk_verdict
from review.bulk.planning import AT_MOST
from review.drafts import draft_filters
from review.drafts.openapi import CURSOR, ID, NUMBER, SUMMARY, TEXT


class VerdictIn(serializers.Serializer[Any]):
    """One verdict for many."""

    verdict = serializers.ChoiceField(choices=bulk_verdict.VERDICTS)
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True)
    find = serializers.CharField(required=False, default="", allow_blank=True)
    replace = serializers.CharField(required=False, default="", allow_blank=True)
    filters = serializers.DictField(child=serializers.CharField(), required=False, default=dict)


class PreviewIn(VerdictIn):
    """Which drafts: by id, or all that wait and match the filters (the names of the list's, and `q`)."""

    drafts = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_null=True, default=None, max_length=AT_MOST
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["drafts"] is None and not attrs["filters"]:
            raise serializers.ValidationError({"drafts": ["Name drafts, or filters that find them."]})
        return attrs

    def validate_filters(self, filters: dict[str, str]) -> dict[str, str]:
        # A filter that is not understood would find more drafts than were meant.
        if mistakes := draft_filters.mistakes(filters):
            raise serializers.ValidationError(mistakes)
        return filters


class BulkIn(VerdictIn):
    """The act: `drafts` and `tag` as the preview gave them, `id` made by the client."""

    id = serializers.UUIDField()
    drafts = serializers.ListField(child=serializers.UUIDField())
    tag = serializers.CharField(required=False, default="", allow_blank=True)
    typed = serializers.IntegerField(required=False, allow_null=True, default=None)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(shape: dict[str, Any]) -> dict[str, Any]:
    return _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": shape})


COUNT = {"type": "integer"}
COUNTS = {"type": "object", "additionalProperties": COUNT}
FIELDS = {"type": ["object", "null"], "additionalProperties": True}
WHEN = {"type": "string", "format": "date-time"}
PREVIEW = _object(
    count=COUNT,
    drafts={"type": "array", "items": ID},
    left_out=COUNTS,
    tag=TEXT,
    samples={"type": "array", "items": _object(draft=ID, title=TEXT, fields=FIELDS)},
)
ACT = _object(
    id=ID,
    task=TEXT,
    by=TEXT,
    verdict=TEXT,
    count=COUNT,
    left_out=COUNTS,
    is_done={"type": "boolean"},
    created_at=WHEN,
    undone_at={"type": ["string", "null"], "format": "date-time"},
)
UNDONE = _object(act=ACT, count=COUNT, kept=COUNTS)
SIMILAR = _list(_object(draft=SUMMARY, share=NUMBER))
REPEATED = _list(_object(sentence=TEXT, count=COUNT, instead={"type": ["string", "null"]}, url=TEXT))
