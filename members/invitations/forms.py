"""Forms of inviting and joining."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members import ports
from members.models import Member


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="Signing in by SSO must bring this address.")
    display_name = forms.CharField(label="Name", max_length=80, required=False)
    is_admin = forms.BooleanField(label="Admin: may do everything, in every task", required=False)
    days = forms.TypedChoiceField(
        label="The link is valid for", choices=((1, "1 day"), (7, "7 days"), (30, "30 days")), coerce=int, initial=7
    )

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.is_admin:
            del self.fields["is_admin"]
        choices = [("", "No role"), *ports.teams().roles().items()]
        self._slugs = ports.teams().led_by(by)
        for slug, name in self._slugs.items():
            self.fields[f"role_{slug}"] = forms.ChoiceField(label=name, choices=choices, required=False)

    @property
    def role_fields(self) -> list[forms.BoundField]:
        return [self[f"role_{slug}"] for slug in self._slugs]

    @property
    def chosen(self) -> dict[str, Any]:
        data = self.cleaned_data
        roles = [{"task": slug, "role": data[f"role_{slug}"]} for slug in self._slugs if data[f"role_{slug}"]]
        plain: dict[str, Any] = {
            name: data[name] for name in ("email", "display_name", "is_admin", "days") if name in data
        }
        return {**plain, "roles": roles}


class JoinForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=150, help_text=gettext_lazy("What you sign in with.")
    )
    display_name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, required=False, help_text=gettext_lazy("Shown on pages.")
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=gettext_lazy("At least ten characters, and not a common password."),
    )
    again = forms.CharField(
        label=gettext_lazy("Password, again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("This is not the same as above."))
        return again
