"""Shapes of the requests and answers about a task's default pipeline."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from serving.states import Act


class PipelinePromotionIn(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="Number of the version; without one its newest, or the one to take back"
    )


class PipelinePromotionOut(serializers.Serializer[Any]):
    """Promotion of a version to its task's default pipeline, or its withdrawal. A version's newest row counts."""

    id = serializers.IntegerField()
    act = serializers.ChoiceField(choices=Act.choices)
    pipeline = serializers.CharField(source="version.pipeline.slug")
    version = serializers.IntegerField(source="version.number")
    experiment = serializers.CharField(
        source="experiment.slug", default=None, allow_null=True, help_text="The experiment that it won, if one says so"
    )
    created_at = serializers.DateTimeField()
