"""API of tasks and their versions."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.idempotency import idempotent
from members.session import member_of
from review.api.shapes_tasks import TaskIn, TaskOut, TaskVersionIn, TaskVersionOut, TaskWithVersion
from review.permissions import task_or_404
from review.selectors import tasks as selectors
from review.services import tasks
from review.starters import STARTERS
from web.pagination import KeysetPagination


class VersionPages(KeysetPagination):
    """Versions, newest first."""

    ordering = ("-number", "-id")


class TasksView(APIView):
    """Tasks the member sees, and making one."""

    @extend_schema(operation_id="tasks", responses={200: TaskOut(many=True)})
    def get(self, request: Request) -> Response:
        pages = KeysetPagination()
        page = pages.paginate_queryset(selectors.visible(member_of(request)), request, view=self) or []
        return pages.get_paginated_response(TaskOut(page, many=True).data)

    @extend_schema(operation_id="task_create", request=TaskIn, responses={201: TaskVersionOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a task; answers its version 1."""
        asked = TaskIn(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        starter, body = values.pop("starter", None), values.pop("spec", None)
        spec = STARTERS[starter].spec if starter else tasks.parse_spec(body)
        task = tasks.create(spec=spec, by=member_of(request), **values)
        return Response(TaskVersionOut(selectors.latest_version(task)).data, status=201)


class TaskView(APIView):
    """One task with its latest version."""

    @extend_schema(operation_id="task", responses={200: TaskWithVersion})
    def get(self, request: Request, slug: str) -> Response:
        task = task_or_404(member_of(request), slug)
        version = selectors.latest_version(task)
        task.latest_number = version.number  # type: ignore[attr-defined]
        return Response({**TaskOut(task).data, "version": TaskVersionOut(version).data})


class VersionsView(APIView):
    """Versions of a task, and making the next."""

    @extend_schema(operation_id="task_versions", responses={200: TaskVersionOut(many=True)})
    def get(self, request: Request, slug: str) -> Response:
        task = task_or_404(member_of(request), slug)
        pages = VersionPages()
        page = pages.paginate_queryset(selectors.versions(task).select_related("task"), request, view=self) or []
        return pages.get_paginated_response(TaskVersionOut(page, many=True).data)

    @extend_schema(operation_id="task_version_create", request=TaskVersionIn, responses={201: TaskVersionOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Make the next version; 409 when nothing changed."""
        member = member_of(request)
        task = task_or_404(member, slug)
        asked = TaskVersionIn(data=request.data)
        asked.is_valid(raise_exception=True)
        spec = tasks.parse_spec(asked.validated_data["spec"])
        version = tasks.new_version(task, spec=spec, by=member, note=asked.validated_data["note"])
        return Response(TaskVersionOut(version).data, status=201)


class VersionView(APIView):
    """One version."""

    @extend_schema(operation_id="task_version", responses={200: TaskVersionOut})
    def get(self, request: Request, slug: str, number: int) -> Response:
        task = task_or_404(member_of(request), slug)
        return Response(TaskVersionOut(selectors.version_or_404(task, number)).data)
