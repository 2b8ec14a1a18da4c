"""Forms of a miniature's formats."""

from __future__ import annotations

from django import forms

from review.datasets.forms import HubForm


class MiniatureHubForm(HubForm):
    """Destination on a hub, and the hash of the preview that the member read."""

    sha256 = forms.CharField(max_length=64)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["private"].help_text = "A repository that is public already is refused."
