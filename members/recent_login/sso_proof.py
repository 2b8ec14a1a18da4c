"""Reauthentication by SSO: the time of a person's last proof of identity, and a forced new sign-in.

A browser that is signed in at the provider is let through without a question: coming back from there proves nothing by
itself.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.http import Http404, HttpRequest, HttpResponse
from requests import RequestException

AUTH_TIME = "auth_time"
# In what is kept of a way to the provider, in the session: this site asked for a new sign-in, and whether the
# provider says when that was.
ASKED, TELLS = "asked_anew", "tells_when"


def force_provider_login(request: HttpRequest, provider_id: str, *, next_url: str) -> HttpResponse:
    """Lead to the provider, which is to ask the person again and to say when it did.

    Raises:
        Http404: There is no such provider.
    """
    try:
        provider = get_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    try:
        claims = provider.get_oauth2_adapter(request).openid_config.get("claims_supported") or []
        # Asked for the longest age of a sign-in, a provider has to say when it was (OpenID Connect Core, 3.1.2.1).
        parameters = {"prompt": "login", "max_age": str(app_settings.REAUTHENTICATION_TIMEOUT)}
        state = {ASKED: True, TELLS: AUTH_TIME in claims}
        response: HttpResponse = provider.redirect(
            request, process="login", next_url=next_url, auth_params=parameters, **state
        )
    except RequestException as error:
        failed: HttpResponse = render_authentication_error(request, provider, exception=error)
        return failed
    return response


def proved_at(sociallogin: SocialLogin) -> float:
    """Return when the person proved to the provider who they are, in seconds since 1970; 0 where that is not known.

    It is what the provider's token says. The way there leads through the browser, where a wish can be taken out of the
    address: that this site asked for a new sign-in counts for providers alone that never say when one was.
    """
    token: dict[str, Any] = sociallogin.account.extra_data.get("id_token") or {}
    auth_time = token.get(AUTH_TIME)
    if isinstance(auth_time, (int, float)):
        return min(float(auth_time), time.time())
    is_all_there_is = was_forced(sociallogin) and not sociallogin.state.get(TELLS)
    return time.time() if is_all_there_is else 0.0


def was_forced(sociallogin: SocialLogin) -> bool:
    """Return whether this site, not an address, began this way to the provider in order to have the person asked."""
    return sociallogin.state.get(ASKED) is True
