"""API of outcomes: what came of mails, as a customer's own systems report it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.mails.queries import any_or_404
from campaigns.outcomes import queries, report
from campaigns.states import OUTCOMES, EventKind
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.read_body import read_body

KINDS = [(kind.value, kind.label) for kind in OUTCOMES]


class OutcomeIn(serializers.Serializer[Any]):
    """Outcome of a mail, or of a contact whom a campaign keeps without mail.

    The mail (or the contact and the campaign), the kind and the moment name it: sent in again, it counts once.
    """

    message = serializers.UUIDField(required=False, help_text="Id of a mail that went")
    contact = serializers.UUIDField(required=False, help_text="Id of a contact of a holdout arm, in place of a mail")
    campaign = serializers.SlugField(required=False, max_length=80, help_text="With `contact`: whose holdout arm")
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        required=False,
        allow_null=True,
        help_text="US dollars: needed for revenue, allowed for an opportunity",
    )
    at = serializers.DateTimeField(help_text="When it happened; counted to the second")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One mail, or a contact of one campaign."""
        named = {name for name in ("message", "contact", "campaign") if name in attrs}
        if named not in ({"message"}, {"contact", "campaign"}):
            wrong = "message" if "message" in named or not named else next(iter({"contact", "campaign"} - named))
            raise serializers.ValidationError(
                {wrong: ["Name the mail, or of a contact who gets none the contact and the campaign."]}
            )
        return attrs


class OutcomeOut(serializers.Serializer[Any]):
    """An outcome as it is written down."""

    id = serializers.UUIDField()
    message = serializers.UUIDField(source="message_id", allow_null=True, default=None)
    contact = serializers.UUIDField(source="enrolment.contact_id")
    campaign = serializers.SlugField(source="campaign.slug")
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="occurred_at")

    @extend_schema_field(serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True))
    def get_value(self, outcome: Any) -> str | None:
        value = queries.value_usd(outcome)
        return None if value is None else f"{value:.2f}"


class OutcomeListView(APIView):
    """Outcomes of mails, and of contacts who are kept without mail."""

    scope_write = "outcomes"

    @extend_schema(request=OutcomeIn, responses={200: OutcomeOut, 201: OutcomeOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data, member = read_body(OutcomeIn, request), member_of(request)
        kind, details = EventKind(data["kind"]), {"at": data["at"], "value_usd": data.get("value"), "by": member}
        if "message" in data:
            return _answer(*report.report(any_or_404(member, data["message"]), kind, **details))
        enrolment = queries.enrolment_or_404(member, data["campaign"], data["contact"])
        return _answer(*report.report_without_mail(enrolment, kind, **details))


def _answer(outcome: object, is_new: bool) -> Response:
    return Response(OutcomeOut(outcome).data, status=201 if is_new else 200)
