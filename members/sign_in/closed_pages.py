"""Sign-in pages of our own: sign-up is closed and says whom to ask, and an absent provider answers with an error page.

Allauth answers with a 500 when the organisation's identity provider cannot be reached.
"""

from __future__ import annotations

from allauth.account.forms import LoginForm
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect.views import login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from requests import RequestException


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


def lead_to_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        led: HttpResponseBase = login(request, provider_id)
    except RequestException as error:
        provider = get_adapter().get_provider(request, provider_id)
        led = render_authentication_error(request, provider, exception=error)
    return led
