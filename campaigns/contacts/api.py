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
from campaigns.contacts.imports.columns import BASIS
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.import_rows import import_rows
from campaigns.contacts.imports.outcomes import ContactsResult
from campaigns.mail_tasks import mail_task_or_404
from campaigns.states import LawfulBasis
from campaigns.suppression.api import BadRowOut
from members.session import member_of
from members.tokens.idempotency import idempotent_in_steps
from review.sources.imports import uploads
from review.sources.imports.choices import ImportChoices
from review.sources.serializers import READING, FileReadingIn
from web.http.json_parser import StrictJSONParser
from web.http.lists import Rows, TaskQuery, lists, one_of
from web.http.pagination import KeysetPagination
from web.http.read_body import checked, read_body
from web.strict_json import StorableJSONDecoder


class BasisIn(serializers.Serializer[Any]):
    """Lawful basis; beside `contacts` it is the default for those that give none."""

    lawful_basis = serializers.ChoiceField(choices=LawfulBasis.choices, required=False)
    basis_source = serializers.CharField(max_length=200, required=False)
    basis_date = serializers.DateField(required=False)
    may_track_opens = serializers.BooleanField(required=False)


class NewContactIn(BasisIn):
    """One contact; `facts` are those of its company's record, by the task's input schema."""

    address = serializers.CharField(max_length=400)
    first_name = serializers.CharField(required=False, allow_blank=True)
    last_name = serializers.CharField(required=False, allow_blank=True)
    company = serializers.CharField(required=False, allow_blank=True)
    segment = serializers.CharField(required=False, allow_blank=True)
    time_zone = serializers.CharField(required=False, allow_blank=True)
    language = serializers.CharField(required=False, allow_blank=True, help_text="en, de, fr, it, nl or es")
    facts = serializers.DictField(required=False)


class ContactsIn(BasisIn):
    """Contacts of a task, at most 1,000 at once; more come as a file."""

    task = serializers.CharField()
    contacts: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=NewContactIn(), max_length=1000, allow_empty=False
    )
    skip_bad = serializers.BooleanField(default=False)


class ContactFileIn(FileReadingIn, BasisIn):
    """A file of contacts; `mapping` is a JSON object as text, column to field."""

    file = serializers.FileField(allow_empty_file=True)
    task = serializers.CharField()
    mapping = serializers.JSONField(required=False, binary=True, decoder=StorableJSONDecoder)
    skip_bad = serializers.BooleanField(default=False)

    def validate_mapping(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
            raise serializers.ValidationError("Expected a JSON object {column: field} with text values.")
        return value


class ContactPatchIn(serializers.Serializer[Any]):
    """Corrections of a contact; omitted fields keep their values."""

    first_name = serializers.CharField(required=False, allow_blank=True, max_length=400)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=400)
    company = serializers.CharField(required=False, allow_blank=True, max_length=400)
    segment = serializers.CharField(required=False, allow_blank=True, max_length=400)
    time_zone = serializers.CharField(required=False, allow_blank=True, max_length=400)
    language = serializers.CharField(required=False, allow_blank=True, max_length=400)

    def to_internal_value(self, data: object) -> dict[str, Any]:
        """Refuse what cannot be corrected instead of ignoring it."""
        if isinstance(data, dict) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            message = "This is not corrected here. Another address is another contact: remove this one and import that."
            raise serializers.ValidationError({unknown[0]: [message]})
        checked: dict[str, Any] = super().to_internal_value(data)
        return checked


class ContactRowOut(serializers.Serializer[Any]):
    """Outcome of one row; `contact` is null where the row was left out."""

    row = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["added", "changed", "known", "suppressed"])
    contact = serializers.UUIDField(allow_null=True)


class ContactImportOut(serializers.Serializer[Any]):
    """Result of an import. It identifies rows by number alone and contains no address."""

    id = serializers.UUIDField(source="batch.pk")
    rows_total = serializers.IntegerField()
    rows_added = serializers.IntegerField()
    rows_changed = serializers.IntegerField(help_text="Existing contacts whose values in the file differ.")
    rows_known = serializers.IntegerField()
    rows_suppressed = serializers.IntegerField()
    rows_bad = serializers.IntegerField()
    errors: Any = BadRowOut(many=True)
    unknown_columns = serializers.ListField(child=serializers.CharField())
    outcomes = ContactRowOut(many=True)


class ContactOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    address = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    company = serializers.CharField()
    cluster = serializers.CharField()
    segment = serializers.CharField()
    time_zone = serializers.CharField()
    language = serializers.CharField(help_text="Of our own words under a mail; empty: English")
    record = serializers.UUIDField(source="record_id", allow_null=True)
    lawful_basis = serializers.ChoiceField(choices=LawfulBasis.choices)
    basis_source = serializers.CharField()
    basis_date = serializers.DateField()
    may_track_opens = serializers.BooleanField()
    is_suppressed = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)


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

    @lists(ContactOut, ContactQuery, operation_id="contacts")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member, text = member_of(request), query.pop("q", "")
        task = mail_task_or_404(member, query.pop("task")) if "task" in query else None
        return queries.search(member, task=task, text=text, **query)

    @extend_schema(
        operation_id="contacts_import",
        request={"application/json": ContactsIn, "multipart/form-data": ContactFileIn},
        responses={200: ContactImportOut, 201: ContactImportOut},
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        """Import contacts: all or, when one is bad and `skip_bad` is not set, none. 200 when no contact was new.

        JSON `{task, contacts: [...]}`, or one contact with its `task`; or a file as multipart.
        """
        result = self._from_file(request) if request.FILES else self._from_json(request)
        return Response(ContactImportOut(result).data, status=201 if result.rows_added else 200)

    def _from_json(self, request: Request) -> ContactsResult:
        values, member = checked(ContactsIn(data=_as_many(request.data)), request), member_of(request)
        return import_rows(
            mail_task_or_404(member, values["task"]),
            values["contacts"],
            by=member,
            defaults=_basis(values),
            skip_bad=values["skip_bad"],
        )

    def _from_file(self, request: Request) -> ContactsResult:
        member, values = member_of(request), read_body(ContactFileIn, request)
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

    @extend_schema(operation_id="contact", responses={200: ContactOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(ContactOut(queries.contact_or_404(member_of(request), pk)).data)

    @extend_schema(operation_id="contact_correct", request=ContactPatchIn, responses={200: ContactOut})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Correct a contact; mails that have not gone are filled with what is right."""
        member = member_of(request)
        contact = queries.contact_or_404(member, pk)
        values = read_body(ContactPatchIn, request)
        correct.correct(contact, values, by=member)
        return Response(ContactOut(queries.contact_or_404(member, pk)).data)

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
    basis = {name: values[name] for name in BASIS if values.get(name) not in (None, "", False)}
    return {name: "yes" if value is True else str(value) for name, value in basis.items()}
