"""API of contacts. They are people's data: all of it asks for the scope of a lead."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.contacts import correct, queries
from campaigns.contacts import serializers as shapes
from campaigns.contacts.imports.columns import BASIS
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.import_rows import import_rows
from campaigns.contacts.imports.outcomes import ContactsResult
from campaigns.mail_tasks import mail_task_or_404
from members.session import member_of
from members.tokens.idempotency import idempotent_in_steps
from review.sources.imports import uploads
from review.sources.imports.choices import ImportChoices
from review.sources.serializers import READING
from web.http.json_parser import StrictJSONParser
from web.http.lists import Rows, TaskQuery, lists, one_of
from web.http.pagination import KeysetPagination


class ContactQuery(TaskQuery):
    q = serializers.CharField(
        required=False, help_text="A whole address, or words in address, name, company or segment."
    )
    segment = serializers.CharField(required=False)
    cluster = serializers.CharField(required=False)
    state = one_of(["suppressed", "without_facts", "erased"])


class ContactListView(APIView):
    """Contacts of the tasks one leads, and new ones."""

    parser_classes = [StrictJSONParser, MultiPartParser]
    scope_read = "lead"

    pagination_class = KeysetPagination

    @lists(shapes.ContactOut, ContactQuery, operation_id="contacts")
    def get(self, request: Request, asked: dict[str, Any]) -> Rows:
        member, text = member_of(request), asked.pop("q", "")
        task = mail_task_or_404(member, asked.pop("task")) if "task" in asked else None
        return queries.search(member, task=task, text=text, **asked)

    @extend_schema(
        operation_id="contacts_import",
        request={"application/json": shapes.ContactsIn, "multipart/form-data": shapes.ContactFileIn},
        responses={200: shapes.ContactImportOut, 201: shapes.ContactImportOut},
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        """Import contacts: all or, when one is bad and `skip_bad` is not set, none. 200 when no contact was new.

        JSON `{task, contacts: [...]}`, or one contact with its `task`; or a file as multipart.
        """
        result = self._from_file(request) if request.FILES else self._from_json(request)
        return Response(shapes.ContactImportOut(_result_json(result)).data, status=201 if result.rows_added else 200)

    def _from_json(self, request: Request) -> ContactsResult:
        asked = shapes.ContactsIn(data=_as_many(request.data))
        asked.is_valid(raise_exception=True)
        member, values = member_of(request), asked.validated_data
        return import_rows(
            mail_task_or_404(member, values["task"]),
            values["contacts"],
            by=member,
            defaults=_basis(values),
            skip_bad=values["skip_bad"],
        )

    def _from_file(self, request: Request) -> ContactsResult:
        asked = shapes.ContactFileIn(data=request.data)
        asked.is_valid(raise_exception=True)
        member, values = member_of(request), asked.validated_data
        task, file = mail_task_or_404(member, values["task"]), values["file"]
        name = uploads.keep_upload(file.chunks())
        try:
            return import_contacts(
                task,
                uploads.path_of(name),
                by=member,
                filename=file.name,
                mapping=values.get("mapping"),
                defaults=_basis(values),
                skip_bad=values["skip_bad"],
                choices=ImportChoices(**{name: values[name] for name in READING if name in values}),
            )
        finally:
            uploads.drop_upload(name)


class ContactView(APIView):
    """One contact."""

    scope_read = "lead"

    @extend_schema(operation_id="contact", responses={200: shapes.ContactOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(shapes.ContactOut(queries.contact_or_404(member_of(request), pk)).data)

    @extend_schema(operation_id="contact_correct", request=shapes.ContactPatchIn, responses={200: shapes.ContactOut})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Correct a contact; mails that have not gone are filled with what is right."""
        member = member_of(request)
        contact = queries.contact_or_404(member, pk)
        asked = shapes.ContactPatchIn(data=request.data)
        asked.is_valid(raise_exception=True)
        correct.correct(contact, asked.validated_data, by=member)
        return Response(shapes.ContactOut(queries.contact_or_404(member, pk)).data)

    @extend_schema(operation_id="contact_remove", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a contact that no campaign has taken in; suppresses nobody."""
        member = member_of(request)
        correct.remove(queries.contact_or_404(member, pk), by=member)
        return Response(status=204)


def _as_many(data: object) -> object:
    """Accept a single contact, or a list of contacts that name their task, in the form `{task, contacts}`."""
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
