"""API of judges' verdicts on an evaluation's answers."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.evaluations.queries import evaluation_or_404
from evaluation.judging import answers
from generation.judges.api import (
    ComparisonIn,
    ComparisonPriceOut,
    JudgingIn,
    JudgingPriceOut,
    listed,
    order_comparisons,
    order_verdicts,
    price_comparisons,
    price_verdicts,
)
from generation.judges.launch import Subject
from generation.judges.serializers import JudgingOut
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination


class EvaluationJudgingsView(APIView):
    """Judges' verdicts on the answers of one evaluation."""

    pagination_class = KeysetPagination

    @lists(JudgingOut, operation_id="evaluation_judgings")
    def get(self, request: Request, query: dict[str, Any], evaluation_id: UUID) -> Rows:
        return listed(request, _subject(request, evaluation_id))

    @extend_schema(operation_id="evaluation_judge", request=JudgingIn, responses={202: JudgingOut})
    @idempotent
    def post(self, request: Request, evaluation_id: UUID) -> Response:
        """Have a judge read answers of this evaluation, and drafts that experts judged beside them."""
        return order_verdicts(request, _subject(request, evaluation_id))


class EvaluationJudgingPriceView(APIView):
    """The price of verdicts on answers of one evaluation."""

    @extend_schema(operation_id="evaluation_judging_price", request=JudgingIn, responses=JudgingPriceOut)
    def post(self, request: Request, evaluation_id: UUID) -> Response:
        """Price verdicts; nothing is written and nobody is asked."""
        return price_verdicts(request, _subject(request, evaluation_id))


class EvaluationComparisonsView(APIView):
    """A judge's comparisons of two systems of one evaluation."""

    @extend_schema(operation_id="evaluation_compare", request=ComparisonIn, responses={202: JudgingOut})
    @idempotent
    def post(self, request: Request, evaluation_id: UUID) -> Response:
        """Have a judge compare two systems on the same records, blind and in both orders."""
        evaluation = evaluation_or_404(member_of(request), evaluation_id)
        return order_comparisons(request, evaluation.task, partial(answers.pairs_of, evaluation))


class EvaluationComparisonPriceView(APIView):
    """The price of comparisons of two systems of one evaluation."""

    @extend_schema(operation_id="evaluation_comparison_price", request=ComparisonIn, responses=ComparisonPriceOut)
    def post(self, request: Request, evaluation_id: UUID) -> Response:
        """Price comparisons; nothing is written and nobody is asked."""
        evaluation = evaluation_or_404(member_of(request), evaluation_id)
        return price_comparisons(request, evaluation.task, partial(answers.pairs_of, evaluation))


def _subject(request: Request, evaluation_id: UUID) -> Subject:
    return answers.subject_of(evaluation_or_404(member_of(request), evaluation_id))
