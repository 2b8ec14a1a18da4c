"""The form of a new service token."""

from __future__ import annotations

from django import forms

from members.tokens.forms import DAYS
from members.tokens.scopes import SERVICE_SCOPES
from review.tasks.service_tokens.issue import NAME_CHARS


class ServiceTokenForm(forms.Form):
    name = forms.CharField(label="Which program", max_length=NAME_CHARS, help_text="Such as: nightly export.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=tuple(SERVICE_SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["read", "datasets"],
    )
    days = forms.TypedChoiceField(label="Expires after", choices=DAYS, coerce=int, initial=90)
