"""Webhooks: events and mails in our own signed form, and those of mail providers as anymail reads them."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.replies import mail_providers, receive, webhook_signatures
from campaigns.replies.receive import InboundResult, ProviderEvent
from campaigns.states import EventKind
from web import strict_json
from web.errors import Refusal

MOST = 1_000


class EventIn(serializers.Serializer[Any]):
    """One event. `message` is the id of the mail, or `message_id` its Message-ID."""

    id = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in mail_providers.REPORTED])
    message = serializers.UUIDField(required=False)
    message_id = serializers.CharField(required=False, max_length=300)
    occurred_at = serializers.DateTimeField(required=False)
    hard = serializers.BooleanField(default=False)
    text = serializers.CharField(required=False, allow_blank=True, max_length=300)


class InboundIn(serializers.Serializer[Any]):
    """Events, and mails as they came in (RFC 5322, base64)."""

    events = EventIn(many=True, required=False)
    mails = serializers.ListField(child=serializers.CharField(), required=False, max_length=100)


class InboundOut(serializers.Serializer[Any]):
    """Counts of events and mails: new, already known, and matching none of our mails."""

    new = serializers.IntegerField()
    known = serializers.IntegerField()
    unmatched = serializers.IntegerField()


class InboundView(APIView):
    """Events and incoming mails, signed. May be sent in any order and any number of times."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []

    @extend_schema(
        request=InboundIn,
        responses=InboundOut,
        auth=[],
        parameters=[OpenApiParameter(webhook_signatures.HEADER, str, OpenApiParameter.HEADER, required=True)],
    )
    def post(self, request: Request) -> Response:
        raw = request._request.body
        if fault := webhook_signatures.fault(request.headers.get(webhook_signatures.HEADER, ""), raw):
            raise Refusal("signature", fault, status=401, hint="See docs/sending.md, Webhooks.")
        body = InboundIn(data=_json(raw))
        body.is_valid(raise_exception=True)
        events = body.validated_data.get("events", [])
        if len(events) > MOST:
            raise Refusal("too_many", f"At most {MOST} events at once; these are {len(events)}.", status=413)
        mails = [_bytes(text) for text in body.validated_data.get("mails", [])]
        count = Counter(receive.take_event(_happening(each)) for each in events)
        count.update(receive.take_mail(raw_mail) for raw_mail in mails)
        return Response({each.value: count[each] for each in InboundResult})


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def provider_webhook(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """A provider's own form: verified and read by anymail. Not heard of: 404."""
    answer = mail_providers.receive(request, provider, kind)
    if answer is None:
        raise Http404("This provider is not set up here.")
    return answer


def _happening(body: dict[str, Any]) -> ProviderEvent:
    return ProviderEvent(
        kind=EventKind(body["kind"]),
        key=f"hook:{body['id']}",
        message=str(body.get("message", "")),
        message_id=body.get("message_id", ""),
        occurred_at=body.get("occurred_at"),
        payload={"hard": body["hard"], "text": body.get("text", "")},
    )


def _json(raw: bytes) -> Any:
    try:
        return strict_json.loads(raw)
    except ValueError as error:
        raise Refusal("no_json", f"The body is not JSON: {error}.", status=400) from None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("no_base64", "A mail in `mails` is not base64.", status=400) from None
