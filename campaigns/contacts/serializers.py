"""Requests and responses of the API of contacts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from campaigns.states import LawfulBasis
from campaigns.suppression.api import BadRowOut
from review.sources.serializers import FileReadingIn
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

    def to_internal_value(self, data: object) -> dict[str, Any]:
        """Refuse unknown keys instead of ignoring them."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({unknown[0]: ["A contact has no such field; put facts under 'facts'."]})
        checked: dict[str, Any] = super().to_internal_value(data)
        return checked


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
    """What to correct; what is left out stays."""

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
    """What became of one row; `contact` is null where it was left out."""

    row = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["added", "changed", "known", "suppressed"])
    contact = serializers.UUIDField(allow_null=True)


class ContactImportOut(serializers.Serializer[Any]):
    """What came of an import. Rows are told by number alone: no address stands in it."""

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
