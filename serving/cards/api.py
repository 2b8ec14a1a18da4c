"""API of the miniature card, and its shape. What was not measured, recorded or entered is null."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from serving.cards.card import card_of
from training.miniatures import queries


class CardFigureOut(serializers.Serializer[Any]):
    mean = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(allow_null=True)


class CapacityOut(serializers.Serializer[Any]):
    outputs_per_hour = CardFigureOut()
    device = serializers.CharField(allow_blank=True, help_text="`cuda` or `cpu`; empty where it was not recorded")
    evaluation = serializers.UUIDField()


class RequestTotalOut(serializers.Serializer[Any]):
    requests = serializers.IntegerField()
    days = serializers.IntegerField()


class RunningCostsOut(serializers.Serializer[Any]):
    host = serializers.CharField(allow_blank=True)
    usd_per_hour = serializers.FloatField(allow_null=True)
    capacity = CapacityOut(allow_null=True)
    batch_usd_per_1000 = CardFigureOut(allow_null=True)
    always_on_usd_per_month = serializers.FloatField(allow_null=True)
    requests = RequestTotalOut(allow_null=True)
    always_on_usd_per_1000 = serializers.FloatField(allow_null=True)


class BreakEvenOut(serializers.Serializer[Any]):
    model = serializers.CharField()
    is_measured = serializers.BooleanField(help_text="Paid for drafts of the dataset; else from their mean tokens")
    price_as_of = serializers.DateField(allow_null=True)
    usd_per_1000 = CardFigureOut()
    outputs_per_month = CardFigureOut(allow_null=True)
    hosts = serializers.IntegerField(allow_null=True, help_text="More than one never pay")


class SplitScoresOut(serializers.Serializer[Any]):
    evaluation = serializers.UUIDField()
    split = serializers.CharField()
    at = serializers.DateTimeField()
    records = serializers.IntegerField()
    level = serializers.FloatField()
    opening = serializers.IntegerField(allow_null=True)
    is_exploratory = serializers.BooleanField()
    tuned = serializers.CharField()
    systems = serializers.DictField(help_text="By system its kind, and its metrics as mean, low, high and n")


class OpeningsOut(serializers.Serializer[Any]):
    opened = serializers.IntegerField()
    planned = serializers.IntegerField(allow_null=True)
    of_this_miniature = serializers.ListField(child=serializers.IntegerField())
    before_they_were_counted = serializers.IntegerField()


class EnvironmentOut(serializers.Serializer[Any]):
    python = serializers.CharField()
    platform = serializers.CharField()
    packages = serializers.DictField(child=serializers.CharField())
    cuda = serializers.CharField(allow_null=True)
    driver = serializers.CharField(allow_null=True)
    devices = serializers.ListField(child=serializers.CharField())
    commit = serializers.CharField(allow_null=True)


class MiniatureCardOut(serializers.Serializer[Any]):
    format = serializers.CharField()
    miniature = serializers.DictField()
    lineage = serializers.DictField()
    data: Any = serializers.DictField()  # DRF's own attribute of that name is for what was sent
    recipe = serializers.DictField()
    environment = EnvironmentOut(allow_null=True)
    scores = SplitScoresOut(many=True)
    openings = OpeningsOut()
    costs = RunningCostsOut()
    break_even = BreakEvenOut(many=True)
    limits = serializers.ListField(child=serializers.CharField())
    licence = serializers.DictField()


class CardView(APIView):
    """The card of a miniature: lineage, data, recipe, environment, scores, costs, break-even, limits, licences."""

    @extend_schema(responses=MiniatureCardOut)
    def get(self, request: Request, miniature_id: UUID) -> Response:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        return Response(card_of(miniature).as_json())
