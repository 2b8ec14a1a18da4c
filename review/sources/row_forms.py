"""Forms of a task that is made from twenty rows: the rows, and what their columns are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms

from review.sources.imports.logs.slot_names import field_name
from review.sources.imports.own_rows.column_types import FIELDS
from review.sources.imports.own_rows.column_uses import ANSWER, FACT, MODEL, OUT, SPLIT, Column, changed
from review.sources.imports.own_rows.pasted import FORMS
from review.sources.imports.own_rows.proposal import members_of
from review.sources.imports.preview import short
from review.spec.value_types import TYPES
from review.tasks import authoring
from web.errors import Refusal

MOST_CHARS = 1_000_000
USES = {FACT: "a fact", ANSWER: "the answer", MODEL: "the model that wrote it", SPLIT: "the split", OUT: "left out"}
_USE, _KIND, _NAME = "use.", "kind.", "called."
_WHOLE = {"": "list of objects", FIELDS: "fields, as JSON"}


class RowsForm(forms.Form):
    rows = forms.CharField(
        label="Paste rows",
        required=False,
        strip=False,
        max_length=MOST_CHARS,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="As copied from a spreadsheet, CSV, JSON, or texts: one a line, or with an empty line between them.",
    )
    form = forms.ChoiceField(label="They are", choices=list(FORMS.items()), required=False)
    file = forms.FileField(
        label="Or drop a file",
        required=False,
        allow_empty_file=True,
        help_text="CSV, Excel (.xlsx), JSON, JSONL, Parquet, Arrow, a text file, or a zipped folder of texts; "
        "at most 64 MiB.",
    )

    def clean(self) -> dict[str, Any]:
        rows, file = self.cleaned_data.get("rows", ""), self.cleaned_data.get("file")
        if bool(rows.strip()) == bool(file) and "file" not in self.errors and "rows" not in self.errors:
            self.add_error("rows", "Paste rows or choose a file; one of the two.")
        return self.cleaned_data


class OwnTaskForm(forms.Form):
    name = forms.CharField(max_length=authoring.NAME_CHARS, label="Name", help_text="The task's name for people.")
    slug = forms.CharField(
        max_length=authoring.SLUG_CHARS,
        label="Address",
        required=False,
        help_text="Made from the name when left empty.",
    )
    record_noun = forms.RegexField(
        r"^[^\W\d_][\w -]{0,39}$", label="A row is called", help_text="Such as ticket, prospect or claim."
    )
    instruction = forms.CharField(
        label="Instruction",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Proposed from the columns below; change it as needed.",
    )
    # The proposal as it stood on the page: where it was not touched it follows the columns.
    proposed = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def own_instruction(self) -> str:
        """The instruction where a person wrote or changed it."""
        text, proposed = ("".join(self.data.get(name, "").split()) for name in ("instruction", "proposed"))
        return "" if text == proposed else str(self.data.get("instruction", ""))


def columns_from(data: Mapping[str, str], columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns with what the page says of them.

    Raises:
        Refusal: `invalid`, two would have one name, or a name has no letter; by the columns' names.
    """
    uses = {column.name: data.get(f"{_USE}{index}", column.use) for index, column in enumerate(columns)}
    uses = {name: use if use in USES else OUT for name, use in uses.items()}
    kinds = {column.name: data.get(f"{_KIND}{index}", column.kind) for index, column in enumerate(columns)}
    chosen, errors = list[Column](), dict[str, list[str]]()
    for index, column in enumerate(changed(columns, uses, kinds)):
        typed_name = data.get(f"{_NAME}{index}", column.field)
        name = field_name(typed_name)
        if not name:
            errors[column.name] = [f"'{typed_name}' is not a valid name: begin with a letter."]
        elif column.use in (FACT, ANSWER) and name in {other.field for other in chosen if other.use == column.use}:
            errors[column.name] = [f"Two columns would be called '{name}'."]
        chosen.append(replace(column, field=name or column.field))
    if errors:
        raise Refusal("invalid", next(iter(errors.values()))[0], hint="Use letters, digits and _.", errors=errors)
    return tuple(chosen)


def column_lines(columns: Sequence[Column], errors: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """One line a column, for the page."""
    return [
        {
            "column": column,
            "use": f"{_USE}{index}",
            "kind": f"{_KIND}{index}",
            "called": f"{_NAME}{index}",
            "types": [(kind, _WHOLE.get(kind) or TYPES[kind].label.lower()) for kind in column.kinds or ("",)],
            "members": [part.field for part in members_of(column)] if column.kind == FIELDS else [],
            "examples": [short(example) for example in column.examples],
            "errors": errors.get(column.name, []),
        }
        for index, column in enumerate(columns)
    ]
