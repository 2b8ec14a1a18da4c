"""The form that orders synthetic records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from generation.money.forms import order_budget_field
from generation.synthetic.launch import ABOUT_CHARS, LEAST, MOST, SyntheticRequest
from generation.teachers.queries import TeacherLine, choices_of
from web.http.form_choices import set_choices
from web.whole_numbers import whole_number

_ATTRIBUTES_HELP = (
    "One a line: a name, a colon, values with commas between them. One that is called like a fact decides that fact."
)


class SyntheticForm(forms.Form):
    """Number of records, their teacher, and what varies."""

    teacher = forms.ChoiceField(label="Teacher", help_text="The model that makes them up.")
    count = forms.IntegerField(
        label="Records",
        min_value=LEAST,
        max_value=MOST,
        initial=50,
        help_text="Near-duplicates are dropped, so fewer remain.",
    )
    max_cost_usd = order_budget_field()
    about = forms.CharField(
        label="What they are about",
        required=False,
        max_length=ABOUT_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What is not in the task: who writes, about what, what is common and what is rare.",
    )
    attributes = forms.CharField(
        label="What varies",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "placeholder": "product: kettle, toaster, lamp"}
        ),
        help_text=_ATTRIBUTES_HELP,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked_anything))

    def request(self) -> SyntheticRequest:
        values = self.cleaned_data
        return SyntheticRequest(
            values["count"], values["about"], attribute_lines(values["attributes"]), values.get("max_cost_usd")
        )


def priced_request(values: Mapping[str, str]) -> SyntheticRequest:
    """Read a form that is still being filled in; the budget does not change the price."""
    number = whole_number(values.get("count", ""), otherwise=0)
    return SyntheticRequest(number, values.get("about", ""), attribute_lines(values.get("attributes", "")), Decimal(0))


def attribute_lines(text: str) -> dict[str, list[str]]:
    """Values by name; a line without a colon has none, which is refused by its name."""
    attributes: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, values = line.partition(":")
        parted = [value.strip() for value in values.split("|" if "|" in values else ",")]
        attributes.setdefault(name.strip(), []).extend(dict.fromkeys(filter(None, parted)))
    return attributes
