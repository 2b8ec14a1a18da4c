"""The form of a host's price."""

from __future__ import annotations

from django import forms


class HostPriceForm(forms.Form):
    """What an hour of a host costs."""

    host = forms.CharField(
        label="Host", max_length=64, initial="default", help_text="'default' for every host without a line of its own."
    )
    usd_per_hour = forms.DecimalField(label="US dollars an hour", min_value=0, max_digits=10, decimal_places=4)
    note = forms.CharField(label="Note", max_length=200, required=False, help_text="Such as: what the cloud bills.")
