"""API of share-outs: the split before it is made, the act, how far each got, the undo. Leads only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.adjudication.share_outs import queries, share
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.iso_time import IsoTime
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body


class SharePreviewIn(serializers.Serializer[Any]):
    """Request for a preview of a share-out: number of cards, members, and last day."""

    members = serializers.ListField(child=serializers.CharField(max_length=150), help_text="User names.", max_length=50)
    count = serializers.IntegerField(help_text="1 to 10,000.")
    until = serializers.DateField(help_text="The last day, UTC.")


class ShareOutIn(SharePreviewIn):
    id = serializers.UUIDField(help_text="Made by the client; the same one again shares out nothing more.")


class PlannedPartOut(serializers.Serializer[Any]):
    """One reviewer's planned part, with the cards they have and their pace over the last two weeks."""

    member = serializers.CharField(source="member.username")
    cards = serializers.IntegerField()
    has = serializers.IntegerField(help_text="Cards that wait for them alone already.")
    judged_a_day = serializers.FloatField(source="pace.a_day")
    days_judged = serializers.IntegerField(source="pace.days")
    needed_a_day = serializers.FloatField()


class SharePlanOut(serializers.Serializer[Any]):
    found = serializers.IntegerField(help_text="Cards that can be shared out, up to the number requested.")
    days = serializers.IntegerField()
    parts = PlannedPartOut(many=True)


class SharePartOut(serializers.Serializer[Any]):
    member = serializers.CharField(source="member.username")
    count = serializers.IntegerField()
    judged = serializers.IntegerField()
    waiting = serializers.IntegerField()


class ShareOutOut(serializers.Serializer[Any]):
    """One act; `ended_at` is null while its cards are kept for their reviewers."""

    id = serializers.UUIDField(source="share.pk")
    task = serializers.CharField(source="share.task.slug")
    by = serializers.CharField(source="share.by.username", allow_null=True)
    until = serializers.DateField(source="share.until")
    asked = serializers.IntegerField(source="share.asked")
    count = serializers.IntegerField(source="share.count")
    created_at = IsoTime(source="share.created_at")
    ended_at = IsoTime(source="share.ended_at", allow_null=True)
    ended_by = serializers.CharField(source="share.ended_by.username", allow_null=True)
    parts = SharePartOut(many=True)


def _shown(request: Request, page: list[Any]) -> Any:
    return ShareOutOut(queries.progress_of(page), many=True).data


class SharePreviewView(APIView):
    """Preview of a share-out by member; writes nothing."""

    scope_write = "lead"

    @extend_schema(
        operation_id="preview_share_out", request=SharePreviewIn, responses={200: SharePlanOut, **problems(422)}
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        values = read_body(SharePreviewIn, request)
        split = share.preview(task, share.read_request(task, by=member, **values))
        return Response(SharePlanOut(split).data)


class ShareOutsView(APIView):
    """Share-outs of a task with how far each reviewer got; POST shares out."""

    scope_write = "lead"
    pagination_class = KeysetPagination

    @lists(ShareOutOut, operation_id="share_outs", draw=_shown)
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        task = task_or_404(member_of(request), slug, least=Role.LEAD)
        return queries.of_task(task)

    @extend_schema(operation_id="share_out", request=ShareOutIn, responses={201: ShareOutOut, **problems(409, 422)})
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        values = read_body(ShareOutIn, request)
        act_id = values.pop("id")
        chosen = share.read_request(task, by=member, **values)
        made = share.share_out(task, chosen, by=member, id=act_id)
        return Response(_shown(request, [made])[0], status=201)


class ShareOutUndoView(APIView):
    """Take a share-out back: what is not judged waits for everybody again."""

    scope_write = "lead"

    @extend_schema(operation_id="undo_share_out", request=None, responses={200: ShareOutOut, **problems(409)})
    def post(self, request: Request, share_id: UUID) -> Response:
        made = share.undo(share_id, by=member_of(request))
        return Response(_shown(request, [made])[0])
