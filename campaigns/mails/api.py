"""API of mails: the list with its filters, and one with the walk back. They show people, so they are a lead's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.compose.content import with_words
from campaigns.mails import lineage
from campaigns.mails import queries as mails_queries
from campaigns.overview import queries
from campaigns.states import EventKind, MessageState
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require
from web.http.pagination import KeysetPagination

PARAMETERS = [
    OpenApiParameter("campaign", str, required=True, description="Its slug"),
    OpenApiParameter("q", str, description="Part of a name, a company, an address, or a subject that went out"),
    OpenApiParameter("state", str, enum=MessageState.values),
    OpenApiParameter("arm", str, description="Its name"),
    OpenApiParameter("step", int),
    OpenApiParameter("marks", str, enum=["yes", "no"]),
    OpenApiParameter("event", str, enum=EventKind.values),
]


class MessageContactOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    company = serializers.CharField()


class MessageOut(serializers.Serializer[Any]):
    """One mail: where it stands, and its words; slots stay unfilled until it has gone."""

    id = serializers.UUIDField()
    campaign = serializers.SlugField()
    contact = MessageContactOut()
    arm = serializers.CharField(allow_null=True)
    step = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MessageState.choices)
    stop_reason = serializers.CharField(allow_blank=True)
    problem = serializers.CharField(allow_blank=True)
    draft = serializers.UUIDField(allow_null=True)
    needs_approval = serializers.BooleanField()
    marks_count = serializers.IntegerField()
    subject = serializers.CharField()
    body = serializers.CharField()
    message_id = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class StationOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    note = serializers.CharField()


class MessageFullOut(MessageOut):
    """The same with the walk back to where its words come from."""

    walk = StationOut(many=True)


class MessageListView(APIView):
    """Mails of a campaign, newest first."""

    @extend_schema(parameters=PARAMETERS, responses=MessageOut(many=True))
    def get(self, request: Request) -> Response:
        asked, member = request.query_params, member_of(request)
        if not asked.get("campaign"):
            raise Http404("Name a campaign: ?campaign=its-slug.")
        campaign = queries.get_or_404(member, asked["campaign"])
        require(member, campaign.task, Role.LEAD)
        chosen = {name: asked.get(name, "") for name in mails_queries.FILTERS}
        rows = with_words(mails_queries.of_campaign(campaign, search=asked.get("q", ""), **chosen))
        pager = KeysetPagination()
        page = pager.paginate_queryset(rows, request, view=self)
        return pager.get_paginated_response([MessageOut(mails_queries.mail_json(mail)).data for mail in page or []])


class MessageView(APIView):
    """One mail."""

    @extend_schema(responses=MessageFullOut)
    def get(self, request: Request, message_id: UUID) -> Response:
        mail = mails_queries.any_or_404(member_of(request), message_id)
        require(member_of(request), mail.campaign.task, Role.LEAD)
        return Response(MessageFullOut({**mails_queries.mail_json(mail), "walk": lineage.lineage_of(mail)}).data)
