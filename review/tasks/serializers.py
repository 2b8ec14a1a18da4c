"""API shapes of tasks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.models import TaskVersion
from review.spec import json_schema
from review.spec.starters import STARTERS


class TaskIn(serializers.Serializer[Any]):
    """A new task: from a starter's slug, or from a specification."""

    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(max_length=60)
    starter = serializers.ChoiceField(choices=sorted(STARTERS), required=False)
    spec = serializers.JSONField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    train_fraction = serializers.FloatField(default=0.8)
    validation_fraction = serializers.FloatField(default=0.1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("starter" in attrs) == ("spec" in attrs):
            raise serializers.ValidationError({"spec": ["Send either 'spec' or 'starter'."]})
        return attrs


class TaskVersionIn(serializers.Serializer[Any]):
    spec = serializers.JSONField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TaskVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    number = serializers.IntegerField()
    note = serializers.CharField()
    content_hash = serializers.CharField()
    created_at = serializers.DateTimeField()
    spec = serializers.JSONField(source="body")
    output_json_schema = serializers.SerializerMethodField(help_text="What it writes, as JSON Schema 2020-12.")

    def get_output_json_schema(self, version: TaskVersion) -> dict[str, Any]:
        """The same fields, for programs that know nothing of this form."""
        return json_schema.document(version.spec)


class TaskOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    latest_version = serializers.IntegerField(source="latest_number")
    train_fraction = serializers.FloatField()
    validation_fraction = serializers.FloatField()
    created_at = serializers.DateTimeField()


class TaskWithVersion(TaskOut):
    """A task and what its latest version says."""

    version = TaskVersionOut()
