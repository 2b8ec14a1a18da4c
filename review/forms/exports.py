"""Forms of the export page."""

from __future__ import annotations

from django import forms

from review.exports import FORMATS
from review.services.pushing import DEFAULT_TOKEN


class PushForm(forms.Form):
    to = forms.CharField(label="Repository", max_length=193, help_text="owner/name. It is made if it is missing.")
    formats = forms.MultipleChoiceField(
        label="Formats",
        choices=[(format_, format_) for format_ in FORMATS],
        initial=["sft", "dpo", "kto"],
        widget=forms.CheckboxSelectMultiple,
    )
    private = forms.BooleanField(
        label="Hidden from strangers", required=False, initial=True, help_text="Of a repository that is made now."
    )
    token = forms.CharField(
        label="Secret with the hub's token",
        max_length=64,
        initial=DEFAULT_TOKEN,
        help_text="Its name. The value stands in the environment of the workers.",
    )
