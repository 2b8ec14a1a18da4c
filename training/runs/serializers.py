"""Bodies of requests and answers about recipes and runs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.monitor.serializers import JobSerializer
from training.states import Device


class RecipeOut(serializers.Serializer[Any]):
    """A preset: every value, and where it comes from."""

    name = serializers.CharField()
    label: Any = serializers.CharField()
    summary = serializers.CharField()
    values = serializers.DictField()
    sources = serializers.DictField(child=serializers.CharField())


class PlanIn(serializers.Serializer[Any]):
    """Plan of a run: a student, a dataset version and a recipe."""

    dataset_version = serializers.UUIDField()
    student = serializers.CharField(max_length=60)
    recipe = serializers.CharField(max_length=60)
    overrides = serializers.DictField(required=False)
    device = serializers.CharField(required=False, default=Device.AUTO.value)
    starts_from = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Id or name of the miniature DPO and KTO go on from.",
    )
    teacher = serializers.CharField(
        required=False, allow_blank=True, max_length=60, help_text="Student that distillation learns from."
    )


class StudentChoiceOut(serializers.Serializer[Any]):
    """A small writer of a hub, and what tuning it here on the newest frozen version would take."""

    hub_id = serializers.CharField()
    student = serializers.SlugField(allow_null=True, help_text="Its name here, once it is downloaded.")
    parameters = serializers.IntegerField()
    licence = serializers.CharField()
    download_bytes = serializers.IntegerField()
    memory_gib = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    is_too_large = serializers.BooleanField(help_text="No host here has the memory.")
    needs_hub_token = serializers.BooleanField(help_text="Its licence must be accepted on the hub first.")


class StudentProposalOut(serializers.Serializer[Any]):
    """The student that suits a task: a registered one, or the hub id of one to download."""

    reason = serializers.CharField()
    student = serializers.SlugField(allow_null=True)
    recipe = serializers.CharField()
    download = serializers.CharField(allow_null=True)
    choices = StudentChoiceOut(many=True)


class RunOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    task = serializers.CharField(source="task.slug")
    dataset_version = serializers.UUIDField(source="dataset_version_id")
    student = serializers.CharField(source="student.slug")
    recipe = serializers.CharField(source="recipe_name")
    values = serializers.DictField(source="recipe")
    overrides = serializers.DictField()
    method = serializers.CharField()
    objective = serializers.CharField()
    starts_from = serializers.UUIDField(source="starts_from_id", allow_null=True)
    teacher = serializers.CharField(source="teacher.slug", default=None, allow_null=True)
    device = serializers.CharField()
    purpose = serializers.CharField()
    sample = serializers.DictField()
    estimate = serializers.DictField()
    summary = serializers.DictField()
    contains_revoked = serializers.BooleanField()
    contains_erased = serializers.BooleanField()
    miniature = serializers.SerializerMethodField()
    job = JobSerializer()
    created_at = serializers.DateTimeField()

    def get_miniature(self, run: object) -> str | None:
        miniature = getattr(run, "miniature", None)
        return str(miniature.pk) if miniature else None


class MetricsOut(serializers.Serializer[Any]):
    """One row a step; what an attempt reported later replaces what an earlier one said of the same step."""

    metrics = serializers.ListField(child=serializers.DictField())
    samples = serializers.ListField(child=serializers.DictField())
    checkpoints = serializers.ListField(child=serializers.DictField())
