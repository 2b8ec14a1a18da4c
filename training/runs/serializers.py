"""Bodies of requests and answers of this room's endpoints."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.monitor.serializers import job_json
from training.states import Device
from training.students import queries as student_selectors


class StudentIn(serializers.Serializer[Any]):
    """A folder under STUDENT_ROOTS, or a hub id with its commit."""

    path = serializers.CharField(required=False, allow_blank=True, max_length=500)
    hub_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    revision = serializers.CharField(required=False, allow_blank=True, max_length=64)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    licence = serializers.CharField(required=False, allow_blank=True, max_length=120)
    thinks = serializers.BooleanField(
        default=False, help_text="Let a student that can think do so before it answers; its thinking is never shown."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("path")) == bool(attrs.get("hub_id")):
            raise serializers.ValidationError({"path": "Name a student by exactly one of path and hub_id."})
        return attrs


class StudentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    hub_id = serializers.CharField()
    revision = serializers.CharField()
    manifest_sha256 = serializers.CharField()
    licence = serializers.CharField()
    model_type = serializers.CharField()
    parameters = serializers.IntegerField(allow_null=True)
    context_length = serializers.IntegerField(allow_null=True)
    thinks = serializers.BooleanField()
    bytes = serializers.IntegerField()
    is_demo = serializers.BooleanField()
    known = serializers.SerializerMethodField(help_text="Of a student in common use: its facts, each with its source.")
    created_at = serializers.DateTimeField()

    def get_known(self, student: Any) -> list[str]:
        known = student_selectors.known_student(student)
        return known.facts if known else []


class RecipeOut(serializers.Serializer[Any]):
    """A preset: every value, and where it comes from."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    summary = serializers.CharField()
    values = serializers.DictField()
    sources = serializers.DictField(child=serializers.CharField())


class PlanIn(serializers.Serializer[Any]):
    """What to tune on what, by which recipe."""

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


class WorkStartedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()


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
    job = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_miniature(self, run: Any) -> str | None:
        miniature = getattr(run, "miniature", None)
        return str(miniature.pk) if miniature else None

    def get_job(self, run: Any) -> dict[str, Any]:
        return job_json(run.job)


class MetricsOut(serializers.Serializer[Any]):
    """One row a step; what an attempt reported later replaces what an earlier one said of the same step."""

    metrics = serializers.ListField(child=serializers.DictField())
    samples = serializers.ListField(child=serializers.DictField())
    checkpoints = serializers.ListField(child=serializers.DictField())


class MiniatureOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    run = serializers.UUIDField(source="run_id")
    student = serializers.CharField(source="student.slug")
    method = serializers.CharField()
    bytes = serializers.IntegerField()
    manifest_sha256 = serializers.CharField()
    contains_revoked = serializers.BooleanField()
    contains_erased = serializers.BooleanField()
    summary = serializers.DictField()
    created_at = serializers.DateTimeField()


class DataCostOut(serializers.Serializer[Any]):
    """What drafts and the people who judged them cost, US dollars as text."""

    drafts = serializers.IntegerField()
    drafts_usd = serializers.CharField()
    orders_usd = serializers.CharField(help_text="What the orders of these drafts cost in all, rejected ones included")
    orders_possible_usd = serializers.CharField()
    decisions = serializers.IntegerField()
    human_s = serializers.FloatField()
    human_usd = serializers.CharField()
    total_usd = serializers.CharField(help_text="The parts that have a price, training included")
    is_whole = serializers.BooleanField(help_text="Whether every part has a price")


class MiniatureCostOut(DataCostOut):
    """What a miniature cost itself: the calls of its drafts, the time of people, and its run."""

    run = serializers.DictField()


class StartOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()


class CostWithStartsOut(DataCostOut):
    """What a miniature cost with all it goes on from; drafts and decisions that several used count once."""

    starts = StartOut(many=True, help_text="Miniatures it goes on from, the nearest first")
    runs = serializers.IntegerField(help_text="Its own run and those of its starts")
    runs_usd = serializers.CharField()
    host_seconds = serializers.FloatField()


class MiniatureDetailOut(MiniatureOut):
    files = serializers.ListField(child=serializers.DictField())
    lineage = serializers.DictField()
    cost = MiniatureCostOut()
    cost_with_starts = CostWithStartsOut()


class WriteIn(serializers.Serializer[Any]):
    """Facts by input field name."""

    record = serializers.DictField()


class WrittenOut(serializers.Serializer[Any]):
    """What the miniature wrote; `marks` are the places that the task's checks object to."""

    fields = serializers.DictField()  # type: ignore[assignment]
    marks = serializers.ListField(child=serializers.DictField())
    seconds = serializers.FloatField()
    job = serializers.UUIDField()
