"""The form of a sender identity."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import model_to_dict

from campaigns.models import SenderIdentity
from campaigns.senders.edit import MOST_A_DAY, NewSender


class SenderForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="The name your colleagues know.")
    from_name = forms.CharField(
        label="From, name", max_length=120, help_text="The person who writes, as readers see it."
    )
    from_address = forms.CharField(label="From, address", max_length=254)
    reply_address = forms.CharField(
        label="Replies go to",
        max_length=254,
        help_text="A mailbox that keeps plus addresses: replies+mark@yours.example identifies the answered mail.",
    )
    postal_address = forms.CharField(
        label="Postal address",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown at the foot of every mail; a campaign needs it before it is launched.",
    )
    dkim_selector = forms.CharField(
        label="DKIM selector",
        max_length=100,
        required=False,
        help_text="The s=… of the header DKIM-Signature in a mail that you sent; only the check of the domain uses it.",
    )

    tracking_domain = forms.CharField(
        label="Tracking domain",
        max_length=253,
        required=False,
        help_text="A name of yours for the links in its mails, such as links.yours.example. "
        "Checked with the domain below.",
    )
    daily_limit = forms.IntegerField(
        label="Mails a day",
        min_value=1,
        max_value=MOST_A_DAY,
        required=False,
        help_text="At most, all campaigns together; empty: any number.",
    )

    def sender(self) -> NewSender:
        return NewSender(**self.cleaned_data)


def initial_of(sender: SenderIdentity) -> dict[str, Any]:
    return model_to_dict(sender, fields=SenderForm.base_fields)
