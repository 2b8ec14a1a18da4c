"""Endpoints of the editor: checks over an edit that is not saved, and the edit as far as it got."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.api.shapes_desk import MARK, PROBLEM, TEXT, object_of
from review.permissions import require
from review.selectors import desk, rechecks
from review.services import unfinished
from review.states import Role

RENDER = OpenApiParameter("render", str, description="`html` adds the list of remarks as the desk's page draws it.")
EDIT = object_of(size={"type": "number"}, kinds={"type": "array", "items": TEXT}, wants_why={"type": "boolean"})
RECHECK = object_of(
    marks={"type": "array", "items": MARK}, mends={"type": "array", "items": object_of(field=TEXT, text=TEXT, words=TEXT)},
    unsupported={"type": "integer"}, edit=EDIT,
)  # fmt: skip
KEPT = object_of(kept={"type": "boolean"})


class EditedIn(serializers.Serializer[Any]):
    """Fields as they stand in an editor."""

    fields = serializers.DictField(allow_empty=True)  # type: ignore[assignment]


class UnfinishedIn(serializers.Serializer[Any]):
    """An edit as far as it got; null forgets it."""

    fields = serializers.JSONField(allow_null=True)  # type: ignore[assignment]

    def validate_fields(self, value: object) -> object:
        if value is not None and not isinstance(value, dict):
            raise serializers.ValidationError("Fields are an object by the names of the output schema.")
        return value


class CheckView(APIView):
    """The checks of the draft's task version over fields that are not saved, with mends and the size of the edit."""

    scope_write = "review"

    @extend_schema(
        operation_id="check_edit", request=EditedIn, parameters=[RENDER],
        responses={200: RECHECK, 422: PROBLEM},
    )  # fmt: skip
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = EditedIn(data=request.data)
        body.is_valid(raise_exception=True)
        found = rechecks.of(member_of(request), draft_id, body.validated_data["fields"])
        answer = found.as_json()
        if request.query_params.get("render") == "html":
            context = {"remarks": found.remarks, "unsupported": found.unsupported}
            answer["html"] = render_to_string("review/desk/_checks.html", context)
        return Response(answer)


class UnfinishedView(APIView):
    """The member's unfinished edit of a card in their deck."""

    scope_write = "review"

    @extend_schema(operation_id="keep_unfinished", request=UnfinishedIn, responses={200: KEPT, 422: PROBLEM})
    def put(self, request: Request, draft_id: UUID) -> Response:
        body = UnfinishedIn(data=request.data)
        body.is_valid(raise_exception=True)
        member = member_of(request)
        require(member, desk.draft_or_404(member, draft_id).task, Role.REVIEWER)
        return Response({"kept": unfinished.keep(member, draft_id, body.validated_data["fields"])})
