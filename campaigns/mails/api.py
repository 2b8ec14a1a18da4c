"""API of mails: the list with its filters, and one with the walk back. They show people, so they are a lead's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.compose import content
from campaigns.mails import lineage
from campaigns.mails import queries as mails_queries
from campaigns.overview import queries
from campaigns.states import EventKind, MessageState
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require
from web.http.lists import ListQuery, Rows, lists, one_of
from web.http.pagination import KeysetPagination


class MessageContactOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    company = serializers.CharField()


class MessageOut(serializers.Serializer[Any]):
    """One mail: where it stands, and its words; slots stay unfilled until it has gone."""

    id = serializers.UUIDField()
    campaign = serializers.SlugField(source="campaign.slug")
    contact = MessageContactOut()
    arm = serializers.CharField(source="arm.name", allow_null=True)
    step = serializers.IntegerField(source="step.number")
    state = serializers.ChoiceField(choices=MessageState.choices)
    stop_reason = serializers.CharField(allow_blank=True)
    problem = serializers.CharField(allow_blank=True)
    draft = serializers.UUIDField(source="draft_id", allow_null=True)
    needs_approval = serializers.BooleanField()
    marks_count = serializers.IntegerField()
    subject = serializers.CharField()
    body = serializers.CharField()
    message_id = serializers.CharField()
    held_because = serializers.CharField(
        help_text="contact, company or conversation: a cap across campaigns; it may go at due_at"
    )
    due_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, mail: Any) -> dict[str, Any]:
        words = content.fields_of(mail)
        sent = {"subject": mail.subject or words["subject"], "body": mail.body or words["body"]}
        return super().to_representation(mail) | sent


class StationOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    note = serializers.CharField()


class MessageFullOut(MessageOut):
    """The same with the walk back to where its words come from."""

    walk = StationOut(many=True)


class MessageQuery(ListQuery):
    campaign = serializers.CharField(required=False, help_text="Its slug; it must be named.")
    q = serializers.CharField(
        required=False, help_text="Part of a name, a company, an address, or a subject that went out."
    )
    state = one_of(MessageState.values)
    arm = serializers.CharField(required=False, help_text="Its name.")
    step = serializers.IntegerField(required=False, min_value=1, help_text="Its number.")
    marks = one_of(["yes", "no"])
    event = one_of(EventKind.values)


class MessageListView(APIView):
    """Mails of a campaign, newest first."""

    pagination_class = KeysetPagination

    @lists(MessageOut, MessageQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        if "campaign" not in query:
            raise Http404("Name a campaign: ?campaign=its-slug.")
        member = member_of(request)
        campaign = queries.get_or_404(member, query["campaign"])
        require(member, campaign.task, Role.LEAD)
        chosen = {name: str(query.get(name, "")) for name in mails_queries.FILTERS}
        return content.with_words(mails_queries.of_campaign(campaign, search=query.get("q", ""), **chosen))


class MessageView(APIView):
    """One mail."""

    @extend_schema(responses=MessageFullOut)
    def get(self, request: Request, message_id: UUID) -> Response:
        mail = mails_queries.any_or_404(member_of(request), message_id)
        require(member_of(request), mail.campaign.task, Role.LEAD)
        walk = StationOut(lineage.lineage_of(mail), many=True).data
        return Response({**MessageOut(mail).data, "walk": walk})
