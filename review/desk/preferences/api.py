"""Endpoints of choosing: the next drafts side by side, and which of them was best. Blind to who wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk.preferences import lineups, queries, record_preference
from review.desk.preferences.serializers import NextLineupOut, PreferenceIn, PreferenceOut
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


class NextPreferenceView(APIView):
    """The next drafts to choose among; `lineup` is null when no record has two that are free."""

    scope_read = "review"

    @extend_schema(operation_id="next_preference", responses={200: NextLineupOut})
    def get(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug)
        require(member, task, Role.REVIEWER)
        lineup = lineups.next_lineup(member, task)
        return Response({"lineup": lineup.as_json() if lineup else None})


class PreferencesView(APIView):
    scope_write = "review"

    pagination_class = KeysetPagination

    @lists(PreferenceOut, draw=lambda request, page: map(queries.preference_json, page), operation_id="preferences")
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
        task = task_or_404(member, slug)
        require(member, task, Role.REVIEWER)
        body = read_body(PreferenceIn, request)
        outcome = _choose(task, member, dict(body))
        return Response(queries.preference_json(outcome.preference), status=200 if outcome.is_replay else 201)


def _choose(task: Task, member: Member, data: dict[str, Any]) -> record_preference.PreferenceOutcome:
    retracts, record = data.pop("retracts"), data.pop("record")
    if retracts is not None:
        return record_preference.take_back(_own(task, retracts), by=member, id=data["id"])
    return record_preference.choose(task, by=member, record_id=record, **data)


def _own(task: Task, preference_id: UUID) -> UUID:
    """Raise Http404 for a preference of another task."""
    return queries.preference_or_404(task, preference_id).pk
