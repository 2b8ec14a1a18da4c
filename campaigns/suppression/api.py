"""API of the suppression list. It asks for the scope of a lead."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.states import SuppressionReason
from campaigns.suppression import queries as listed
from campaigns.suppression import suppress
from campaigns.suppression.lift import MAX_REASON, lift
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

# An erasure alone says that there was one.
ENTERED = [(reason.value, reason.label) for reason in SuppressionReason if reason != SuppressionReason.ERASED]


class BadRowOut(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    reason = serializers.CharField()


class SuppressionIn(serializers.Serializer[Any]):
    """One address or many; an address may be given as its HMAC."""

    address = serializers.CharField(required=False)
    addresses = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False, allow_empty=False)
    reason = serializers.ChoiceField(choices=ENTERED, default=SuppressionReason.MANUAL.value)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two."""
        if ("address" in attrs) == ("addresses" in attrs):
            raise serializers.ValidationError({"address": ["Send either 'address' or 'addresses'."]})
        return attrs


class SuppressionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    address_hmac = serializers.CharField()
    reason = serializers.ChoiceField(choices=SuppressionReason.choices)
    note = serializers.CharField()
    member = serializers.CharField(source="member_name")
    created_at = serializers.DateTimeField()
    lifted_at = serializers.DateTimeField(
        source="lift.created_at", default=None, allow_null=True, help_text="Null: the entry is in force."
    )
    lifted_by = serializers.CharField(source="lift.member_name", default=None, allow_null=True)
    lifted_because = serializers.CharField(source="lift.reason", default=None, allow_null=True)


class SuppressionLiftIn(serializers.Serializer[Any]):
    """Lift of an address's mistaken entries; the address may be given as its HMAC."""

    address = serializers.CharField()
    reason = serializers.CharField(max_length=MAX_REASON)


class SuppressedOut(serializers.Serializer[Any]):
    """Result of adding addresses to the suppression list; `bad` lists the first hundred that are not addresses."""

    added = serializers.IntegerField()
    known = serializers.IntegerField()
    bad_count = serializers.IntegerField()
    bad = BadRowOut(many=True)


class SuppressionQuery(ListQuery):
    address = serializers.CharField(required=False, help_text="Only the entry of this address, or of this HMAC.")


class SuppressionLiftView(APIView):
    """Entries that colleagues or a bounce made by mistake."""

    scope_write = "lead"

    @extend_schema(operation_id="lift_suppression", request=SuppressionLiftIn, responses=SuppressionOut(many=True))
    @idempotent
    def post(self, request: Request) -> Response:
        """Lift the standing entries of `address`.

        What the reader said by a link or a complaint, and an erasure, cannot be lifted.
        """
        values = read_body(SuppressionLiftIn, request)
        lifts = lift(values["address"], by=member_of(request), why=values["reason"])
        return Response(SuppressionOut([each.suppression for each in lifts], many=True).data)


class SuppressionListView(APIView):
    """The suppression list, with what was lifted. It only grows: there is no PUT, PATCH or DELETE."""

    scope_read = "lead"
    pagination_class = KeysetPagination

    @lists(SuppressionOut, SuppressionQuery, operation_id="suppressions")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        rows = listed.visible(member_of(request))
        return rows.filter(address_hmac=suppress.hmac_of_or_refuse(query["address"])) if "address" in query else rows

    @extend_schema(
        operation_id="suppress",
        request=SuppressionIn,
        responses={
            200: PolymorphicProxySerializer(
                component_name="SuppressOut",
                serializers=[SuppressionOut, SuppressedOut],
                resource_type_field_name=None,
            )
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Put `address`, or many `addresses`, on the list; what is on it stays as it is."""
        member = member_of(request)
        listed.require_list_access(member)
        values = read_body(SuppressionIn, request)
        reason, note = SuppressionReason(values["reason"]), values["note"]
        if "address" in values:
            entry = suppress.suppress(values["address"], reason=reason, by=member, note=note)
            return Response(SuppressionOut(entry).data)
        added = suppress.suppress_many(values["addresses"], by=member, reason=reason, note=note)
        bad = [{"row": row, "reason": why} for row, why in added.bad]
        return Response(SuppressedOut({**vars(added), "bad": bad}).data)
