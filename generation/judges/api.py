"""API of judges' verdicts: price them, order them, and read what they come to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.judges import figures, launch
from generation.judges import queries as selectors
from generation.judges.launch import MOST_TEXTS, VERDICTS, Subject
from generation.orders import queries as orders_queries
from generation.orders.serializers import EstimateOut
from generation.teachers import queries as teacher_selectors
from generation.teachers.terms import terms_of
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination, WholeList


class JudgingIn(serializers.Serializer[Any]):
    """Texts for a judge."""

    teacher = serializers.CharField(
        help_text="The judge: a teacher of another family than the one that wrote the drafts"
    )
    texts = serializers.IntegerField(min_value=1, max_value=MOST_TEXTS, default=VERDICTS)
    max_cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )


class JudgingPriceOut(EstimateOut):
    """What verdicts would cost."""

    texts = serializers.IntegerField()
    judged_by_experts = serializers.IntegerField(help_text="Texts among them that experts have judged")


class RightOut(serializers.Serializer[Any]):
    """How often a judge is right about texts of one kind."""

    right = serializers.IntegerField()
    of = serializers.IntegerField()
    low = serializers.FloatField(source="interval.low", allow_null=True, default=None)
    high = serializers.FloatField(source="interval.high", allow_null=True, default=None)


class JudgeAgreementOut(serializers.Serializer[Any]):
    """A judge beside experts, on one question."""

    name = serializers.CharField()
    verdicts = serializers.IntegerField(source="verdicts.n")
    sensitivity = RightOut(help_text="Of texts that experts passed, those the judge passed")
    specificity = RightOut(help_text="Of texts that experts failed, those the judge failed")
    kappa = serializers.FloatField(source="kappa.value", allow_null=True, default=None)
    kappa_low = serializers.FloatField(source="kappa.low", allow_null=True, default=None)
    kappa_high = serializers.FloatField(source="kappa.high", allow_null=True, default=None)


class GroupOut(serializers.Serializer[Any]):
    """One writer's texts. Shares are 0 to 1, corrected; null where they cannot be told."""

    name = serializers.CharField()
    judged = serializers.IntegerField()
    passed = serializers.IntegerField(help_text="By the judge's word alone")
    share = serializers.FloatField(source="corrected.share", allow_null=True, default=None)
    low = serializers.FloatField(source="corrected.low", allow_null=True, default=None)
    high = serializers.FloatField(source="corrected.high", allow_null=True, default=None)
    own_verdicts = serializers.IntegerField(help_text="Of these texts, those that experts judged")
    by_own = serializers.BooleanField(help_text="Corrected by verdicts on these very texts, not on others")


class JudgingReportOut(serializers.Serializer[Any]):
    """What the verdicts come to."""

    texts = serializers.IntegerField()
    answered = serializers.IntegerField()
    whole = JudgeAgreementOut()
    requirements = JudgeAgreementOut(many=True)
    groups = GroupOut(many=True)
    withheld = serializers.CharField(allow_blank=True, help_text="Why no share is told; empty where they are")


class JudgingOut(serializers.Serializer[Any]):
    """One order for verdicts."""

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    order = serializers.UUIDField(source="order_id")
    job = serializers.UUIDField(source="order.job_id", allow_null=True)
    state = serializers.CharField(source="order.job.state", default="")
    judge = serializers.SlugField(source="order.teacher.slug")
    subject = serializers.CharField()
    subject_id = serializers.UUIDField()
    prompt_version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, judging: Any) -> str:
        return reverse("generation:judging", args=[judging.pk])


class JudgingDetailOut(JudgingOut):
    """One order for verdicts, with what they come to."""

    report = serializers.SerializerMethodField()

    @extend_schema_field(JudgingReportOut)
    def get_report(self, judging: Any) -> Any:
        return JudgingReportOut(figures.report(judging, with_shares=self.context["with_shares"])).data


class JudgedTextOut(serializers.Serializer[Any]):
    """One text with both verdicts; null where it has none."""

    id = serializers.UUIDField()
    group = serializers.CharField()
    record = serializers.UUIDField(source="record_id")
    draft = serializers.UUIDField(source="draft_id", allow_null=True)
    fields: Any = serializers.JSONField()
    expert_passes = serializers.BooleanField(allow_null=True)
    passes = serializers.BooleanField(allow_null=True)
    meets = serializers.DictField(child=serializers.BooleanField())
    why = serializers.CharField(allow_blank=True)


class _TextPages(KeysetPagination):
    """Texts in the order in which they were drawn."""

    ordering = ("place", "id")


def listed(request: Request, subject: Subject) -> Rows:
    """Verdicts that were ordered on texts of a subject, newest first."""
    rows = selectors.of_task(member_of(request), subject.version.task, subject_id=subject.pk)
    return list(rows[: selectors.LISTED])


def order_verdicts(request: Request, subject: Subject) -> Response:
    """Have a judge read texts of a subject, as the body says."""
    member, said = member_of(request), _read(request, subject)
    judge = teacher_selectors.teacher_or_404(member, said["teacher"])
    texts = subject.texts(said["texts"])
    made = launch.launch(subject, texts, judge=judge, by=member, max_cost_usd=said["max_cost_usd"])
    return Response(JudgingOut(selectors.get(member, made.pk)).data, status=202)


def price_verdicts(request: Request, subject: Subject) -> Response:
    """Price what the body asks for."""
    member, said = member_of(request), _read(request, subject)
    texts = subject.texts(said["texts"])
    judge = teacher_selectors.teacher_or_404(member, said["teacher"])
    quoted = launch.quote(subject, texts, judge=judge, by=member)
    told = quoted.estimate.as_json() | {
        "suggested_budget_usd": quoted.suggested_budget_usd,
        "records": len({text.record_id for text in texts}),
        "terms": terms_of(quoted.teacher.provider),
        "texts": len(texts),
        "judged_by_experts": sum(text.expert_passes is not None for text in texts),
    }
    return Response(JudgingPriceOut(told).data)


def _read(request: Request, subject: Subject) -> dict[str, Any]:
    require(member_of(request), subject.version.task, Role.LEAD)
    body = JudgingIn(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class OrderJudgingsView(APIView):
    """Judges' verdicts on the drafts of one order."""

    pagination_class = WholeList

    @lists(JudgingOut, operation_id="order_judgings")
    def get(self, request: Request, asked: dict[str, Any], order_id: UUID) -> Rows:
        return listed(request, _order(request, order_id))

    @extend_schema(operation_id="order_judge", request=JudgingIn, responses={202: JudgingOut})
    @idempotent
    def post(self, request: Request, order_id: UUID) -> Response:
        """Have a judge read drafts of this order."""
        return order_verdicts(request, _order(request, order_id))


class OrderJudgingPriceView(APIView):
    """The price of verdicts on drafts of one order."""

    @extend_schema(operation_id="order_judging_price", request=JudgingIn, responses=JudgingPriceOut)
    def post(self, request: Request, order_id: UUID) -> Response:
        """Price verdicts; nothing is written and nobody is asked."""
        return price_verdicts(request, _order(request, order_id))


class DeskJudgingsView(APIView):
    """Judges' verdicts on drafts that wait on the desk of one task."""

    pagination_class = WholeList

    @lists(JudgingOut, operation_id="desk_judgings")
    def get(self, request: Request, asked: dict[str, Any], slug: str) -> Rows:
        return listed(request, _desk(request, slug))

    @extend_schema(operation_id="desk_judge", request=JudgingIn, responses={202: JudgingOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Have a judge read drafts that wait and that none has read."""
        return order_verdicts(request, _desk(request, slug))


class DeskJudgingPriceView(APIView):
    """The price of verdicts on drafts that wait on the desk of one task."""

    @extend_schema(operation_id="desk_judging_price", request=JudgingIn, responses=JudgingPriceOut)
    def post(self, request: Request, slug: str) -> Response:
        """Price verdicts; nothing is written and nobody is asked."""
        return price_verdicts(request, _desk(request, slug))


class JudgingView(APIView):
    """One order for verdicts, with what they come to."""

    @extend_schema(operation_id="judging", responses=JudgingDetailOut)
    def get(self, request: Request, judging_id: UUID) -> Response:
        member = member_of(request)
        judging = selectors.get(member, judging_id)
        told = {"with_shares": selectors.may_see_shares(member, judging)}
        return Response(JudgingDetailOut(judging, context=told).data)


class JudgedTextsView(APIView):
    """Texts of one order for verdicts that the judge has answered for; drafts that wait for an expert are told to leads alone."""

    pagination_class = _TextPages

    @lists(JudgedTextOut, operation_id="judged_texts")
    def get(self, request: Request, asked: dict[str, Any], judging_id: UUID) -> Rows:
        member = member_of(request)
        return selectors.texts(member, selectors.get(member, judging_id))


def _desk(request: Request, slug: str) -> Subject:
    return launch.of_desk(task_or_404(member_of(request), slug))


def _order(request: Request, order_id: UUID) -> Subject:
    return launch.of_order(orders_queries.get(member_of(request), order_id))
