"""API of replies: read them, and say what one means."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.replies import queries as selectors
from campaigns.replies import reply_golds
from campaigns.states import ReplyClass
from members.session import member_of
from web.http.lists import ListQuery, Rows, lists, one_of
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class ReplyOut(serializers.Serializer[Any]):
    """Reply of a contact, with its meaning."""

    id = serializers.UUIDField(source="event_id")
    campaign = serializers.CharField(source="message.campaign.slug")
    message = serializers.UUIDField(source="message_id")
    subject = serializers.CharField()
    text = serializers.CharField()
    meaning = serializers.CharField()
    meant_by = serializers.CharField()
    is_unsure = serializers.BooleanField(help_text="The rules were not sure: to be read by a person.")
    may_be_optout = serializers.BooleanField(
        help_text="It may ask to leave: no mail goes to the address until a member has said what it means."
    )
    is_listed = serializers.BooleanField(help_text="The address is on the suppression list, for good.")
    meant_why = serializers.CharField()
    found_by = serializers.CharField(source="event.payload.found_by", default="")
    created_at = serializers.DateTimeField()
    no_gold = serializers.CharField(
        default="",
        help_text="After a correction: why it did not become an approved example of the sorting task; empty otherwise.",
    )


class MeaningIn(serializers.Serializer[Any]):
    """Correction of a reply's meaning; revoking a wish to hear no more requires `reason`."""

    meaning = serializers.ChoiceField(choices=ReplyClass.choices)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    language = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the reply, as the sorting task names it, where it asks for one; by default the contact's.",
    )


class ReplyPages(KeysetPagination):
    """Newest first; a reply is named by its event."""

    ordering = ("-created_at", "-event_id")


class ReplyQuery(ListQuery):
    campaign = serializers.CharField(required=False, help_text="Slug of a campaign.")
    meaning = one_of(ReplyClass.values)


class ReplyListView(APIView):
    """Replies to mails of campaigns."""

    pagination_class = ReplyPages

    @lists(ReplyOut, ReplyQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        rows = selectors.visible(member_of(request))
        if "campaign" in query:
            rows = rows.filter(message__campaign__slug=query["campaign"])
        return rows.filter(meaning=query["meaning"]) if "meaning" in query else rows


class ReplyView(APIView):
    """One reply."""

    scope_write = "review"

    @extend_schema(responses=ReplyOut)
    def get(self, request: Request, reply_id: UUID) -> Response:
        return Response(ReplyOut(selectors.reply_or_404(member_of(request), reply_id)).data)

    @extend_schema(request=MeaningIn, responses=ReplyOut)
    def patch(self, request: Request, reply_id: UUID) -> Response:
        member = member_of(request)
        reply, values = selectors.reply_or_404(member, reply_id), read_body(MeaningIn, request)
        meaning = ReplyClass(values["meaning"])
        _, no_gold = reply_golds.correct(reply, meaning, by=member, why=values["reason"], language=values["language"])
        corrected = ReplyOut(selectors.reply_or_404(member, reply_id)).data
        return Response({**corrected, "no_gold": no_gold})
