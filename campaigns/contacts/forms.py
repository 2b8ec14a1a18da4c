"""Forms of an import of contacts: the file, and the basis of all its rows."""

from __future__ import annotations

from django import forms

from campaigns.contacts.imports.columns import BASIS
from campaigns.states import LawfulBasis
from review.sources.imports.tables.text_encoding import ENCODINGS


class ContactFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV with a header row, Excel (.xlsx), JSON, JSONL, Parquet or Arrow; at most 64 MiB.",
        allow_empty_file=True,
    )
    encoding = forms.ChoiceField(
        choices=[("", "– detect –"), *ENCODINGS.items()],
        required=False,
        label="Encoding",
        help_text="Usually detected; the next page shows a sample.",
    )


class BasisForm(forms.Form):
    """Why the people of a file may be written to, where no column of it says so."""

    lawful_basis = forms.ChoiceField(
        label="Lawful basis", choices=[("", "– from a column –"), *LawfulBasis.choices], required=False
    )
    basis_source = forms.CharField(
        label="Where it comes from",
        max_length=200,
        required=False,
        help_text="As you would tell the person: 'sign-up form of 2026', 'trade fair in Lund'.",
    )
    basis_date = forms.DateField(
        label="Since when",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Not in the future.",
    )
    may_track_opens = forms.BooleanField(
        label="They consented to open tracking", required=False, help_text="Tick only if they agreed to it."
    )
    # How many rows the button said would stay out.
    left_out = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def defaults(self) -> dict[str, str]:
        if not self.is_bound or not self.is_valid():
            return {}
        values = {name: self.cleaned_data.get(name) for name in BASIS}
        return {name: "yes" if value is True else str(value) for name, value in values.items() if value}
