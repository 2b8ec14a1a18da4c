"""Shapes of requests for acts on many drafts. Knows no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review import bulk_verdict
from review.selectors import narrowing
from review.selectors.bulk import AT_MOST


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
        if mistakes := narrowing.mistakes(filters):
            raise serializers.ValidationError(mistakes)
        return filters


class BulkIn(VerdictIn):
    """The act: `drafts` and `tag` as the preview gave them, `id` made by the client."""

    id = serializers.UUIDField()
    drafts = serializers.ListField(child=serializers.UUIDField())
    tag = serializers.CharField(required=False, default="", allow_blank=True)
    typed = serializers.IntegerField(required=False, allow_null=True, default=None)
