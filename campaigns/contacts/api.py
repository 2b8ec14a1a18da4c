"""API of contacts, the suppression list and sender identities. People's data: all of it asks for the scope of a lead."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.contacts import queries
from campaigns.contacts import serializers as shapes
from campaigns.contacts.imports import ContactsResult, import_contacts
from campaigns.contacts.imports.columns import BASIS
from campaigns.contacts.imports.import_rows import import_rows
from campaigns.senders import edit as sender_services
from campaigns.senders import queries as senders_queries
from campaigns.senders.edit import NewSender
from campaigns.states import SuppressionReason
from campaigns.suppression import queries as listed
from campaigns.suppression import suppress
from members.session import member_of
from members.tokens.idempotency import idempotent, idempotent_in_steps
from review.sources.imports import uploads
from review.tasks.permissions import task_or_404
from web.http.json_parser import StrictJSONParser
from web.http.pagination import KeysetPagination

ADDRESS = OpenApiParameter("address", str, description="Only the entry of this address, or of this HMAC")
FILTERS = [
    OpenApiParameter("task", str, description="Slug of a task"),
    OpenApiParameter("q", str, description="A whole address, or words in address, name, company or segment"),
    OpenApiParameter("segment", str),
    OpenApiParameter("cluster", str),
    OpenApiParameter("state", str, enum=["suppressed", "without_facts", "erased"]),
]


class ContactListView(APIView):
    """Contacts of the tasks one leads, and new ones."""

    parser_classes = [StrictJSONParser, MultiPartParser]
    scope_read = "lead"

    @extend_schema(operation_id="contacts", parameters=FILTERS, responses={200: shapes.ContactOut(many=True)})
    def get(self, request: Request) -> Response:
        member, asked = member_of(request), request.query_params
        slug = asked.get("task", "")
        rows = queries.search(
            member,
            task=task_or_404(member, slug) if slug else None,
            text=asked.get("q", ""),
            segment=asked.get("segment", ""),
            cluster=asked.get("cluster", ""),
            state=asked.get("state", ""),
        )
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(shapes.ContactOut(page, many=True).data)

    @extend_schema(
        operation_id="contacts_import",
        request={"application/json": shapes.ContactsIn, "multipart/form-data": shapes.ContactFileIn},
        responses={200: shapes.ContactImportOut, 201: shapes.ContactImportOut},
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        """Import contacts: all or, when one is bad and `skip_bad` is not set, none. 200 when nobody was new.

        JSON `{task, contacts: [...]}`, or one contact with its `task`; or a file as multipart.
        """
        result = self._from_file(request) if request.FILES else self._from_json(request)
        return Response(shapes.ContactImportOut(_result_json(result)).data, status=201 if result.rows_added else 200)

    def _from_json(self, request: Request) -> ContactsResult:
        asked = shapes.ContactsIn(data=_as_many(request.data))
        asked.is_valid(raise_exception=True)
        member, values = member_of(request), asked.validated_data
        return import_rows(
            task_or_404(member, values["task"]), values["contacts"], by=member, defaults=_basis(values),
            skip_bad=values["skip_bad"],
        )  # fmt: skip

    def _from_file(self, request: Request) -> ContactsResult:
        asked = shapes.ContactFileIn(data=request.data)
        asked.is_valid(raise_exception=True)
        member, values = member_of(request), asked.validated_data
        task, file = task_or_404(member, values["task"]), values["file"]
        name = uploads.keep_upload(file.chunks())
        try:
            return import_contacts(
                task, uploads.path_of(name), by=member, filename=file.name, mapping=values.get("mapping"),
                defaults=_basis(values), skip_bad=values["skip_bad"],
            )  # fmt: skip
        finally:
            uploads.drop_upload(name)


class ContactView(APIView):
    """One contact."""

    scope_read = "lead"

    @extend_schema(operation_id="contact", responses={200: shapes.ContactOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(shapes.ContactOut(queries.contact_or_404(member_of(request), pk)).data)


class SuppressionListView(APIView):
    """The suppression list. It only grows: there is no PUT, PATCH or DELETE."""

    scope_read = "lead"

    @extend_schema(operation_id="suppressions", parameters=[ADDRESS], responses={200: shapes.SuppressionOut(many=True)})
    def get(self, request: Request) -> Response:
        rows = listed.visible(member_of(request))
        if address := request.query_params.get("address", ""):
            rows = rows.filter(address_hmac=suppress.hmac_of_or_refuse(address))
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(shapes.SuppressionOut(page, many=True).data)

    @extend_schema(
        operation_id="suppress",
        request=shapes.SuppressionIn,
        responses={
            200: PolymorphicProxySerializer(
                component_name="SuppressOut",
                serializers=[shapes.SuppressionOut, shapes.SuppressedOut],
                resource_type_field_name=None,
            )
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Put `address`, or many `addresses`, on the list; what is on it stays as it is."""
        member = member_of(request)
        listed.require_list_access(member)
        asked = shapes.SuppressionIn(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        reason, note = SuppressionReason(values["reason"]), values["note"]
        if "address" in values:
            entry = suppress.suppress(values["address"], reason=reason, by=member, note=note)
            return Response(shapes.SuppressionOut(entry).data)
        added = suppress.suppress_many(values["addresses"], by=member, reason=reason, note=note)
        bad = [{"row": row, "reason": why} for row, why in added.bad]
        counted = {"added": added.added, "known": added.known, "bad_count": added.bad_count, "bad": bad}
        return Response(shapes.SuppressedOut(counted).data)


class SenderListView(APIView):
    """Sender identities, and a new one."""

    scope_read = "lead"

    @extend_schema(operation_id="senders", responses={200: shapes.SenderOut(many=True)})
    def get(self, request: Request) -> Response:
        pages = KeysetPagination()
        page = pages.paginate_queryset(senders_queries.visible(member_of(request)), request, view=self) or []
        return pages.get_paginated_response(shapes.SenderOut(page, many=True).data)

    @extend_schema(operation_id="sender_create", request=shapes.SenderIn, responses={201: shapes.SenderOut})
    @idempotent
    def post(self, request: Request) -> Response:
        asked = shapes.SenderIn(data=request.data)
        asked.is_valid(raise_exception=True)
        made = sender_services.create(NewSender(**asked.validated_data), by=member_of(request))
        return Response(_sender_json(request, made.slug), status=201)


class SenderView(APIView):
    """One sender identity."""

    scope_read = "lead"

    @extend_schema(operation_id="sender", responses={200: shapes.SenderOut})
    def get(self, request: Request, slug: str) -> Response:
        return Response(_sender_json(request, slug))

    @extend_schema(operation_id="sender_change", request=shapes.SenderIn, responses={200: shapes.SenderOut})
    def patch(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        identity = senders_queries.sender_or_404(member, slug)
        held = {name: getattr(identity, name) for name in NewSender.__dataclass_fields__}
        asked = shapes.SenderIn(data={**held, **(request.data if isinstance(request.data, dict) else {})})
        asked.is_valid(raise_exception=True)
        sender_services.change(identity, NewSender(**asked.validated_data), by=member)
        return Response(_sender_json(request, slug))


def _sender_json(request: Request, slug: str) -> Any:
    return shapes.SenderOut(senders_queries.sender_or_404(member_of(request), slug)).data


def _as_many(data: Any) -> Any:
    """One contact, or a list of contacts that name their task, in the form `{task, contacts}`."""
    if isinstance(data, dict) and "contacts" not in data and "address" in data:
        single = {key: value for key, value in data.items() if key not in ("task", "skip_bad")}
        return {**{key: data[key] for key in ("task", "skip_bad") if key in data}, "contacts": [single]}
    if isinstance(data, list) and data and all(isinstance(single, dict) for single in data):
        tasks = {json.dumps(single.get("task")) for single in data}
        if len(tasks) == 1:
            many = [{key: value for key, value in single.items() if key != "task"} for single in data]
            return {"task": data[0].get("task"), "contacts": many}
    return data


def _basis(values: dict[str, Any]) -> dict[str, str]:
    given = {name: values[name] for name in BASIS if values.get(name) not in (None, "", False)}
    return {name: "yes" if value is True else str(value) for name, value in given.items()}


def _result_json(result: ContactsResult) -> dict[str, Any]:
    return {
        **vars(result),
        "errors": [error._asdict() for error in result.errors],
        "outcomes": [row._asdict() for row in result.outcomes],
    }
