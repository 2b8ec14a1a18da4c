"""API of judges' verdicts on an evaluation's answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.evaluations.queries import evaluation_or_404
from evaluation.judging import answers
from generation.judges.api import JudgingIn, JudgingOut, JudgingPriceOut, listed, order_verdicts, price_verdicts
from generation.judges.launch import Subject
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import Rows, lists
from web.http.pagination import WholeList


class EvaluationJudgingsView(APIView):
    """Judges' verdicts on the answers of one evaluation."""

    pagination_class = WholeList

    @lists(JudgingOut, operation_id="evaluation_judgings")
    def get(self, request: Request, asked: dict[str, Any], evaluation_id: UUID) -> Rows:
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


def _subject(request: Request, evaluation_id: UUID) -> Subject:
    return answers.subject_of(evaluation_or_404(member_of(request), evaluation_id))
