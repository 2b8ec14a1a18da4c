"""Refusals of services, shown on the forms that caused them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from web.errors import Refusal

Made = TypeVar("Made")


def submit(form: forms.BaseForm, service: Callable[[dict[str, Any]], Made]) -> tuple[Made | None, int]:
    """Call a service with a form's values.

    Returns:
        What it made and 302; or None and the status of the page whose form shows why not.
    """
    if not form.is_valid():
        return None, 400
    try:
        return service(form.cleaned_data), 302
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None, refusal.status


def add_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Show a refusal's messages at their fields, or its title and hint above the form."""
    placed = False
    for name, texts in refusal.errors.items():
        if name in form.fields:
            placed = True
            for text in texts:
                form.add_error(name, text)
    if not placed:
        form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
