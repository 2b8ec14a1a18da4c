"""API of a judge's verdicts and comparisons: price them, order them, and read what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.judges import launch, pairs
from generation.judges import queries as selectors
from generation.judges.launch import MOST_TEXTS, VERDICTS, Subject
from generation.judges.pairs import MOST_PAIRS, Subjects
from generation.judges.serializers import ComparedPairOut, JudgedTextOut, JudgingDetailOut, JudgingOut
from generation.money.serializers import order_budget_field
from generation.orders import queries as orders_queries
from generation.orders.serializers import EstimateOut
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

if TYPE_CHECKING:
    from generation.models import Teacher
    from members.models import Member
    from review.models import Task


class JudgingIn(serializers.Serializer[Any]):
    """Texts for a judge."""

    teacher = serializers.CharField(
        help_text="The judge: a teacher of another family than the one that wrote the drafts, "
        "or a miniature trained to judge them"
    )
    texts = serializers.IntegerField(min_value=1, max_value=MOST_TEXTS, default=VERDICTS)
    max_cost_usd = order_budget_field(default=None)


class JudgingPriceOut(EstimateOut):
    """Price of an order for verdicts."""

    texts = serializers.IntegerField()
    judged_by_experts = serializers.IntegerField(help_text="Texts among them that experts have judged")


class ComparisonIn(serializers.Serializer[Any]):
    """Two systems for a judge."""

    teacher = serializers.CharField(
        help_text="The judge: a teacher of another family than those that wrote the answers"
    )
    first = serializers.CharField(max_length=120, help_text="One system, as the evaluation calls it")
    second = serializers.CharField(max_length=120, help_text="The other")
    pairs = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PAIRS,
        default=100,
        help_text="Pairs to compare; the judge reads each twice, in both orders",
    )
    max_cost_usd = order_budget_field(default=None)


class ComparisonPriceOut(EstimateOut):
    """Price of an order for comparisons."""

    pairs = serializers.IntegerField()


class _DrawnPages(KeysetPagination):
    """Texts or pairs in the order in which they were drawn."""

    ordering = ("place", "id")


def listed(request: Request, subject: Subject) -> Rows:
    """Verdicts that were ordered on texts of a subject, newest first."""
    return selectors.of_task(member_of(request), subject.version.task, subject_id=subject.pk)


def order_verdicts(request: Request, subject: Subject) -> Response:
    """Have a judge read texts of a subject, as the body says."""
    member, judge, data = _read(request, JudgingIn, subject.version.task)
    judging = launch.launch_drawn(subject, data["texts"], judge=judge, by=member, max_cost_usd=data["max_cost_usd"])
    return Response(JudgingOut(selectors.get(member, judging.pk)).data, status=202)


def price_verdicts(request: Request, subject: Subject) -> Response:
    """Price what the body asks for."""
    member, judge, data = _read(request, JudgingIn, subject.version.task)
    texts = subject.texts_for(judge, data["texts"])
    quoted = launch.quote(subject, texts, judge=judge, by=member)
    prices = quoted.as_json() | {
        "records": len({text.record_id for text in texts}),
        "texts": len(texts),
        "judged_by_experts": sum(text.expert_passes is not None for text in texts),
    }
    return Response(JudgingPriceOut(prices).data)


def order_comparisons(request: Request, task: Task, subjects: Subjects) -> Response:
    """Have a judge compare two systems, as the body says."""
    member, judge, data = _read(request, ComparisonIn, task)
    subject = subjects(data["first"], data["second"])
    drawn = subject.pairs(data["pairs"])
    judging = pairs.launch(subject, drawn, judge=judge, by=member, max_cost_usd=data["max_cost_usd"])
    return Response(JudgingOut(selectors.get(member, judging.pk)).data, status=202)


def price_comparisons(request: Request, task: Task, subjects: Subjects) -> Response:
    """Price what the body asks for."""
    member, judge, data = _read(request, ComparisonIn, task)
    subject = subjects(data["first"], data["second"])
    drawn = subject.pairs(data["pairs"])
    quoted = pairs.quote(subject, drawn, judge=judge, by=member)
    return Response(ComparisonPriceOut(quoted.as_json() | {"records": len(drawn), "pairs": len(drawn)}).data)


def _read(
    request: Request, shape: type[serializers.Serializer[Any]], task: Task
) -> tuple[Member, Teacher, dict[str, Any]]:
    """Return the lead who asks, the judge that the body names, and the body's values."""
    member = member_of(request)
    require(member, task, Role.LEAD)
    values = read_body(shape, request)
    return member, teacher_selectors.teacher_or_404(member, values["teacher"]), values


class OrderJudgingsView(APIView):
    """Judges' verdicts on the drafts of one order."""

    pagination_class = KeysetPagination

    @lists(JudgingOut, operation_id="order_judgings")
    def get(self, request: Request, query: dict[str, Any], order_id: UUID) -> Rows:
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

    pagination_class = KeysetPagination

    @lists(JudgingOut, operation_id="desk_judgings")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
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
        context = {"with_shares": selectors.may_see_shares(member, judging)}
        return Response(JudgingDetailOut(judging, context=context).data)


class JudgedTextsView(APIView):
    """Texts of one order for verdicts that the judge has answered for.

    Drafts that wait for an expert are told to leads alone.
    """

    pagination_class = _DrawnPages

    @lists(JudgedTextOut, operation_id="judged_texts")
    def get(self, request: Request, query: dict[str, Any], judging_id: UUID) -> Rows:
        member = member_of(request)
        return selectors.texts(member, selectors.get(member, judging_id))


class ComparedPairsView(APIView):
    """Pairs that the judge has compared in both orders."""

    pagination_class = _DrawnPages

    @lists(ComparedPairOut, operation_id="compared_pairs")
    def get(self, request: Request, query: dict[str, Any], judging_id: UUID) -> Rows:
        member = member_of(request)
        return selectors.pairs(member, selectors.get(member, judging_id))


def _desk(request: Request, slug: str) -> Subject:
    return launch.of_desk(task_or_404(member_of(request), slug))


def _order(request: Request, order_id: UUID) -> Subject:
    return launch.of_order(orders_queries.get(member_of(request), order_id))
