"""API of judges' verdicts: price them, order them, and read what they come to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.judges import launch
from generation.judges import queries as selectors
from generation.judges.launch import MOST_TEXTS, VERDICTS, Subject
from generation.judges.serializers import JudgedTextOut, JudgingDetailOut, JudgingOut
from generation.orders import queries as orders_queries
from generation.orders.serializers import EstimateOut
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination, WholeList


class JudgingIn(serializers.Serializer[Any]):
    """Texts for a judge."""

    teacher = serializers.CharField(
        help_text="The judge: a teacher of another family than the one that wrote the drafts, or a miniature trained to judge them"
    )
    texts = serializers.IntegerField(min_value=1, max_value=MOST_TEXTS, default=VERDICTS)
    max_cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )


class JudgingPriceOut(EstimateOut):
    """Price of an order for verdicts."""

    texts = serializers.IntegerField()
    judged_by_experts = serializers.IntegerField(help_text="Texts among them that experts have judged")


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
    made = launch.launch(
        subject,
        subject.texts_for(judge, said["texts"]),
        judge=judge,
        by=member,
        max_cost_usd=said["max_cost_usd"],
        without_shape=subject.without_shape(said["texts"]),
    )
    return Response(JudgingOut(selectors.get(member, made.pk)).data, status=202)


def price_verdicts(request: Request, subject: Subject) -> Response:
    """Price what the body asks for."""
    member, said = member_of(request), _read(request, subject)
    judge = teacher_selectors.teacher_or_404(member, said["teacher"])
    texts = subject.texts_for(judge, said["texts"])
    quoted = launch.quote(subject, texts, judge=judge, by=member)
    told = quoted.as_json() | {
        "records": len({text.record_id for text in texts}),
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
