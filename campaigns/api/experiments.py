"""API of experiments: register one, read it, its result and its looks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.experiments import record
from campaigns.experiments.design import HYPOTHESIS_CHARS, MOST_HORIZON_DAYS, Wishes
from campaigns.selectors import campaigns, results
from campaigns.selectors import experiments as selectors
from campaigns.services.experiments import looks, registration
from campaigns.states import Claim, Metric
from members.idempotency import idempotent
from members.session import member_of
from review.permissions import task_or_404
from web.pagination import KeysetPagination


class ExperimentIn(serializers.Serializer[Any]):
    """What a draft campaign is to show. Shares are 0 to 1: a margin of 0.01 is one point."""

    campaign = serializers.SlugField(max_length=80)
    hypothesis = serializers.CharField(max_length=HYPOTHESIS_CHARS)
    claim = serializers.ChoiceField(choices=Claim.choices, default=Claim.NOT_WORSE)
    metric = serializers.ChoiceField(choices=Metric.choices, default=Metric.REPLY)
    margin = serializers.FloatField()
    baseline = serializers.FloatField()
    alpha = serializers.FloatField(default=0.05)
    power = serializers.FloatField(default=0.8)
    icc = serializers.FloatField(default=0.05)
    horizon_days = serializers.IntegerField(default=14, min_value=1, max_value=MOST_HORIZON_DAYS)
    is_planned = serializers.BooleanField(default=False, help_text="Keep it, and register it later.")


class ExperimentOut(serializers.Serializer[Any]):
    """An experiment as it was registered."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    task = serializers.CharField(source="campaign.task.slug")
    campaign = serializers.CharField(source="campaign.slug")
    campaign_state = serializers.CharField(source="campaign.state")
    hypothesis = serializers.CharField()
    claim = serializers.CharField()
    metric = serializers.CharField()
    margin = serializers.FloatField()
    baseline = serializers.FloatField()
    alpha = serializers.FloatField()
    power = serializers.FloatField()
    icc = serializers.FloatField()
    horizon_days = serializers.IntegerField()
    is_simulated = serializers.BooleanField(source="campaign.is_simulated")
    registration_sha256 = serializers.CharField()
    registered_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class LookOut(serializers.Serializer[Any]):
    """One analysis as it was seen."""

    number = serializers.IntegerField()
    is_final = serializers.BooleanField()
    result = serializers.DictField()
    created_at = serializers.DateTimeField()


class Experiments(APIView):
    """Experiments; POST registers one on a draft campaign."""

    @extend_schema(
        parameters=[OpenApiParameter("task", str), OpenApiParameter("campaign", str)],
        responses=ExperimentOut(many=True),
    )
    def get(self, request: Request) -> Response:
        member = member_of(request)
        found = selectors.visible(member)
        if slug := request.query_params.get("task"):
            found = selectors.of_task(member, task_or_404(member, slug))
        if campaign := request.query_params.get("campaign"):
            found = found.filter(campaign__slug=campaign)
        pager = KeysetPagination()
        page = pager.paginate_queryset(found, request, view=self)
        return pager.get_paginated_response(ExperimentOut(page, many=True).data)

    @extend_schema(request=ExperimentIn, responses={201: ExperimentOut})
    @idempotent
    def post(self, request: Request) -> Response:
        body = ExperimentIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        member, is_planned = member_of(request), said.pop("is_planned")
        campaign = campaigns.get_or_404(member, said.pop("campaign"))
        wishes = Wishes(**{**said, "claim": Claim(said["claim"]), "metric": Metric(said["metric"])})
        verb = registration.keep if is_planned else registration.register
        made = verb(campaign, wishes, by=member)
        return Response(ExperimentOut(selectors.get_or_404(member, made.slug)).data, status=201)


class ExperimentDetail(APIView):
    """One experiment."""

    @extend_schema(responses=ExperimentOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(ExperimentOut(selectors.get_or_404(member_of(request), slug)).data)


class ExperimentRegistration(APIView):
    """The registration, byte for byte as it was hashed; the ETag is its SHA-256."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> HttpResponse:
        found = selectors.get_or_404(member_of(request), slug)
        answer = HttpResponse(record.text_of(found.registration).encode(), content_type="application/json")
        answer["ETag"] = f'"{found.registration_sha256}"'
        return answer


class ExperimentResult(APIView):
    """What it has shown by now: verdicts, numbers with intervals, course, segments, costs, what is missing."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        return Response(results.result(selectors.get_or_404(member_of(request), slug)))


class ExperimentContacts(APIView):
    """Its contacts as CSV, without a person in it."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponse:
        text = "".join(results.csv_of(selectors.get_or_404(member_of(request), slug)))
        return HttpResponse(text.encode(), content_type="text/csv; charset=utf-8")


class ExperimentLooks(APIView):
    """Recorded looks, newest first; POST records what it shows now."""

    @extend_schema(responses=LookOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = selectors.get_or_404(member_of(request), slug)
        return Response(LookOut(found.looks.all(), many=True).data)

    @extend_schema(request=None, responses={201: LookOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        look = looks.record(selectors.get_or_404(member, slug), by=member)
        return Response(LookOut(look).data, status=201)
