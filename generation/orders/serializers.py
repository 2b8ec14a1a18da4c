"""Shapes of orders, their calls and their batches."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.diversity.serializers import MixIn
from generation.models import Order
from generation.money.serializers import order_budget_field
from generation.states import BatchState, CallState, Purpose, Stragglers, UncertainPolicy, Way
from generation.teachers import shutdowns
from generation.teachers.serializers import ShutdownOut, TermsOut, upcoming_once
from jobs.monitor.serializers import JobSerializer


class OrderIn(MixIn):
    """An order for drafts; `count` is drafts in total. Names `teacher`, or several under `teachers`."""

    task = serializers.SlugField()
    teacher = serializers.SlugField(required=False)
    count = serializers.IntegerField(min_value=1)
    source: Any = serializers.CharField(required=False, allow_null=True, help_text="Slug or id of a source of the task")
    records = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100_000)
    max_cost_usd = order_budget_field(help_text="Needed when the teacher costs anything")
    per_record = serializers.IntegerField(
        min_value=1, required=False, default=1, help_text="Drafts of each record, to choose the best of"
    )
    uncertain_policy = serializers.ChoiceField(choices=UncertainPolicy.choices, required=False)
    way = serializers.ChoiceField(
        choices=Way.choices, default=Way.LIVE, help_text="By batches: OpenAI and Anthropic only"
    )
    stragglers = serializers.ChoiceField(
        choices=Stragglers.choices, default=Stragglers.ASK, help_text="Calls a batch left unanswered and unpaid"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An order is for one teacher or for several."""
        if bool(attrs.get("teacher")) == bool(attrs.get("teachers")):
            raise serializers.ValidationError({"teacher": ["Name 'teacher', or several under 'teachers'."]})
        return attrs


class EstimateOut(serializers.Serializer[Any]):
    """The price of an order: tokens for all of it, US dollars, seconds."""

    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField()
    cost_low_usd = serializers.FloatField()
    cost_high_usd = serializers.FloatField()
    worst_call_usd = serializers.FloatField()
    time_s = serializers.FloatField()
    basis = serializers.CharField()
    suggested_budget_usd = serializers.DecimalField(max_digits=12, decimal_places=2)
    records = serializers.IntegerField()
    terms = TermsOut()


class OrderEstimateOut(EstimateOut):
    """The price of an order of drafts, and what to know before it is placed."""

    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="For example, a split without any record of the task."
    )


class OrderStartedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    url = serializers.CharField()


class OrderOut(serializers.Serializer[Any]):
    """An order with its job and what has come of it so far."""

    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    task_version = serializers.IntegerField(source="task_version.number")
    source: Any = serializers.CharField(source="source.slug", default=None, allow_null=True)
    teacher = serializers.CharField(source="teacher.slug")
    model = serializers.CharField(source="teacher_spec.model")
    teachers = serializers.SerializerMethodField(help_text="Of a mix: each with its share and temperatures")
    variety = serializers.JSONField(help_text="How its drafts differ and which come to the desk; empty for one teacher")
    follows = serializers.UUIDField(source="follows_id", allow_null=True, help_text="The order it judges or repeats")
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    count = serializers.IntegerField()
    max_cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    estimate = serializers.JSONField()
    uncertain_policy = serializers.ChoiceField(choices=UncertainPolicy.choices)
    way = serializers.ChoiceField(choices=Way.choices)
    stragglers = serializers.ChoiceField(choices=Stragglers.choices)
    drafts = serializers.IntegerField()
    failures = serializers.IntegerField()
    uncertain = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    possible_cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    shutdowns = serializers.SerializerMethodField(
        help_text="Of its models those that are shut down within 90 days, or were"
    )
    job = JobSerializer()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    @extend_schema_field(ShutdownOut(many=True))
    def get_shutdowns(self, order: Order) -> list[dict[str, Any]]:
        upcoming = upcoming_once(self.context)
        models = dict.fromkeys(shutdowns.models_of_order(order.teacher_spec, order.variety))
        return [ShutdownOut(upcoming[model]).data for model in models if model in upcoming]

    def get_teachers(self, order: Order) -> list[dict[str, Any]]:
        variety = order.variety or {}
        return [
            {"teacher": slug, "share": mixed["share"], "temperatures": mixed["temperatures"]}
            for slug, mixed in zip(variety.get("slugs", []), variety.get("teachers", []), strict=True)
        ]

    def get_url(self, order: Order) -> str:
        return reverse("generation:detail", args=[order.pk])


class CallOut(serializers.Serializer[Any]):
    """One paid request."""

    id = serializers.UUIDField()
    record = serializers.UUIDField(
        source="record_id", allow_null=True, help_text="Null where the call writes records, or kept from you"
    )
    state = serializers.ChoiceField(choices=CallState.choices)
    settlement = serializers.CharField()
    model = serializers.CharField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    way = serializers.ChoiceField(choices=Way.choices)
    teacher_name = serializers.CharField(help_text="Empty: the order's own teacher")
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    cost_is_estimate = serializers.BooleanField()
    possible_cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    claimed_cost_usd = serializers.DecimalField(
        max_digits=20,
        decimal_places=6,
        allow_null=True,
        help_text="What the answer's own count of tokens would have come to, where the call cannot have cost that",
    )
    is_repair = serializers.BooleanField(help_text="A repeated request after a flawed answer")
    is_corrected = serializers.BooleanField(help_text="Its cost was set by an admin")
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    fields: Any = serializers.SerializerMethodField(
        "answer_of", help_text="Null for a judge's calls, whose verdicts are on the texts, or kept from you"
    )
    request_id = serializers.CharField()
    prompt_hash = serializers.CharField()
    latency_s = serializers.FloatField()
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the call; without its record and prompt where `fields` is withheld."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"record": None, "prompt_hash": ""} if getattr(instance, "withheld", False) else shown

    @extend_schema_field(serializers.DictField(allow_null=True))
    def answer_of(self, call: Any) -> Any:
        return None if getattr(call, "withheld", False) else call.fields


class BatchOut(serializers.Serializer[Any]):
    """Calls that lie, or lay, at a provider as one batch."""

    batch_id = serializers.CharField(help_text="The provider's own name of it; empty until it has answered")
    state = serializers.ChoiceField(choices=BatchState.choices)
    requests = serializers.IntegerField()
    done = serializers.IntegerField()
    possible_cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6, help_text="What it may still cost")
    note = serializers.CharField()
    prepared_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderDetailOut(OrderOut):
    """An order with its batches."""

    batches = BatchOut(many=True, source="batches.all")
