"""The filter of the trail's page."""

from __future__ import annotations

from django import forms

from audit.acts import ACTS
from audit.selectors import Asked


class FilterForm(forms.Form):
    act = forms.ChoiceField(
        label="Act", required=False, choices=[("", "All acts"), *ACTS.items()],
        widget=forms.Select(attrs={"aria-label": "Act"}),
    )  # fmt: skip
    who = forms.CharField(label="Who", max_length=150, required=False)
    subject = forms.CharField(label="Id of what was acted on", max_length=64, required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    @property
    def asked(self) -> Asked:
        """What is asked for; what cannot be read narrows nothing and is said beside its field."""
        self.full_clean()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return Asked(**chosen)
