"""Forms about contacts: the file, the basis of all its rows, suppressions, senders, and a person to look for."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import Any

from django import forms
from django.utils import timezone

from campaigns.contacts.imports import ContactsPreview
from campaigns.contacts.imports.columns import BASIS
from campaigns.senders.edit import NewSender
from campaigns.states import LawfulBasis, SuppressionReason

BY_HAND = (SuppressionReason.MANUAL, SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED)


class ContactFileForm(forms.Form):
    """A file of contacts."""

    file = forms.FileField(
        label="File",
        help_text="CSV with a header row, JSONL, or a JSON array; UTF-8, at most 64 MiB.",
        allow_empty_file=True,
    )


class BasisForm(forms.Form):
    """Why the people of a file may be written to, where no column of it says so."""

    lawful_basis = forms.ChoiceField(
        label="Lawful basis", choices=[("", "– a column says it –"), *LawfulBasis.choices], required=False
    )
    basis_source = forms.CharField(
        label="Where it comes from",
        max_length=200,
        required=False,
        help_text="As you would tell the person: 'sign-up form of 2026', 'trade fair in Lund'.",
    )
    basis_date = forms.DateField(
        label="Since when", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Not to come."
    )
    may_track_opens = forms.BooleanField(
        label="They consented to openings being counted", required=False, help_text="Off unless somebody asked them."
    )
    skip_bad = forms.BooleanField(label="Leave bad rows out and import the good ones", required=False)

    def defaults(self) -> dict[str, str]:
        """Values for all rows, for what is filled in."""
        if not self.is_bound or not self.is_valid():
            return {}
        given = {name: self.cleaned_data.get(name) for name in BASIS}
        return {name: "yes" if value is True else str(value) for name, value in given.items() if value}


class SuppressForm(forms.Form):
    """Addresses never to be written to again: typed, pasted or from a file."""

    addresses = forms.CharField(
        label="Addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text="One a line. Of a pasted table the first column is read.",
    )
    file = forms.FileField(label="Or a CSV", required=False, help_text="Its first column is read.")
    reason = forms.ChoiceField(label="Why", choices=[(reason.value, reason.label) for reason in BY_HAND])
    note = forms.CharField(label="Note", max_length=200, required=False, help_text="Without names: it stays for good.")

    def lines(self) -> list[str]:
        """What was sent, line by line; a header over a column of addresses is left out.

        Raises:
            ValidationError: The file is not UTF-8.
        """
        text = self.cleaned_data.get("addresses", "")
        if file := self.cleaned_data.get("file"):
            try:
                text = f"{text}\n{file.read().decode('utf-8-sig')}" if text.strip() else file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError("The file is not UTF-8; save it again as UTF-8.") from None
        lines = str(text).splitlines()
        has_header = len(lines) > 1 and "@" not in lines[0] and "@" in lines[1]
        return ["", *lines[1:]] if has_header else lines


class SenderForm(forms.Form):
    """A sender identity."""

    name = forms.CharField(label="Name", max_length=120, help_text="How your colleagues call it.")
    from_name = forms.CharField(
        label="From, name", max_length=120, help_text="The person who writes, as readers see it."
    )
    from_address = forms.CharField(label="From, address", max_length=254)
    reply_address = forms.CharField(
        label="Replies go to",
        max_length=254,
        help_text="A mailbox that keeps what follows a plus: replies+mark@yours.example tells which mail is answered.",
    )
    postal_address = forms.CharField(
        label="Postal address",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands at the foot of every mail; a campaign is not launched without it.",
    )

    def sender(self) -> NewSender:
        """What was typed, for the service."""
        return NewSender(**self.cleaned_data)


class PersonForm(forms.Form):
    """Whom to look for."""

    address = forms.CharField(
        label="Mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )


class EraseForm(forms.Form):
    """The address once more, typed by hand: an erasure is not undone."""

    address = forms.CharField(
        label="Type the address to erase it", max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def basis_initial() -> dict[str, Any]:
    """What the basis form begins with."""
    return {"basis_date": timezone.localdate()}


def column_rows(preview: ContactsPreview) -> list[dict[str, Any]]:
    """One line a column: its name, samples, what it fills, and what is wrong with it."""
    file = preview.file
    return [
        {
            "index": index,
            "column": column,
            "samples": [row[index] for row in file.samples if row[index]][:3],
            "field": file.mapping.get(column, ""),
            "errors": file.problems.get(column, []),
        }
        for index, column in enumerate(file.columns)
    ]


def mapping_from(data: AnyMapping[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    """Column to field, as the selects of the page say."""
    return {column: data.get(f"map.{index}", "") for index, column in enumerate(columns)}
