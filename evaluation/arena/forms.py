"""Form that opens an arena."""

from __future__ import annotations

from django import forms

from evaluation.arena.open_arena import LEAST_VOTES, MOST_SYSTEMS, MOST_VOTES, USUAL_VOTES


class ArenaForm(forms.Form):
    systems = forms.MultipleChoiceField(label="Systems", widget=forms.CheckboxSelectMultiple)
    most_votes = forms.IntegerField(
        label="Votes for each two systems, at most", min_value=LEAST_VOTES, max_value=MOST_VOTES, initial=USUAL_VOTES
    )

    def __init__(self, *args: object, names: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["systems"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean_systems(self) -> list[str]:
        chosen = self.cleaned_data["systems"]
        if not 2 <= len(chosen) <= MOST_SYSTEMS:
            raise forms.ValidationError(f"Choose two to {MOST_SYSTEMS} systems.")
        return [name for name, _ in self.fields["systems"].choices if name in chosen]  # type: ignore[attr-defined]
