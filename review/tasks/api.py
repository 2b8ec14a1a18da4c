"""API of tasks and their versions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.spec import json_schema
from review.spec.starters import STARTERS
from review.states import Role
from review.tasks import authoring, queries, team
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination, WholeList
from web.http.read_body import read_body


class TaskIn(serializers.Serializer[Any]):
    """A new task: from a starter's slug, or from a specification."""

    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(max_length=60)
    starter = serializers.ChoiceField(choices=sorted(STARTERS), required=False)
    spec = serializers.JSONField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    train_fraction = serializers.FloatField(default=0.8)
    validation_fraction = serializers.FloatField(default=0.1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("starter" in attrs) == ("spec" in attrs):
            raise serializers.ValidationError({"spec": ["Send either 'spec' or 'starter'."]})
        return attrs


class TaskVersionIn(serializers.Serializer[Any]):
    spec = serializers.JSONField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TaskVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    number = serializers.IntegerField()
    note = serializers.CharField()
    content_hash = serializers.CharField()
    created_at = serializers.DateTimeField()
    spec = serializers.JSONField(source="body")
    output_json_schema = serializers.SerializerMethodField(help_text="What it writes, as JSON Schema 2020-12.")

    def get_output_json_schema(self, version: Any) -> dict[str, Any]:
        """The same fields, for programs that know nothing of this form."""
        return json_schema.document(version.spec)


class TaskOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    latest_version = serializers.IntegerField(source="latest_number")
    train_fraction = serializers.FloatField()
    validation_fraction = serializers.FloatField()
    created_at = serializers.DateTimeField()


class TaskWithVersion(TaskOut):
    """A task and what its latest version says."""

    version = TaskVersionOut()


class VersionPages(KeysetPagination):
    ordering = ("-number", "-id")


class TasksView(APIView):
    """Tasks the member sees, and making one."""

    pagination_class = KeysetPagination

    @lists(TaskOut, operation_id="tasks")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return queries.visible_tasks(member_of(request))

    @extend_schema(operation_id="task_create", request=TaskIn, responses={201: TaskVersionOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a task; answers its version 1."""
        values = read_body(TaskIn, request)
        starter, body = values.pop("starter", None), values.pop("spec", None)
        spec = STARTERS[starter].spec if starter else authoring.parse_spec(body)
        task = authoring.create(spec=spec, by=member_of(request), **values)
        return Response(TaskVersionOut(queries.latest_version(task)).data, status=201)


class TaskView(APIView):
    """One task with its latest version."""

    @extend_schema(operation_id="task", responses={200: TaskWithVersion})
    def get(self, request: Request, slug: str) -> Response:
        task = task_or_404(member_of(request), slug)
        version = queries.latest_version(task)
        task.latest_number = version.number  # type: ignore[attr-defined]
        return Response({**TaskOut(task).data, "version": TaskVersionOut(version).data})


class VersionsView(APIView):
    """Versions of a task, and making the next."""

    pagination_class = VersionPages

    @lists(TaskVersionOut, operation_id="task_versions")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        return queries.versions(task_or_404(member_of(request), slug)).select_related("task")

    @extend_schema(operation_id="task_version_create", request=TaskVersionIn, responses={201: TaskVersionOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Make the next version; 409 when nothing changed."""
        member = member_of(request)
        task = task_or_404(member, slug)
        data = read_body(TaskVersionIn, request)
        spec = authoring.parse_spec(data["spec"], queries.latest_version(task).spec)
        version = authoring.new_version(task, spec=spec, by=member, note=data["note"])
        return Response(TaskVersionOut(version).data, status=201)


class VersionView(APIView):
    """One version."""

    @extend_schema(operation_id="task_version", responses={200: TaskVersionOut})
    def get(self, request: Request, slug: str, number: int) -> Response:
        task = task_or_404(member_of(request), slug)
        return Response(TaskVersionOut(queries.version_or_404(task, number)).data)


class RoleIn(serializers.Serializer[Any]):
    """The role a member shall have."""

    role = serializers.ChoiceField(choices=Role.choices)


class TeamMember(serializers.Serializer[Any]):
    """A member of a task."""

    member = serializers.CharField(source="member.username", help_text="User name.")
    name = serializers.CharField(source="member.name")
    role = serializers.ChoiceField(choices=Role.choices)


class TeamView(APIView):
    """Members of a task, for its lead."""

    pagination_class = WholeList

    @lists(TeamMember, operation_id="task_team")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        return team.team_of(member, task_or_404(member, slug))


class TeamMemberView(APIView):
    @extend_schema(operation_id="task_team_put", request=RoleIn, responses={200: TeamMember})
    def put(self, request: Request, slug: str, username: str) -> Response:
        """Give the member a role; 409 when the task would lose its last lead."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        data = read_body(RoleIn, request)
        member = team.member_named(username, task=task, by=lead)
        team.give_role(member, task, role=data["role"], by=lead)
        return Response({"member": member.username, "name": member.name, "role": data["role"]})

    @extend_schema(operation_id="task_team_delete", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take the member's role away; doing it twice changes nothing."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        team.give_role(team.member_named(username, task=task, by=lead), task, role="", by=lead)
        return Response(status=204)
