"""Request and response bodies of the preferences API. Services check the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.desk.preferences.lineups import MOST
from review.drafts.serializers import MarkOut, RecordFactsOut


class ShownDraftOut(serializers.Serializer[Any]):
    """One of the drafts to choose among, blind to who wrote it."""

    id = serializers.UUIDField()
    fields: Any = serializers.DictField()
    marks = MarkOut(many=True)


class LineupOut(serializers.Serializer[Any]):
    """Drafts of one record side by side."""

    record = RecordFactsOut()
    task_version = serializers.IntegerField()
    drafts = ShownDraftOut(many=True)


class NextLineupOut(serializers.Serializer[Any]):
    """The next drafts to choose among; null when no record has two that are free."""

    lineup = LineupOut(allow_null=True)


class PreferenceOut(serializers.Serializer[Any]):
    """Preference for the best of the drafts shown; `chosen` is null where none was best or one is taken back."""

    id = serializers.UUIDField()
    record = serializers.UUIDField()
    reviewer = serializers.CharField()
    chosen = serializers.UUIDField(allow_null=True)
    shown = serializers.ListField(child=serializers.UUIDField())
    seconds = serializers.FloatField()
    note = serializers.CharField()
    retracts = serializers.UUIDField(allow_null=True)
    is_retracted = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PreferenceIn(serializers.Serializer[Any]):
    """Preference for the best of the drafts shown, or the preference to take back; the client makes the `id`."""

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
