"""API of sender identities. It asks for the scope of a lead."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.senders import capacity, check_domain
from campaigns.senders import edit as sender_services
from campaigns.senders import queries as senders_queries
from campaigns.senders.edit import NewSender
from campaigns.senders.findings import FindingState
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import checked, read_body, require_same


class SenderIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    from_name = serializers.CharField(max_length=120)
    from_address = serializers.CharField(max_length=400)
    reply_address = serializers.CharField(max_length=400)
    postal_address = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    dkim_selector = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    daily_limit = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Mails a day (UTC), all campaigns together"
    )
    tracking_domain = serializers.CharField(
        max_length=253,
        required=False,
        allow_blank=True,
        default="",
        help_text="Name of its own for links; used once the check of its domain has found that it leads here",
    )


class DomainFindingOut(serializers.Serializer[Any]):
    """Finding on one DNS record of a sender's domains."""

    check = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(FindingState.choices)
    message = serializers.CharField()
    records = serializers.ListField(child=serializers.CharField())
    add = serializers.CharField(allow_blank=True)


class SenderOut(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    from_name = serializers.CharField()
    from_address = serializers.CharField()
    reply_address = serializers.CharField()
    postal_address = serializers.CharField()
    dkim_selector = serializers.CharField()
    domain_checks = DomainFindingOut(many=True, allow_null=True)
    domain_checked_at = serializers.DateTimeField(allow_null=True)
    daily_limit = serializers.IntegerField(allow_null=True)
    tracking_domain = serializers.CharField(allow_blank=True)
    tracking_verified_at = serializers.DateTimeField(allow_null=True)
    campaigns_running = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class SenderFullOut(SenderOut):
    """The same with its day."""

    went_today = serializers.IntegerField()
    allowance_today = serializers.IntegerField(allow_null=True, help_text="null: any number")


class SenderListView(APIView):
    """Sender identities, and a new one."""

    scope_read = "lead"
    pagination_class = KeysetPagination

    @lists(SenderOut, operation_id="senders")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return senders_queries.visible(member_of(request))

    @extend_schema(operation_id="sender_create", request=SenderIn, responses={201: SenderFullOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(SenderIn, request)
        made = sender_services.create(NewSender(**values), by=member_of(request))
        return Response(_sender_json(request, made.slug), status=201)


class SenderView(APIView):
    """One sender identity."""

    scope_read = "lead"

    @extend_schema(operation_id="sender", responses={200: SenderFullOut})
    def get(self, request: Request, slug: str) -> Response:
        return Response(_sender_json(request, slug))

    @extend_schema(operation_id="sender_change", request=SenderIn, responses={200: SenderFullOut})
    def patch(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        identity = senders_queries.sender_or_404(member, slug)
        held = {name: getattr(identity, name) for name in NewSender.__dataclass_fields__}
        changes: Any = request.data
        body = checked(SenderIn(data=changes, partial=True), request)
        require_same(changes, slug=identity.slug)
        sender_services.change(identity, NewSender(**held | body), by=member)
        return Response(_sender_json(request, slug))


class SenderCheckView(APIView):
    """The check of a sender's domains."""

    scope_write = "lead"

    @extend_schema(operation_id="sender_check_domain", request=None, responses={200: SenderFullOut})
    def post(self, request: Request, slug: str) -> Response:
        """Ask DNS for SPF, DKIM, DMARC and MX of the sender's domains; it takes up to 12 seconds."""
        member = member_of(request)
        check_domain.check(senders_queries.sender_or_404(member, slug), by=member)
        return Response(_sender_json(request, slug))


def _sender_json(request: Request, slug: str) -> Any:
    sender = senders_queries.sender_or_404(member_of(request), slug)
    day = capacity.day_of(sender, timezone.now())
    return {**SenderOut(sender).data, "went_today": day.went, "allowance_today": day.limit}
