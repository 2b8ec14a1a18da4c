"""What the API of promotions takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from serving.states import ServingState


class FiguresOut(serializers.Serializer[Any]):
    """What was asked of a miniature so far."""

    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # DRF's own attribute of that name is for forms
    cancelled = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    seconds = serializers.FloatField()


class ServedOut(serializers.Serializer[Any]):
    """One served miniature."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    task = serializers.CharField()
    is_current = serializers.BooleanField()
    since = serializers.DateTimeField()
    loaded = serializers.BooleanField()
    usage = FiguresOut()


class StandingOut(serializers.Serializer[Any]):
    """How serving stands, and what is served of the tasks the member may ask."""

    state = serializers.ChoiceField(choices=ServingState.choices)
    job = serializers.UUIDField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    restarts = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    running = serializers.IntegerField()
    waiting = serializers.IntegerField()
    results = ServedOut(many=True)


class PromotedOut(serializers.Serializer[Any]):
    """202: the miniature and the job that serves."""

    id = serializers.UUIDField()
    job = serializers.UUIDField()
