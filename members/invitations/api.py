"""API of invitations, for admins and for leads of a task."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.invitations import invite, mail, queries
from members.invitations.pages import link
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from web.http.lists import Rows, lists
from web.http.read_body import read_body


class InvitedRole(serializers.Serializer[dict[str, str]]):
    task = serializers.SlugField()
    role = serializers.CharField()


class InvitationIn(serializers.Serializer[dict[str, Any]]):
    email = serializers.EmailField()
    display_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    is_admin = serializers.BooleanField(default=False)
    roles = InvitedRole(many=True, default=list)
    days = serializers.IntegerField(min_value=1, max_value=invite.LONGEST_DAYS, default=7)


class InvitationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    display_name = serializers.CharField()
    is_admin = serializers.BooleanField()
    roles = InvitedRole(many=True)
    state = serializers.ChoiceField(choices=["open", "accepted", "revoked", "expired"])
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitationOut(InvitationOut):
    url = serializers.URLField(help_text="The link to hand over; it opens once.")
    mailed = serializers.CharField(help_text="State of the mail; empty where no mail is configured.")


class InvitationListView(APIView):
    scope_read = scope_write = "lead"

    @lists(InvitationOut, operation_id="invitations_list")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        """List the newest 200: all of them for an admin, their own for a lead."""
        return queries.invitations_for(member_of(request))

    @extend_schema(request=InvitationIn, responses={201: NewInvitationOut}, operation_id="invitations_create")
    def post(self, request: Request) -> Response:
        """Invite a person by address.

        Answers 409 for an address already invited, so a repeated request does not invite twice.
        """
        member = member_of(request)
        queries.require_may_invite(member)
        data = read_body(InvitationIn, request)
        if data["is_admin"]:
            require_recent(request)
        invitation = invite.invite(by=member, **data)
        url = link(invitation)
        body = {**InvitationOut(invitation).data, "url": url, "mailed": mail.send(invitation, url=url)}
        return Response(body, status=201)


class InvitationView(APIView):
    scope_read = scope_write = "lead"

    @extend_schema(responses={204: None}, operation_id="invitations_revoke")
    def delete(self, request: Request, invitation_id: uuid.UUID) -> Response:
        """Take it back; its link opens no more."""
        member = member_of(request)
        invite.revoke(queries.invitation_or_404(member, invitation_id), by=member)
        return Response(status=204)
