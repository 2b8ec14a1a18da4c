"""API of known answers. Leads only: a reviewer who could list them would not be measured by them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.adjudication.known_answers import manage
from review.adjudication.known_answers import queries as known_answers_queries
from review.drafts import queries
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.iso_time import IsoTime
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body


class KnownAnswerIn(serializers.Serializer[Any]):
    """The right verdict on a draft."""

    draft = serializers.UUIDField()
    verdict = serializers.CharField(max_length=10)
    reasons = serializers.ListField(child=serializers.CharField(max_length=80), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class KnownAnswerOut(serializers.Serializer[Any]):
    """A known answer; once it is retired it is dealt no more."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    verdict = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    judged = serializers.IntegerField(required=False)
    right = serializers.IntegerField(required=False)
    retired_at = IsoTime(allow_null=True)
    created_at = IsoTime()


def _with_results(request: Request, page: list[Any]) -> list[dict[str, Any]]:
    return [
        {**KnownAnswerOut(line["known"]).data, "judged": line["judged"], "right": line["right"]}
        for line in known_answers_queries.with_results(page)
    ]


class KnownAnswersView(APIView):
    """Known answers of a task, with how reviewers met them."""

    pagination_class = KeysetPagination

    @lists(KnownAnswerOut, draw=_with_results, operation_id="known_answers")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        return known_answers_queries.newest(task_or_404(member_of(request), slug, least=Role.LEAD))

    @extend_schema(
        operation_id="known_answer_add",
        request=KnownAnswerIn,
        responses={201: KnownAnswerOut, **problems(409, 422)},
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        values = read_body(KnownAnswerIn, request)
        draft = queries.draft_or_404(member, values.pop("draft"), task=task)
        return Response(KnownAnswerOut(manage.add(draft.pk, by=member, **values)).data, status=201)


class KnownAnswerView(APIView):
    @extend_schema(operation_id="known_answer_take_out", responses={200: KnownAnswerOut, 204: None})
    def delete(self, request: Request, known_id: UUID) -> Response:
        """Deal it no more; 204 when nobody met it and its draft went back, else what stays on record."""
        kept = manage.retire(known_id, by=member_of(request))
        return Response(status=204) if kept is None else Response(KnownAnswerOut(kept).data)
