"""API of who answers for a task while nothing serves. For its leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from serving.fallback import setting
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from review.models import Task


class FallbackIn(serializers.Serializer[Any]):
    teacher = serializers.CharField(
        allow_blank=True, max_length=60, help_text="Short name of a teacher that has written drafts; empty for no one."
    )


class FallbackOut(serializers.Serializer[Any]):
    """The teacher that answers while nothing serves, and in whose name."""

    teacher = serializers.CharField(allow_blank=True, help_text="Its short name; empty where no one answers.")
    by = serializers.CharField(allow_blank=True, help_text="The lead who chose it.")


class FallbackView(APIView):
    @extend_schema(operation_id="task_fallback", responses=FallbackOut)
    def get(self, request: Request, slug: str) -> Response:
        """Return who answers requests to the task's miniatures while nothing serves."""
        return _answer(task_or_404(member_of(request), slug, least=Role.LEAD))

    @extend_schema(operation_id="task_fallback_set", request=FallbackIn, responses={200: FallbackOut, **problems(422)})
    def put(self, request: Request, slug: str) -> Response:
        """Choose who answers; each paid teacher's answer is an order in your name, within the task's budgets."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        setting.choose(task, teacher=read_body(FallbackIn, request)["teacher"], by=member)
        return _answer(task)


def _answer(task: Task) -> Response:
    fallback = setting.of_task(task)
    values = {
        "teacher": fallback.teacher.slug if fallback else "",
        "by": fallback.by.name if fallback and fallback.by else "",
    }
    return Response(FallbackOut(values).data)
