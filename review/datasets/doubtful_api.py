"""API of golds worth a second look."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from review.datasets import doubtful, selection_api


class ContradictingGoldOut(serializers.Serializer[Any]):
    """A gold, with what it says where golds of its input differ."""

    draft = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    split = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField(allow_blank=True))


class DoubtfulLabelOut(serializers.Serializer[Any]):
    """A gold whose label is likely wrong; `likely` is what golds with such words say, `confidence` its probability."""

    draft = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    split = serializers.CharField()
    given = serializers.CharField()
    likely = serializers.CharField()
    confidence = serializers.FloatField()


class FieldDoubtsOut(serializers.Serializer[Any]):
    """One field. `right`: share of golds whose label the word model gives too; null where they are too few."""

    name = serializers.CharField()
    golds = serializers.IntegerField()
    rare = serializers.IntegerField()
    right = serializers.FloatField(allow_null=True)
    most_frequent = serializers.FloatField()
    total = serializers.IntegerField()
    labels = DoubtfulLabelOut(many=True)


class DoubtfulGoldsOut(serializers.Serializer[Any]):
    """Golds that are worth a second look: totals, and the first of each kind."""

    golds = serializers.IntegerField()
    is_partial = serializers.BooleanField()
    contradicted = serializers.IntegerField()
    contradictions = serializers.ListField(child=ContradictingGoldOut(many=True))
    doubts = FieldDoubtsOut(many=True)


class DoubtfulGoldsView(APIView):
    """Golds of equal facts that say different values, and labels that a model of the other golds would not give."""

    @extend_schema(operation_id="dataset_doubtful", responses=DoubtfulGoldsOut, parameters=[selection_api.FILTERS])
    def get(self, request: Request, slug: str) -> Response:
        dataset, filters = selection_api.asked(request, slug)
        return Response(DoubtfulGoldsOut(doubtful.look(dataset.task, filters)).data)
