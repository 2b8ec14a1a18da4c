"""API of outcomes: what came of mails, as a customer's own systems report it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.mails.queries import any_or_404
from campaigns.outcomes import report
from campaigns.states import OUTCOMES, EventKind
from members.session import member_of
from members.tokens.idempotency import idempotent

KINDS = [(kind.value, kind.label) for kind in OUTCOMES]


class OutcomeIn(serializers.Serializer[Any]):
    """What came of a mail. The mail, the kind and the moment name it: sent in again, it counts once."""

    message = serializers.UUIDField(help_text="Id of a mail that went")
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        required=False,
        allow_null=True,
        help_text="US dollars: needed for revenue, allowed for an opportunity",
    )
    at = serializers.DateTimeField(help_text="When it happened; counted to the second")


class OutcomeOut(serializers.Serializer[Any]):
    """An outcome as it is written down."""

    id = serializers.UUIDField()
    message = serializers.UUIDField(source="message_id")
    campaign = serializers.SlugField(source="campaign.slug")
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.DecimalField(
        source="payload.value_usd", max_digits=14, decimal_places=2, allow_null=True, default=None
    )
    at = serializers.DateTimeField(source="occurred_at")


class OutcomeListView(APIView):
    """Outcomes of mails."""

    @extend_schema(request=OutcomeIn, responses={200: OutcomeOut, 201: OutcomeOut})
    @idempotent
    def post(self, request: Request) -> Response:
        body = OutcomeIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked, member = body.validated_data, member_of(request)
        event, is_new = report.report(
            any_or_404(member, asked["message"]),
            EventKind(asked["kind"]),
            at=asked["at"],
            value_usd=asked.get("value"),
            by=member,
        )
        return Response(OutcomeOut(event).data, status=201 if is_new else 200)
