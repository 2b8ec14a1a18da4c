"""API of a judge's comparisons: price them, order them, and read the pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.judges import pairs
from generation.judges import queries as selectors
from generation.judges.pairs import MOST_PAIRS, PairSubject
from generation.judges.serializers import ComparedPairOut, JudgingOut
from generation.orders.serializers import EstimateOut
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination

if TYPE_CHECKING:
    from review.models import Task

Subjects = Callable[[str, str], PairSubject]


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
    max_cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )


class ComparisonPriceOut(EstimateOut):
    """Price of an order for comparisons."""

    pairs = serializers.IntegerField()


class _PairPages(KeysetPagination):
    """Pairs in the order in which they were drawn."""

    ordering = ("place", "id")


def order_comparisons(request: Request, task: Task, subjects: Subjects) -> Response:
    """Have a judge compare two systems, as the body says."""
    member, said = member_of(request), _read(request, task)
    subject = subjects(said["first"], said["second"])
    judge = teacher_selectors.teacher_or_404(member, said["teacher"])
    compared = subject.pairs(said["pairs"])
    made = pairs.launch(subject, compared, judge=judge, by=member, max_cost_usd=said["max_cost_usd"])
    return Response(JudgingOut(selectors.get(member, made.pk)).data, status=202)


def price_comparisons(request: Request, task: Task, subjects: Subjects) -> Response:
    """Price what the body asks for."""
    member, said = member_of(request), _read(request, task)
    subject = subjects(said["first"], said["second"])
    judge = teacher_selectors.teacher_or_404(member, said["teacher"])
    compared = subject.pairs(said["pairs"])
    quoted = pairs.quote(subject, compared, judge=judge, by=member)
    told = quoted.as_json() | {"records": len(compared), "pairs": len(compared)}
    return Response(ComparisonPriceOut(told).data)


class ComparedPairsView(APIView):
    """Pairs that the judge has compared in both orders."""

    pagination_class = _PairPages

    @lists(ComparedPairOut, operation_id="compared_pairs")
    def get(self, request: Request, asked: dict[str, Any], judging_id: UUID) -> Rows:
        member = member_of(request)
        return selectors.pairs(member, selectors.get(member, judging_id))


def _read(request: Request, task: Task) -> dict[str, Any]:
    require(member_of(request), task, Role.LEAD)
    body = ComparisonIn(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
