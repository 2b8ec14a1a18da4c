"""The form of an erasure."""

from __future__ import annotations

from django import forms


class EraseForm(forms.Form):
    """The address once more, typed by hand: an erasure is not undone."""

    address = forms.CharField(
        label="Type the address to erase it", max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
