"""Endpoints of choosing: the next drafts side by side, and which of them was best. Blind to who wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk.preferences import lineups, queries, record_preference
from review.desk.preferences.lineups import MOST
from review.drafts.serializers import MarkOut, RecordFactsOut
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.iso_time import IsoTime
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


class ShownDraftOut(serializers.Serializer[Any]):
    """One of the drafts to choose among, blind to who wrote it."""

    id = serializers.UUIDField()
    fields: Any = serializers.DictField()
    marks = MarkOut(many=True)


class LineupOut(serializers.Serializer[Any]):
    """Drafts of one record side by side."""

    record = RecordFactsOut()
    task_version = serializers.IntegerField(source="version.number")
    drafts = ShownDraftOut(many=True)


class NextLineupOut(serializers.Serializer[Any]):
    """The next drafts to choose among; null when no record has two that are free."""

    lineup = LineupOut(allow_null=True)


class PreferenceOut(serializers.Serializer[Any]):
    """Preference for the best of the drafts shown; `chosen` is null where none was best or one is taken back."""

    id = serializers.UUIDField()
    record = serializers.UUIDField(source="record_id")
    reviewer = serializers.CharField(source="reviewer.username")
    chosen = serializers.UUIDField(source="chosen_id", allow_null=True)
    shown = serializers.ListField(child=serializers.UUIDField())
    seconds = serializers.FloatField()
    note = serializers.CharField()
    retracts = serializers.UUIDField(source="retracts_id", allow_null=True)
    is_retracted = serializers.BooleanField()
    created_at = IsoTime()


class PreferenceIn(serializers.Serializer[Any]):
    """Preference for the best of the drafts shown, or the preference to take back; the client makes the `id`."""

    id = serializers.UUIDField()
    record = serializers.UUIDField(required=False, allow_null=True, default=None)
    shown = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=MOST)
    chosen = serializers.UUIDField(required=False, allow_null=True, default=None)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    retracts = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["retracts"] is None) == (attrs["record"] is None):
            raise serializers.ValidationError("Name the record and the drafts shown, or the preference to take back.")
        return attrs


class NextPreferenceView(APIView):
    """The next drafts to choose among; `lineup` is null when no record has two that are free."""

    scope_read = "review"

    @extend_schema(operation_id="next_preference", responses={200: NextLineupOut})
    def get(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        lineup = lineups.next_lineup(member, task)
        return Response({"lineup": LineupOut(lineup).data if lineup else None})


class PreferencesView(APIView):
    scope_write = "review"

    pagination_class = KeysetPagination

    @lists(PreferenceOut, operation_id="preferences")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        """Preferences, newest first; a reviewer reads their own."""
        member = member_of(request)
        return queries.preferences_visible_to(member, task_or_404(member, slug))

    @extend_schema(
        operation_id="choose",
        request=PreferenceIn,
        responses={200: PreferenceOut, 201: PreferenceOut, **problems(409, 422)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Record a preference, or take one back by `retracts`; sent twice it is recorded once."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        body = read_body(PreferenceIn, request)
        outcome = _choose(task, member, body)
        return Response(PreferenceOut(outcome.preference).data, status=200 if outcome.is_replay else 201)


def _choose(task: Task, member: Member, data: dict[str, Any]) -> record_preference.PreferenceOutcome:
    retracts, record = data.pop("retracts"), data.pop("record")
    if retracts is not None:
        return record_preference.take_back(queries.preference_or_404(task, retracts).pk, by=member, id=data["id"])
    return record_preference.choose(task, by=member, record_id=record, **data)
