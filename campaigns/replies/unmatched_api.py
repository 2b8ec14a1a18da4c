"""API of mails from other addresses of companies we wrote to: read them, attach them, set them aside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.replies import attach, unmatched
from campaigns.replies import queries as selectors
from campaigns.replies.api import ReplyOut
from campaigns.states import ReplyClass
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class UnmatchedOut(serializers.Serializer[Any]):
    """A mail that answers none of ours for certain, and waits for a person."""

    id = serializers.UUIDField()
    campaign = serializers.CharField(source="campaign.slug", help_text="It wrote to the sender's company last.")
    sender = serializers.CharField()
    company = serializers.CharField(source="cluster")
    subject = serializers.CharField()
    text = serializers.CharField()
    meaning = serializers.ChoiceField(
        choices=ReplyClass.choices, help_text="By the rules; nothing follows from it yet."
    )
    may_be_optout = serializers.BooleanField(
        help_text="It may ask to leave: mails to the company wait until a member has decided."
    )
    created_at = serializers.DateTimeField()


class AttachIn(serializers.Serializer[Any]):
    contact = serializers.UUIDField(help_text="Id of a contact of the task who got a mail")


class LeftUnmatchedIn(serializers.Serializer[Any]):
    """Why it answers none of our mails; needed where it may ask to leave."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class UnmatchedQuery(ListQuery):
    campaign = serializers.CharField(required=False, help_text="Slug of a campaign.")


class UnmatchedListView(APIView):
    """Mails from other addresses of companies we wrote to that wait for a person."""

    pagination_class = KeysetPagination

    @lists(UnmatchedOut, UnmatchedQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        rows = unmatched.visible(member_of(request)).order_by("-created_at", "-id")
        return rows.filter(campaign__slug=query["campaign"]) if "campaign" in query else rows


class AttachView(APIView):
    """Attach one to a contact: it is sorted and acts as any reply."""

    scope_write = "review"

    @extend_schema(request=AttachIn, responses={201: ReplyOut})
    @idempotent
    def post(self, request: Request, unmatched_id: UUID) -> Response:
        row = unmatched.unmatched_or_404(member_of(request), unmatched_id)
        values = read_body(AttachIn, request)
        reply = attach.attach(row, values["contact"], by=member_of(request))
        return Response(ReplyOut(selectors.reply_or_404(member_of(request), reply.pk)).data, status=201)


class SetAsideView(APIView):
    """Set one aside: it answers none of our mails, and its words are erased."""

    scope_write = "review"

    @extend_schema(request=LeftUnmatchedIn, responses={204: None})
    @idempotent
    def post(self, request: Request, unmatched_id: UUID) -> Response:
        row = unmatched.unmatched_or_404(member_of(request), unmatched_id)
        values = read_body(LeftUnmatchedIn, request)
        unmatched.set_aside(row, by=member_of(request), why=values["reason"])
        return Response(status=204)
