"""API of how a desk deals, and of cards that wait for one reviewer. Leads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.adjudication.desk_settings import queries, save_settings
from review.desk import assignments, queues
from review.states import QueueOrdering, Role
from review.tasks import team
from review.tasks.permissions import task_or_404
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from review.models import DeskSettings


class DeskSettingsIn(serializers.Serializer[Any]):
    """Settings of a desk; shares from 0 to 1."""

    order = serializers.ChoiceField(choices=QueueOrdering.choices)
    random_share = serializers.FloatField(help_text="0.1 to 0.2: cards drawn at random.")
    overlap_share = serializers.FloatField(help_text="0 to 1: drafts that several reviewers judge blind.")
    overlap_reviewers = serializers.IntegerField(help_text="2 to 5.")
    known_every = serializers.IntegerField(help_text="One card in so many has a known answer; 0 for none.")


class DeskSettingsOut(DeskSettingsIn):
    """The settings, and how many drafts wait for a further reviewer."""

    waits_for_others = serializers.IntegerField()
    updated_by = serializers.CharField(allow_null=True)


class AssignIn(serializers.Serializer[Any]):
    """Waiting cards to assign to a reviewer."""

    member = serializers.CharField(max_length=150, help_text="User name.")
    count = serializers.IntegerField(help_text="1 to 5,000.")
    source: Any = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)
    teacher = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)


class AssignedOut(serializers.Serializer[Any]):
    """Number of cards assigned to a member."""

    member = serializers.CharField()
    cards = serializers.IntegerField()


class DeskSettingsView(APIView):
    """Desk settings of a task."""

    @extend_schema(operation_id="desk_settings", responses={200: DeskSettingsOut})
    def get(self, request: Request, slug: str) -> Response:
        return _shown(queues.settings_of(task_or_404(member_of(request), slug, least=Role.LEAD)))

    @extend_schema(
        operation_id="desk_settings_put", request=DeskSettingsIn, responses={200: DeskSettingsOut, **problems(422)}
    )
    def put(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        data = read_body(DeskSettingsIn, request)
        return _shown(save_settings.save(task, by=member, **data))


def _shown(held: DeskSettings) -> Response:
    by = held.updated_by.username if held.updated_by else None
    waiting = queries.waiting_for_others(held.task)
    return Response({**DeskSettingsIn(held).data, "waits_for_others": waiting, "updated_by": by})


class AssignedCardsView(APIView):
    @extend_schema(operation_id="assign_cards", request=AssignIn, responses={200: AssignedOut, **problems(422)})
    def post(self, request: Request, slug: str) -> Response:
        """Give fresh cards to a reviewer, in queue order."""
        lead = member_of(request)
        task = task_or_404(lead, slug, least=Role.LEAD)
        values = read_body(AssignIn, request)
        member = team.member_named(values.pop("member"), task=task, by=lead)
        cards = assignments.assign(task, to=member, by=lead, **values)
        return Response({"member": member.username, "cards": cards})


class AssignedCardsOfView(APIView):
    @extend_schema(operation_id="take_cards_back", responses={200: AssignedOut})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Let them wait for everybody; doing it twice changes nothing."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        member = team.member_named(username, task=task, by=lead)
        cards = assignments.take_back(task, member=member, by=lead)
        return Response({"member": member.username, "cards": cards})
