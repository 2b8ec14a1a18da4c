"""Forms of an import: the file, and how its columns are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from review.models import Task
from review.sources.imports import ColumnMapping, ImportChoices, ImportPreview
from review.sources.imports.result import BadRows
from review.sources.imports.tables.delimited import DELIMITERS
from review.sources.imports.tables.text_encoding import ENCODINGS
from review.sources.imports.verdicts import DRAFT
from review.spec.schema import InputField
from review.states import SourceKind
from web.errors import Refusal

PERCENT = 100
# Signs that show nothing.
SHOWN = {"tab": "⇥", "none": "each line is one cell"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV, Excel (.xlsx), JSON, JSONL, Parquet or Arrow, or a zipped folder of texts; at most 64 MiB.",
        allow_empty_file=True,
    )
    encoding = forms.ChoiceField(
        choices=[("", "– detect –"), *ENCODINGS.items()],
        required=False,
        label="Encoding",
        help_text="Usually detected; the next page shows a sample.",
    )
    kind = forms.ChoiceField(
        choices=[
            (SourceKind.RECORDS, "Records: rows of facts to write for"),
            (
                SourceKind.DRAFTS,
                "Finished drafts: existing texts, or a chat log (OpenAI JSONL), to be judged",
            ),
            (
                SourceKind.DECISIONS,
                (
                    "Decisions made elsewhere: an export of Label Studio, Argilla or doccano, "
                    "or a table of one verdict a row"
                ),
            ),
        ],
        initial=SourceKind.RECORDS,
        widget=forms.RadioSelect,
        label="The rows are",
    )


class DetailsForm(forms.Form):
    name = forms.CharField(max_length=160, required=False, label="Name", help_text="What to call this source.")
    provenance = forms.CharField(
        max_length=200,
        required=False,
        label="Where it comes from",
        help_text="Shown on the data card of every dataset made from it.",
    )


class ReadingForm(forms.Form):
    encoding = forms.ChoiceField(
        choices=[("", "– as detected –"), *ENCODINGS.items()],
        required=False,
        label="Encoding",
        help_text="If letters look wrong in the examples, choose another.",
    )
    # A path may be as long as systems take one, and blanks at its ends belong to a name.
    sheet = forms.CharField(required=False, max_length=4096, strip=False, label="Sheet")
    header = forms.IntegerField(
        required=False,
        min_value=0,
        label="Header in another row",
        help_text="0 where no row names the columns.",
    )
    delimiter = forms.ChoiceField(
        choices=[
            ("", "– as detected –"),
            *((name, f"{name}: {SHOWN.get(name, sign)}") for name, sign in DELIMITERS.items()),
        ],
        required=False,
        label="Cell separator",
    )
    decimal = forms.ChoiceField(
        choices=[("", "– as detected –"), (".", "a point: 1,200.5"), (",", "a comma: 1.200,5")],
        required=False,
        label="Decimal separator",
    )
    dates = forms.ChoiceField(
        choices=[("", "– as detected –"), ("dmy", "day first: 31/12/2026"), ("mdy", "month first: 12/31/2026")],
        required=False,
        label="Order of dates",
    )
    train = forms.FloatField(label="Train, %", required=False, min_value=0, max_value=100)
    validation = forms.FloatField(label="Validation, %", required=False, min_value=0, max_value=100)
    # How the columns were read that the mapping names, and how many rows the button said would stay out.
    read_as = forms.CharField(required=False)
    left_out = forms.IntegerField(min_value=0, required=False)

    def choices(self) -> ImportChoices:
        """Return the choices made in the form; an invalid value counts as not chosen."""
        chosen = self._chosen()
        return ImportChoices(
            encoding=chosen.get("encoding", ""),
            sheet=chosen.get("sheet", ""),
            delimiter=chosen.get("delimiter", ""),
            decimal=chosen.get("decimal", ""),
            dates=chosen.get("dates", ""),
            header=chosen.get("header"),
            **_shares(chosen.get("train"), chosen.get("validation")),
            left_out=chosen.get("left_out") or 0,
        )

    def clean(self) -> dict[str, Any]:
        train, validation = (self.cleaned_data.get(name) for name in ("train", "validation"))
        if (train is None) != (validation is None) and not {"train", "validation"} & self.errors.keys():
            self.add_error("train", "Give the shares of train and of validation; the rest is the test split.")
        elif train is not None and validation is not None and train + validation > PERCENT:
            self.add_error("validation", f"Train and validation come to {train + validation:g} %; the most is 100 %.")
        return self.cleaned_data

    def mapping(self, data: Mapping[str, str], preview: ImportPreview) -> ColumnMapping:
        """Column to field; guessed anew where the file is read in another way than the page showed it."""
        read_as = self._chosen().get("read_as")
        is_same = not read_as or preview.form is None or read_as == preview.form.signature
        return mapping_from(data, preview.columns) if is_same else preview.mapping

    def _chosen(self) -> dict[str, Any]:
        self.is_valid()
        return dict(self.cleaned_data)


def shares_of(task: Task) -> dict[str, str]:
    """The task's own shares, as the form has them."""
    return {"train": f"{task.train_fraction * PERCENT:g}", "validation": f"{task.validation_fraction * PERCENT:g}"}


def _shares(train: float | None, validation: float | None) -> dict[str, float]:
    if train is None or validation is None:
        return {}
    return {"train": train / PERCENT, "validation": validation / PERCENT}


@dataclass(frozen=True)
class ImportButton:
    good: int
    bad: int


def offer(good: int, bad: int, refusal: Refusal | None) -> ImportButton:
    """Return the button to offer after an attempt; a refusal's count of bad rows replaces the preview's."""
    if isinstance(refusal, BadRows):
        refusal.hint = "Correct these rows in the file, or import without them: the button shows how many are left out."
        return ImportButton(max(0, good + bad - refusal.bad), refusal.bad)
    return ImportButton(good, bad)


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
    facts = [target for target in preview.targets if isinstance(target.field, InputField)]
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
