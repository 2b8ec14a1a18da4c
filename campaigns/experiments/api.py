"""API of experiments: register one, read it, its result and its looks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.experiments import design, next_round, register, results
from campaigns.experiments import queries as selectors
from campaigns.experiments.design import HYPOTHESIS_CHARS, MOST_HORIZON_DAYS, ExperimentRequest
from campaigns.mail_tasks import mail_task_or_404
from campaigns.overview import queries
from campaigns.overview.serializers import CampaignOut
from campaigns.pipelines.api import PipelinePromotionOut
from campaigns.states import Claim, Metric
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class ExperimentIn(serializers.Serializer[Any]):
    """Terms of an experiment on a planned campaign. Shares are 0 to 1: a margin of 0.01 is one point."""

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
    is_planned = serializers.BooleanField(default=False, help_text="Keep it as a draft, and register it later.")


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
    registered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class LookOut(serializers.Serializer[Any]):
    """One analysis as it was seen."""

    number = serializers.IntegerField()
    is_final = serializers.BooleanField()
    result = serializers.DictField()
    created_at = serializers.DateTimeField()


class ExperimentQuery(TaskQuery):
    campaign = serializers.CharField(required=False, help_text="Slug of a campaign.")


class ExperimentListView(APIView):
    """Experiments; POST registers one on a draft campaign."""

    pagination_class = KeysetPagination

    @lists(ExperimentOut, ExperimentQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        rows = selectors.visible(member)
        if "task" in query:
            rows = selectors.of_task(member, mail_task_or_404(member, query["task"]))
        return rows.filter(campaign__slug=query["campaign"]) if "campaign" in query else rows

    @extend_schema(request=ExperimentIn, responses={201: ExperimentOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values, member = read_body(ExperimentIn, request), member_of(request)
        is_planned = values.pop("is_planned")
        campaign = queries.get_or_404(member, values.pop("campaign"))
        experiment_request = ExperimentRequest(
            **{**values, "claim": Claim(values["claim"]), "metric": Metric(values["metric"])}
        )
        verb = register.save_plan if is_planned else register.register
        experiment = verb(campaign, experiment_request, by=member)
        return Response(ExperimentOut(selectors.get_or_404(member, experiment.slug)).data, status=201)


class ExperimentView(APIView):
    """One experiment."""

    @extend_schema(responses=ExperimentOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(ExperimentOut(selectors.get_or_404(member_of(request), slug)).data)


class ExperimentRegistrationView(APIView):
    """The registration, byte for byte as it was hashed; the ETag is its SHA-256."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> HttpResponse:
        experiment = selectors.get_or_404(member_of(request), slug)
        answer = HttpResponse(
            design.registration_text(experiment.registration).encode(), content_type="application/json"
        )
        answer["ETag"] = f'"{experiment.registration_sha256}"'
        return answer


class ExperimentResultView(APIView):
    """Results of an experiment so far: verdicts, numbers with intervals, course, segments, costs and gaps."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        return Response(results.result(selectors.get_or_404(member_of(request), slug)))


class NextRoundView(APIView):
    """Start the next round of a concluded experiment: a draft campaign with the winner as its control."""

    @extend_schema(request=None, responses={201: CampaignOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        made = next_round.start_next_round(selectors.get_or_404(member, slug), by=member)
        return Response(CampaignOut(queries.get_or_404(member, made.slug)).data, status=201)


class PromoteWinnerView(APIView):
    """Make the pipeline that won a concluded experiment its task's default: the next campaign begins with it."""

    @extend_schema(request=None, responses={201: PipelinePromotionOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        row = next_round.promote_winner(selectors.get_or_404(member, slug), by=member)
        return Response(PipelinePromotionOut(row).data, status=201)


class ExperimentContactsView(APIView):
    """Its contacts as CSV, without a person in it."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponse:
        text = "".join(results.csv_of(selectors.get_or_404(member_of(request), slug)))
        return HttpResponse(text.encode(), content_type="text/csv; charset=utf-8")


class ExperimentLooksView(APIView):
    """Recorded looks, newest first; POST records what it shows now."""

    @lists(LookOut)
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        return selectors.get_or_404(member_of(request), slug).looks.all()

    @extend_schema(request=None, responses={201: LookOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        look = register.record_look(selectors.get_or_404(member, slug), by=member)
        return Response(LookOut(look).data, status=201)
