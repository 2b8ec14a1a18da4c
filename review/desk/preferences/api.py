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
from review.desk.serializers import NEXT, PREFERENCE, PREFERENCES, PreferenceIn
from review.drafts.openapi import PROBLEM
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.pagination import KeysetPagination

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


class NextPreferenceView(APIView):
    """The next drafts to choose among; `lineup` is null when no record has two that are free."""

    scope_read = "review"

    @extend_schema(operation_id="next_preference", responses={200: NEXT})
    def get(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug)
        require(member, task, Role.REVIEWER)
        lineup = lineups.next_lineup(member, task)
        return Response({"lineup": lineup.as_json() if lineup else None}, headers={"Cache-Control": "no-store"})


class PreferencesView(APIView):
    """What was chosen in a task, and one more preference."""

    scope_write = "review"

    @extend_schema(operation_id="preferences", responses={200: PREFERENCES})
    def get(self, request: Request, slug: str) -> Response:
        """Preferences, newest first; a reviewer reads their own."""
        member = member_of(request)
        task = task_or_404(member, slug)
        pages = KeysetPagination()
        page = pages.paginate_queryset(queries.preferences_visible_to(member, task), request, view=self) or []
        return pages.get_paginated_response([queries.preference_json(preference) for preference in page])

    @extend_schema(
        operation_id="choose",
        request=PreferenceIn,
        responses={200: PREFERENCE, 201: PREFERENCE, 409: PROBLEM, 422: PROBLEM},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Record a preference, or take one back by `retracts`; sent twice it is recorded once."""
        member = member_of(request)
        task = task_or_404(member, slug)
        require(member, task, Role.REVIEWER)
        body = PreferenceIn(data=request.data)
        body.is_valid(raise_exception=True)
        outcome = _choose(task, member, dict(body.validated_data))
        return Response(queries.preference_json(outcome.preference), status=200 if outcome.is_replay else 201)


def _choose(task: Task, member: Member, asked: dict[str, Any]) -> record_preference.PreferenceOutcome:
    retracts, record = asked.pop("retracts"), asked.pop("record")
    if retracts is not None:
        return record_preference.take_back(_own(task, retracts), by=member, id=asked["id"])
    return record_preference.choose(task, by=member, record_id=record, **asked)


def _own(task: Task, preference_id: UUID) -> UUID:
    """The preference, if it is one of this task.

    Raises:
        Http404: It is not.
    """
    return queries.preference_or_404(task, preference_id).pk
