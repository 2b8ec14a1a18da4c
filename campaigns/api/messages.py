"""API of mails: the list with its filters, and one with the walk back. They show people, so they are a lead's."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.api.shapes_campaigns import MessageFullOut, MessageOut
from campaigns.selectors import campaigns, mails, walk
from campaigns.states import EventKind, MessageState
from members.session import member_of
from review.permissions import require
from review.states import Role
from web.pagination import KeysetPagination

PARAMETERS = [
    OpenApiParameter("campaign", str, required=True, description="Its slug"),
    OpenApiParameter("q", str, description="Part of a name, a company, an address, or a subject that went out"),
    OpenApiParameter("state", str, enum=MessageState.values),
    OpenApiParameter("arm", str, description="Its name"),
    OpenApiParameter("step", int),
    OpenApiParameter("marks", str, enum=["yes", "no"]),
    OpenApiParameter("event", str, enum=EventKind.values),
]


class Messages(APIView):
    """Mails of a campaign, newest first."""

    @extend_schema(parameters=PARAMETERS, responses=MessageOut(many=True))
    def get(self, request: Request) -> Response:
        asked, member = request.query_params, member_of(request)
        if not asked.get("campaign"):
            raise Http404("Name a campaign: ?campaign=its-slug.")
        campaign = campaigns.get_or_404(member, asked["campaign"])
        require(member, campaign.task, Role.LEAD)
        chosen = {name: asked.get(name, "") for name in mails.FILTERS}
        found = mails.with_words(mails.of_campaign(campaign, search=asked.get("q", ""), **chosen))
        pager = KeysetPagination()
        page = pager.paginate_queryset(found, request, view=self)
        return pager.get_paginated_response([MessageOut(mails.mail_json(mail)).data for mail in page or []])


class MessageDetail(APIView):
    """One mail."""

    @extend_schema(responses=MessageFullOut)
    def get(self, request: Request, message_id: UUID) -> Response:
        mail = mails.any_or_404(member_of(request), message_id)
        require(member_of(request), mail.campaign.task, Role.LEAD)
        return Response(MessageFullOut({**mails.mail_json(mail), "walk": walk.stations(mail)}).data)
