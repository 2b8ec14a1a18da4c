"""API of studies of drift."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.drift import queries, register
from campaigns.drift.register import MOST_HORIZON_DAYS, MOST_POINTS, QUESTION_CHARS, DriftRequest
from campaigns.mail_tasks import mail_task_or_404
from campaigns.states import DriftSeries, Metric
from members.session import member_of
from members.tokens.idempotency import idempotent
from stats.drift import FEWEST_POINTS
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems


class DriftStudyIn(serializers.Serializer[Any]):
    """A study to register. Shares are 0 to 1."""

    task = serializers.SlugField()
    metric = serializers.ChoiceField(choices=[(each.value, each.label) for each in register.RATES], default="reply")
    series = serializers.ChoiceField(choices=DriftSeries.choices, default=DriftSeries.MONTHS)
    first_day = serializers.DateField(
        help_text="Where it begins; of months the first day of one. A day that has come makes the verdict exploratory."
    )
    points = serializers.IntegerField(default=6, min_value=FEWEST_POINTS, max_value=MOST_POINTS)
    horizon_days = serializers.IntegerField(default=14, min_value=1, max_value=MOST_HORIZON_DAYS)
    alpha = serializers.FloatField(default=0.05, min_value=register.LEAST_ALPHA, max_value=register.MOST_ALPHA)
    is_simulated = serializers.BooleanField(default=False, help_text="Mails to simulated inboxes in place of others")
    mails = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=100_000_000,
        help_text="First mails a point to plan with; null: as in the past year",
    )
    share = serializers.FloatField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=1,
        help_text="Expected share to plan with; null: as in the past year",
    )
    question = serializers.CharField(required=False, allow_blank=True, default="", max_length=QUESTION_CHARS)


class DriftPointOut(serializers.Serializer[Any]):
    """One month or round."""

    name = serializers.CharField()
    mails = serializers.IntegerField(help_text="First mails that went")
    happened = serializers.IntegerField(help_text="Contacts of them who did it")
    companies = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95 % interval, by companies")
    high = serializers.FloatField(allow_null=True)
    kinds = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Contacts who did it, contacts mailed, and of how many companies that is so",
    )


class DriftLookOut(serializers.Serializer[Any]):
    """One look, as it was recorded. `state` is open, changed or unchanged."""

    covered = serializers.IntegerField(help_text="How many points it is of")
    state = serializers.ChoiceField(choices=["open", "changed", "unchanged"], source="body.state")
    sentence = serializers.CharField(source="body.sentence")
    p_value = serializers.FloatField(source="body.p_value", allow_null=True)
    alpha = serializers.FloatField(source="body.alpha", help_text="What the p-value was held against")
    changed_in = serializers.CharField(source="body.changed_in", allow_blank=True)
    share_before = serializers.FloatField(source="body.share_before", allow_null=True)
    share_after = serializers.FloatField(source="body.share_after", allow_null=True)
    points = DriftPointOut(source="body.points", many=True)
    data_sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()


class DriftStudyOut(serializers.Serializer[Any]):
    """A study as it was registered, with its newest sentence."""

    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    question = serializers.CharField()
    metric = serializers.CharField()
    series = serializers.CharField()
    first_day = serializers.DateField()
    points = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    alpha = serializers.FloatField()
    is_simulated = serializers.BooleanField()
    record_sha256 = serializers.CharField()
    verdict = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_verdict(self, study: Any) -> str:
        look = queries.last_look(study)
        return str(look) if look else ""


class DriftStudyDetailOut(DriftStudyOut):
    record = serializers.DictField()
    looks = DriftLookOut(many=True)
    look_due = serializers.SerializerMethodField(help_text="How many points a look now would cover; 0: none is due")

    def get_look_due(self, study: Any) -> int:
        return queries.look_due(study)


class DriftStudiesView(APIView):
    """Studies of drift; POST registers one."""

    pagination_class = KeysetPagination

    @lists(DriftStudyOut, TaskQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=mail_task_or_404(member, asked["task"]) if "task" in asked else None)

    @extend_schema(request=DriftStudyIn, responses={201: DriftStudyDetailOut, **problems(400)})
    @idempotent
    def post(self, request: Request) -> Response:
        body, member = DriftStudyIn(data=request.data), member_of(request)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        task = mail_task_or_404(member, values.pop("task"))
        asked = DriftRequest(**{**values, "metric": Metric(values["metric"]), "series": DriftSeries(values["series"])})
        made = register.register(task, asked, by=member)
        return Response(DriftStudyDetailOut(queries.study_or_404(member, made.pk)).data, status=201)


class DriftStudyView(APIView):
    """One study: its registration and its looks."""

    @extend_schema(responses=DriftStudyDetailOut)
    def get(self, request: Request, drift_id: UUID) -> Response:
        return Response(DriftStudyDetailOut(queries.study_or_404(member_of(request), drift_id)).data)


class DriftLooksView(APIView):
    """POST takes the look that is due, and keeps it."""

    @extend_schema(request=None, responses={201: DriftLookOut, **problems(409)})
    def post(self, request: Request, drift_id: UUID) -> Response:
        member = member_of(request)
        made = register.record_look(queries.study_or_404(member, drift_id), by=member)
        return Response(DriftLookOut(made).data, status=201)


class DriftRecordView(APIView):
    """The registration, byte for byte as it was hashed."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, drift_id: UUID) -> HttpResponse:
        study = queries.study_or_404(member_of(request), drift_id)
        return HttpResponse(study.record_text.encode(), content_type="application/json")
