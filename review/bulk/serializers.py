"""Shapes of what acts on many drafts take and give. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.bulk import bulk_verdict
from review.bulk.planning import AT_MOST
from review.drafts import draft_filters
from review.drafts.serializers import DraftSummaryOut


class VerdictIn(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=bulk_verdict.VERDICTS)
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True)
    find = serializers.CharField(required=False, default="", allow_blank=True)
    replace = serializers.CharField(required=False, default="", allow_blank=True)
    filters = serializers.DictField(child=serializers.CharField(), required=False, default=dict)


class PreviewIn(VerdictIn):
    """Drafts of a bulk act: by id, or all waiting ones that match the filters (named as in the list, and `q`)."""

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


class SampleOut(serializers.Serializer[Any]):
    """A draft as the verdict would leave it."""

    draft = serializers.UUIDField()
    title = serializers.CharField()
    fields: Any = serializers.DictField(allow_null=True)


class BulkPreviewOut(serializers.Serializer[Any]):
    """Outcome of the verdict; `left_out` counts the drafts left out, by reason."""

    count = serializers.IntegerField()
    drafts = serializers.ListField(child=serializers.UUIDField())
    left_out = serializers.DictField(child=serializers.IntegerField())
    tag = serializers.CharField()
    samples = SampleOut(many=True)


class BulkActOut(serializers.Serializer[Any]):
    """One verdict on many drafts, as it was carried out."""

    id = serializers.UUIDField()
    task = serializers.CharField()
    by = serializers.CharField()
    verdict = serializers.ChoiceField(choices=bulk_verdict.VERDICTS)
    count = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    is_done = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class BulkUndoOut(serializers.Serializer[Any]):
    """Result of an undo; `kept` counts the drafts whose verdict stays, by reason."""

    act = BulkActOut()
    count = serializers.IntegerField()
    kept = serializers.DictField(child=serializers.IntegerField())


class SimilarDraftOut(serializers.Serializer[Any]):
    """A draft and how much of the words it shares, from 0 to 1."""

    draft = DraftSummaryOut()
    share = serializers.FloatField()


class RepeatedSentenceOut(serializers.Serializer[Any]):
    """A sentence that stands in other drafts which wait."""

    sentence = serializers.CharField()
    count = serializers.IntegerField()
    instead = serializers.CharField(allow_null=True, help_text="What the verdict put in its place.")
    url = serializers.CharField(help_text="The page that decides those drafts; empty where they are too few.")
    times = serializers.IntegerField(help_text="How many of your latest edits changed a sentence with this opening.")
    check_url = serializers.CharField(
        help_text="The page that makes the opening a forbidden phrase, for a lead who edited it often; else empty."
    )
