"""The page that leads to the organisation's identity provider.

Allauth's own answers with an error of ours when that is away.
"""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect.views import login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from requests import RequestException


def lead_to_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        led: HttpResponseBase = login(request, provider_id)
    except RequestException as error:
        provider = get_adapter().get_provider(request, provider_id)
        led = render_authentication_error(request, provider, exception=error)
    return led
