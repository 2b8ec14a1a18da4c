"""Choices set when a form is instantiated, such as the rows a member may choose among."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms


def set_choices(form: forms.BaseForm, name: str, choices: Iterable[tuple[str, object]]) -> None:
    """Offer these (value, label) pairs in a field.

    Raises:
        TypeError: The field of this name offers no choices.
    """
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"the field '{name}' offers no choices")
    field.choices = list(choices)
