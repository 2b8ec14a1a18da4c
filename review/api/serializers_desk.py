"""Shapes of requests to the desk. Knows no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

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
