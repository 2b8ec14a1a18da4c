"""Shapes of what a launch would do and cost."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from campaigns.overview.serializers import ProblemOut
from campaigns.states import HoldReason


class ForecastStageOut(serializers.Serializer[Any]):
    """A stage around the writing: its answers and their price, and what the estimate rests on."""

    name = serializers.CharField(source="stage.name")
    answers = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    cost_high_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    basis = serializers.CharField()


class ForecastArmOut(serializers.Serializer[Any]):
    name = serializers.CharField(source="arm.name")
    contacts = serializers.IntegerField()
    clusters = serializers.IntegerField()
    drafts = serializers.IntegerField()
    cost_usd = serializers.FloatField(source="estimate.cost_usd", default=None, allow_null=True)
    cost_high_usd = serializers.FloatField(source="estimate.cost_high_usd", default=None, allow_null=True)
    basis = serializers.CharField(source="estimate.basis", default="")
    stages = ForecastStageOut(many=True)


class ExpectedHoldOut(serializers.Serializer[Any]):
    """First mails that a cap across campaigns would hold if all were sent now."""

    reason = serializers.ChoiceField(choices=HoldReason.choices)
    contacts = serializers.IntegerField()
    message = serializers.CharField()


class DryRunOut(serializers.Serializer[Any]):
    """Forecast of a launch. The mails themselves are at `messages/?campaign=` once they are written."""

    contacts = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    cost_high_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    seconds = serializers.FloatField()
    arms = ForecastArmOut(many=True)
    holds = ExpectedHoldOut(many=True)
    problems = ProblemOut(many=True)
