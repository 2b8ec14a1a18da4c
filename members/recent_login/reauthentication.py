"""Ask members who signed in a while ago to prove again who they are, before acts that hand out power.

A session that was left open, or a page that acts in its member's name, then makes no admin, token or key. Knows
sessions and allauth's ways to prove; the views say which acts ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.request import Request

from members.models import ApiToken, Member
from members.recent_login import sso_proof
from web.errors import Refusal

SIGNED_IN_AT = "signed_in_at"
BY_SSO = "reauthenticate_by_sso"
# On a request in which a member comes from their provider: as whom.
_FROM_PROVIDER = "_comes_from_provider"
NEVER_PROVED = (
    "Your provider did not confirm a recent sign-in. Ask the administrator of this site to let it send the time of "
    "sign-in (auth_time), or ask an admin to renew your password."
)

View = Callable[..., HttpResponse]


class ReauthenticationRequired(Exception):  # noqa: N818 (it is an answer, not a fault)
    """The member's last proof of who they are is too long ago for what a page was asked to do.

    Args:
        keep: Whether what was sent may wait in the session until the proof is given.
    """

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.keep = keep


class ReauthenticationMiddleware:
    """Middleware: lead who must prove again who they are to where they can, and from there back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _ask(request, keep=exception.keep) if isinstance(exception, ReauthenticationRequired) else None


def require_recent(request: HttpRequest | Request, *, keep: bool = True) -> None:
    """Refuse a session whose member has not proved who they are within `ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds.

    Signing in is a proof, by SSO as of when the provider asked them, and so are the password or a code given again.
    Programs with a token are not asked: they cannot answer, and no page acts in their name. `keep=False` says that what
    was sent may hold a secret: it is not kept, and the member sends it again.

    Raises:
        NotRecent: To a page, which `AskAgain` turns into the question.
        Refusal: 403 `reauthentication_required`, to a session that uses the API.
    """
    if not isinstance(request, Request):
        if not is_recent(request):
            raise ReauthenticationRequired(keep=keep)
        return
    if not isinstance(request.auth, ApiToken) and not is_recent(request._request):
        raise Refusal(
            "reauthentication_required",
            "Sign in again: this session is too old for that.",
            hint=f"Open {_reauthentication_url(request._request)} in this browser, then send the request again; "
            "or use an API token.",
            status=403,
        )


def is_recent(request: HttpRequest) -> bool:
    """Return whether the session's member signed in, or proved again who they are, a short while ago."""
    if not isinstance(request.user, Member):
        return False
    records = get_authentication_records(request, request.user)
    proofs = [record["at"] for record in records if record.get("reauthenticated")]
    newest = max([request.session.get(SIGNED_IN_AT, 0), *proofs])
    return bool(time.time() - newest < app_settings.REAUTHENTICATION_TIMEOUT)


def recent_only(view: View) -> View:
    """Wrap a page that is itself such an act, for pages that are not ours."""

    @wraps(view)
    def asked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        require_recent(request)
        return view(request, *args, **kwargs)

    return asked


@require_http_methods(["GET", "HEAD", "POST"])
def by_sso(request: HttpRequest) -> HttpResponse:
    """Reauthenticate at the provider, for members without a password or a second factor."""
    sent = request.POST if request.method == "POST" else request.GET
    back = _is_own_path(request, sent.get(REDIRECT_FIELD_NAME, ""))
    if request.method == "POST":
        return sso_proof.force_provider_login(request, sent.get("provider", ""), next_url=back)
    return render(request, "account/reauthenticate_by_sso.html", {"next": back})


def ask_to_reauthenticate(request: HttpRequest, *, page: str) -> HttpResponse:
    """Lead to where the member can prove who they are, and from there to a page."""
    return redirect(_with_next(_reauthentication_url(request), page))


def comes_from_provider(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Note that what follows in this request rests on a provider's word."""
    setattr(request, _FROM_PROVIDER, sociallogin)


def connect_signals() -> None:
    """Remember in each session when it began."""
    user_logged_in.connect(_signed_in, dispatch_uid="reauthentication.signed_in")


def _signed_in(request: HttpRequest | None = None, **_: object) -> None:
    if request is None:
        return
    sociallogin: SocialLogin | None = getattr(request, _FROM_PROVIDER, None)
    # A code that is asked for after the provider is given in a request of its own, and is a proof.
    request.session[SIGNED_IN_AT] = time.time() if sociallogin is None else sso_proof.proved_at(sociallogin)
    if sociallogin is not None and sso_proof.was_forced(sociallogin) and not is_recent(request):
        messages.warning(request, NEVER_PROVED, fail_silently=True)


def _ask(request: HttpRequest, *, keep: bool) -> HttpResponse:
    way = _reauthentication_url(request)
    page = _page_of(request)
    if request.headers.get("HX-Request"):
        messages.info(request, "Confirm that it is you, then press the button again.")
        return HttpResponseClientRedirect(_with_next(way, page))
    if request.method == "POST" and keep and way != reverse(BY_SSO):
        # What was sent waits in the session and is done once the proof is given.
        kept: HttpResponse = suspend_request(request, way)
        return kept
    return ask_to_reauthenticate(request, page=page)


def _reauthentication_url(request: HttpRequest) -> str:
    methods = get_adapter().get_reauthentication_methods(request.user)
    return str(methods[0]["url"]) if methods else reverse(BY_SSO)


def _page_of(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
        return request.get_full_path()
    return _is_own_path(request, request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))


def _is_own_path(request: HttpRequest, address: str) -> str:
    """The path of an address of this site; of any other, the start page."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _with_next(way: str, page: str) -> str:
    return f"{way}?{urlencode({REDIRECT_FIELD_NAME: page})}"
