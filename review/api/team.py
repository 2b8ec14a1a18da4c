"""API of a task's team: who belongs to it, and as what."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.permissions import task_or_404
from review.selectors import team as selectors
from review.services import team
from review.states import Role


class RoleIn(serializers.Serializer[Any]):
    """The role a member shall have."""

    role = serializers.ChoiceField(choices=Role.choices)


class TeamMember(serializers.Serializer[Any]):
    """A member of a task."""

    member = serializers.CharField(help_text="User name.")
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class TeamView(APIView):
    """Who belongs to a task, for its lead."""

    @extend_schema(operation_id="task_team", responses={200: TeamMember(many=True)})
    def get(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        held = selectors.team_of(member, task_or_404(member, slug))
        return Response({"next": None, "previous": None, "results": [selectors.as_json(one) for one in held]})


class TeamMemberView(APIView):
    """One member of a task."""

    @extend_schema(operation_id="task_team_put", request=RoleIn, responses={200: TeamMember})
    def put(self, request: Request, slug: str, username: str) -> Response:
        """Give the member a role; 409 when the task would lose its last lead."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        asked = RoleIn(data=request.data)
        asked.is_valid(raise_exception=True)
        member = team.member_named(username, task=task, by=lead)
        team.give_role(member, task, role=asked.validated_data["role"], by=lead)
        return Response({"member": member.username, "name": member.name, "role": asked.validated_data["role"]})

    @extend_schema(operation_id="task_team_delete", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take the member's role away; doing it twice changes nothing."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        team.give_role(team.member_named(username, task=task, by=lead), task, role="", by=lead)
        return Response(status=204)
