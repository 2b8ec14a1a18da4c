"""Form that orders an evaluation."""

from __future__ import annotations

from django import forms

from evaluation.evaluations.open_test_split import MOST_PLANNED
from evaluation.states import Baseline


class OrderForm(forms.Form):
    """Baselines that a run is compared with; `planned` is asked for the first opening of a test split alone."""

    # Tells a form without a tick from a button that asks for the usual.
    chosen = forms.BooleanField(required=False, widget=forms.HiddenInput)
    baselines = forms.MultipleChoiceField(choices=Baseline.choices, required=False)
    # A suite's id; the validation split's records where it is empty.
    suite = forms.UUIDField(required=False)
    planned = forms.IntegerField(required=False, min_value=1, max_value=MOST_PLANNED)

    @property
    def asked_baselines(self) -> list[str] | None:
        """The baselines that were ticked; None where nobody was asked."""
        return list(self.cleaned_data["baselines"]) if self.cleaned_data["chosen"] else None

    @property
    def mistakes(self) -> str:
        return " ".join(f"{name}: {' '.join(map(str, told))}" for name, told in self.errors.items())
