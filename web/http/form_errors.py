"""Refusals of services, shown on the forms that asked."""

from __future__ import annotations

from django import forms

from web.errors import Refusal


def add_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Put a refusal's words beside the fields they are about, and the rest above the form."""
    placed = False
    for name, texts in refusal.errors.items():
        if name in form.fields:
            placed = True
            for text in texts:
                form.add_error(name, text)
    if not placed:
        form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
