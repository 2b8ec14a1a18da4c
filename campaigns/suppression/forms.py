"""Forms of the suppression list: addresses to put on it, and one to look for."""

from __future__ import annotations

from django import forms

from campaigns.states import SuppressionReason

BY_HAND = (SuppressionReason.MANUAL, SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED)


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
        """Return the lines that were sent; a header over a column of addresses is left out.

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


class LiftForm(forms.Form):
    address = forms.CharField(max_length=254, widget=forms.HiddenInput())
    reason = forms.CharField(
        label="Lift, because",
        max_length=300,
        help_text="Without names: it stays for good. Nothing that was stopped goes out by itself.",
    )


class PersonForm(forms.Form):
    address = forms.CharField(
        label="Mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
