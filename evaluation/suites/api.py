"""API of suites."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.states import SuiteKind
from evaluation.suites import freeze_suite, queries
from evaluation.suites.choose import SuiteRequest
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class SuiteIn(serializers.Serializer[Any]):
    task = serializers.SlugField()
    kind = serializers.ChoiceField(choices=SuiteKind.choices)
    name = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=80,
        help_text="Of its own in the task; made up if empty.",
    )
    column = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=80, help_text="Of a slice: a fact, or its length."
    )
    value = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    seed = serializers.IntegerField(
        required=False, default=1, min_value=0, max_value=2**31 - 1, help_text="Of adversarial cases."
    )


class CaseOut(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    rule = serializers.CharField(help_text="How its facts are changed; empty where they are not.")


class SuiteOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    task_version = serializers.IntegerField(source="task_version.number")
    kind = serializers.ChoiceField(choices=SuiteKind.choices)
    name = serializers.CharField()
    choice = serializers.JSONField(help_text="Column and value of a slice, seed and edition of adversarial rules.")
    cases = CaseOut(many=True)
    content_hash = serializers.CharField(help_text="SHA-256 of rules and facts of all cases, in order.")
    by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class SuitesView(APIView):
    """Suites; POST freezes one of a task's validation records."""

    pagination_class = KeysetPagination

    @lists(SuiteOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=SuiteIn, responses={201: SuiteOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(SuiteIn, request)
        data, member = dict(values), member_of(request)
        task = task_or_404(member, data.pop("task"))
        suite_request = SuiteRequest(**{**data, "kind": SuiteKind(data["kind"])})
        return Response(SuiteOut(freeze_suite.freeze_suite(task, suite_request, by=member)).data, status=201)
