"""API shapes of sources and records."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from review.sources.imports.tables.delimited import DELIMITERS
from review.sources.imports.tables.text_encoding import ENCODINGS
from review.states import SourceKind, Split
from web.http.known_parameters import TWICE, repeated, unknown
from web.strict_json import StorableJSONDecoder

READING = ("encoding", "sheet", "delimiter", "decimal", "dates", "header")


class FileReadingIn(serializers.Serializer[Any]):
    """Say how a file is to be read; what is not given is found by looking at it."""

    encoding = serializers.ChoiceField(
        choices=list(ENCODINGS.items()),
        required=False,
        allow_blank=True,
        default="",
        help_text="Detected if omitted.",
    )
    sheet = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=4096,
        trim_whitespace=False,
        help_text="Sheet of a workbook, or path to the rows in JSON; if omitted, the likeliest one.",
    )
    delimiter = serializers.ChoiceField(
        choices=[(name, name) for name in DELIMITERS],
        required=False,
        allow_blank=True,
        default="",
        help_text="Separator of the cells of a CSV; detected if omitted.",
    )
    decimal = serializers.ChoiceField(
        choices=[(".", "point"), (",", "comma")],
        required=False,
        allow_blank=True,
        default="",
        help_text="Decimal separator of numbers; detected if omitted.",
    )
    dates = serializers.ChoiceField(
        choices=[("dmy", "day first"), ("mdy", "month first")],
        required=False,
        allow_blank=True,
        default="",
        help_text="What comes first in 03/04/2026; needed where no date of the file shows it.",
    )
    header = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="The row that names the columns of a CSV or a sheet, 0 where none does; detected if omitted.",
    )

    def to_internal_value(self, data: QueryDict) -> Any:
        """Refuse names that are no fields, and two values of one: left out they would change what is imported."""
        names = list(self.fields)
        mistakes = {name: [unknown("field", name, names)] for name in data if name not in names}
        # A request without a body gives a dictionary that is none of a form, and empty.
        if mistakes := mistakes | {name: [TWICE] for name in (repeated(data) if data else ())}:
            raise serializers.ValidationError(mistakes)
        return super().to_internal_value(data)


class SourceIn(FileReadingIn):
    """A file with its task; `mapping` and `defaults` are JSON objects as text, as forms send them."""

    file = serializers.FileField(allow_empty_file=True)
    task = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=SourceKind.choices, default=SourceKind.RECORDS, help_text="Chat logs (OpenAI JSONL) are drafts."
    )
    name = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    provenance = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    mapping = serializers.JSONField(required=False, binary=True, decoder=StorableJSONDecoder)
    defaults = serializers.JSONField(required=False, binary=True, decoder=StorableJSONDecoder)
    verdicts = serializers.JSONField(
        required=False,
        binary=True,
        decoder=StorableJSONDecoder,
        help_text="With decisions: what each word of the verdict's column means.",
    )
    reviewers = serializers.JSONField(
        required=False,
        binary=True,
        decoder=StorableJSONDecoder,
        help_text="With decisions: the team member for each name.",
    )
    skip_bad = serializers.BooleanField(default=False, help_text="Leave bad rows out instead of refusing the file.")
    train_fraction = serializers.FloatField(
        required=False, help_text="Share of new companies that train, 0 to 1; the task's own where it is not given."
    )
    validation_fraction = serializers.FloatField(required=False, help_text="Share that validates; the rest tests.")

    def validate_mapping(self, value: object) -> dict[str, str]:
        return _texts(value, "{column: field}")

    def validate_defaults(self, value: object) -> dict[str, str]:
        return _texts(value, "{field: value}")

    def validate_verdicts(self, value: object) -> dict[str, str]:
        return _texts(value, "{word: accept | edit | reject | leave_out}")

    def validate_reviewers(self, value: object) -> dict[str, str]:
        return _texts(value, "{name: user name}")


class SourceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    filename = serializers.CharField()
    format = serializers.CharField()
    mapping = serializers.JSONField()
    reading = serializers.DictField(
        allow_null=True, help_text="What its importer chose of how the file is read and split."
    )
    provenance = serializers.CharField()
    is_synthetic = serializers.BooleanField(help_text="Whether a teacher made its records up.")
    sha256 = serializers.CharField()
    rows_total = serializers.IntegerField()
    rows_added = serializers.IntegerField()
    rows_known = serializers.IntegerField()
    rows_bad = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class RowErrorOut(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    reason = serializers.CharField()


class NameMatchOut(serializers.Serializer[Any]):
    """A row whose record was found by a name that is written otherwise."""

    row = serializers.IntegerField()
    named = serializers.CharField()
    record = serializers.CharField()


class ImportOut(SourceOut):
    """A source and what this very import did: its counts are of this file, also where nothing was new."""

    errors: Any = RowErrorOut(many=True)
    unknown_columns = serializers.ListField(child=serializers.CharField())
    alike: Any = NameMatchOut(many=True)
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What came in another form than it stood in the file."
    )


class RecordOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    source: Any = serializers.UUIDField(source="source_id")
    row = serializers.IntegerField(source="row_number")
    title = serializers.CharField()
    group = serializers.CharField()
    split = serializers.ChoiceField(choices=Split.choices)
    facts = serializers.JSONField()
    created_at = serializers.DateTimeField()


def _texts(value: object, shape: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
        raise serializers.ValidationError(f"Expected a JSON object {shape} with text values.")
    return value
