"""The form of a new token."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from members.tokens.scopes import SCOPES

DAYS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (366, "A year"))


class TokenForm(forms.Form):
    name = forms.CharField(label="What it is for", max_length=80, help_text="Such as: nightly export.")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=tuple(SCOPES.items()), widget=forms.CheckboxSelectMultiple, initial=["read", "datasets"]
    )
    days = forms.TypedChoiceField(label="Expires after", choices=DAYS, coerce=int, initial=90)

    def __init__(self, *args: Any, is_admin: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_admin:
            cast("forms.ChoiceField", self.fields["scopes"]).choices = [
                (key, label) for key, label in SCOPES.items() if key != "admin"
            ]
