"""Ways in that this installation keeps shut: there is no sign-up and no mail, so pages say whom to ask."""

from __future__ import annotations

from allauth.account.forms import LoginForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _


class UsernameLoginForm(LoginForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name")
        self.fields["login"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Stay signed in on this device")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


def signup_closed(request: HttpRequest) -> HttpResponse:
    return render(request, "account/ask_an_admin.html")


def redirect_to_profile(request: HttpRequest) -> HttpResponse:
    return redirect("members:profile")
