"""Forms of the settings pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from members.models import Member
from web.language.pages import AUTOMATIC


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label="Name", max_length=80, required=False, help_text="Shown on pages and with your decisions."
    )
    theme = forms.ChoiceField(
        label="Theme",
        choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
    )
    density = forms.ChoiceField(
        label="Rows of tables", choices=(("regular", "Regular, 36 px"), ("compact", "Compact, 28 px"))
    )
    shortcuts = forms.ChoiceField(
        label="Single-letter keys",
        choices=(("on", "On"), ("off", "Off")),
        help_text="Keys such as g, j and / on every page. The desk has its own list under ? there.",
    )
    language = forms.ChoiceField(
        label="Language of the desk",
        choices=((AUTOMATIC, "As the browser"), *settings.LANGUAGES),
        required=False,
        help_text="The desk, its lists and the sign-in are translated; other pages and mails are in English.",
    )
    work_mails = forms.ChoiceField(
        label="Mails about runs and sweeps you launched",
        choices=(
            ("problems", "When one fails or does not finish everything"),
            ("always", "Whenever one ends"),
            ("never", "Never"),
        ),
        required=False,
    )
    daily_mails = forms.ChoiceField(
        label="A mail a day about what waits for you",
        choices=(("on", "When something waits"), ("off", "Never")),
        required=False,
        help_text="On unless you choose Never. Cards assigned to you; "
        "for leads also disputed drafts and late decisions.",
    )

    @classmethod
    def of(cls, member: Member) -> ProfileForm:
        chosen: dict[str, Any] = {"theme": "system", "density": "regular", "shortcuts": "on"}
        chosen.update({"work_mails": "problems", "daily_mails": "on", "language": AUTOMATIC})
        chosen.update(member.preferences)
        return cls(initial={"display_name": member.display_name, **chosen})

    def clean_work_mails(self) -> str:
        """Pages drawn before there was this choice send none."""
        return str(self.cleaned_data["work_mails"] or "problems")

    def clean_language(self) -> str:
        return str(self.cleaned_data["language"] or AUTOMATIC)

    def clean_daily_mails(self) -> str:
        return str(self.cleaned_data["daily_mails"] or "on")


class AddressForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Where mails about runs, shares of work and mentions go.",
    )


class NewMemberForm(forms.Form):
    username = forms.CharField(label="User name", max_length=150, help_text="What they sign in with.")
    display_name = forms.CharField(label="Name", max_length=80, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    is_admin = forms.BooleanField(label="Admin: may do everything, in every task", required=False)
