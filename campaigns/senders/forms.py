"""The form of a sender identity."""

from __future__ import annotations

from django import forms

from campaigns.senders.edit import NewSender


class SenderForm(forms.Form):
    """A sender identity."""

    name = forms.CharField(label="Name", max_length=120, help_text="What your colleagues call it.")
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
        help_text="Shown at the foot of every mail; a campaign needs it before it is launched.",
    )
    dkim_selector = forms.CharField(
        label="DKIM selector",
        max_length=100,
        required=False,
        help_text="The s=… of the header DKIM-Signature in a mail that you sent; only the check of the domain uses it.",
    )

    def sender(self) -> NewSender:
        """What was typed, for the service."""
        return NewSender(**self.cleaned_data)
