"""Forms of an import: the file, and how its columns are read."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from review.sources.imports import ColumnMapping, ImportPreview
from review.sources.imports.verdicts import DRAFT
from review.states import SourceKind


class UploadForm(forms.Form):
    """A file and what its rows are."""

    file = forms.FileField(
        label="File",
        help_text="CSV with a header row, JSONL, or a JSON array; UTF-8, at most 64 MiB.",
        allow_empty_file=True,
    )
    kind = forms.ChoiceField(
        choices=[
            (SourceKind.RECORDS, "Records: rows of facts, to be written for"),
            (
                SourceKind.DRAFTS,
                "Finished drafts: texts that somebody wrote, or a chat log (OpenAI JSONL), to be judged",
            ),
            (
                SourceKind.DECISIONS,
                "Decisions made elsewhere: an export of Label Studio, Argilla or doccano, or a table of one verdict a row",
            ),
        ],
        initial=SourceKind.RECORDS,
        widget=forms.RadioSelect,
        label="What the rows are",
    )


class DetailsForm(forms.Form):
    """What to call an import, and what to do with bad rows."""

    name = forms.CharField(max_length=160, required=False, label="Name", help_text="What to call this source.")
    provenance = forms.CharField(
        max_length=200,
        required=False,
        label="Where it comes from",
        help_text="Stands on the data card of every dataset made from it.",
    )
    skip_bad = forms.BooleanField(required=False, label="Leave bad rows out and import the good ones")


def mapping_from(data: Mapping[str, str], columns: tuple[str, ...]) -> ColumnMapping:
    """Column to field, as the selects of the page say."""
    return {column: data.get(f"map.{index}", "") for index, column in enumerate(columns)}


def defaults_from(data: Mapping[str, str]) -> dict[str, str]:
    """Values for all rows, as the page says."""
    return {
        key[len("fill.") :]: value.strip() for key, value in data.items() if key.startswith("fill.") and value.strip()
    }


def mapping_rows(preview: ImportPreview) -> list[dict[str, object]]:
    """One line a column: its name, samples, the field it fills, and what is wrong with it."""
    return [
        {
            "index": index,
            "column": column,
            "samples": [row[index] for row in preview.samples if row[index]][:3],
            "field": preview.mapping.get(column, ""),
            "errors": preview.problems.get(column, []),
        }
        for index, column in enumerate(preview.columns)
    ]


def unfilled(preview: ImportPreview, defaults: Mapping[str, str]) -> list[dict[str, object]]:
    """Facts that no column fills, required ones first, each with the value for all rows typed so far."""
    filled = set(preview.mapping.values())
    # A draft that is here already brings its facts along, and so does a record that is found by its name.
    facts = [target for target in preview.targets if target.field is not None and not target.is_output]
    names = {target.name for target in facts if target.field and target.field.role}
    are_facts_needed = not filled & {DRAFT, *names}
    lines: list[dict[str, object]] = [
        {
            "name": target.name,
            "label": target.label,
            "is_required": target.is_required or bool(are_facts_needed and target.field and target.field.required),
            "value": defaults.get(target.name, ""),
            "errors": preview.problems.get(target.name, []),
        }
        for target in facts
        if target.name not in filled
    ]
    return sorted(lines, key=lambda line: not line["is_required"])


WORD, REVIEWER = "word:", "reviewer:"


def verdicts_from(data: Mapping[str, str]) -> dict[str, str]:
    """Return what each word of the verdict's column means, where the form says so."""
    return _chosen(data, WORD)


def reviewers_from(data: Mapping[str, str]) -> dict[str, str]:
    """Return which member each name stands for, where the form says so."""
    return _chosen(data, REVIEWER)


def _chosen(data: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in data.items() if key.startswith(prefix) and value}
