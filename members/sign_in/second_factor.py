"""The second factor: its secrets are kept encrypted, and an installation may require it of those who can do most."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from members import ports
from members.models import Member
from web.http.problem_shape import CONTENT_TYPE

_ENCRYPTED_PREFIX = "f1:"
# What a member without the factor still reaches: setting it up, signing out, and what pages are made of.
_EXEMPT_PATHS = ("/accounts/", "/static/", "/livez", "/healthz", "/metrics", "/join/")


class EncryptedSecretsAdapter(DefaultMFAAdapter):
    """Allauth's adapter with the secrets of apps and recovery codes encrypted under SECRET_KEY."""

    def get_totp_issuer(self) -> str:
        return "Miniatures"

    def encrypt(self, text: str) -> str:
        return _ENCRYPTED_PREFIX + _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        if not encrypted_text.startswith(_ENCRYPTED_PREFIX):
            return encrypted_text  # from before secrets were sealed
        try:
            return _keys().decrypt(encrypted_text.removeprefix(_ENCRYPTED_PREFIX).encode()).decode()
        except InvalidToken:
            # Another SECRET_KEY: no code fits, as nobody knows this secret. Those of an empty one could all compute.
            return str(generate_totp_secret())


class SecondFactorMiddleware:
    """Middleware: members who need a second factor must set it up before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_MFA_FOR and not request.path.startswith(_EXEMPT_PATHS) and _is_missing(request):
            return _refusal(request)
        return self.get_response(request)


def is_required_of(member: Member) -> bool:
    """Return whether this installation requires a second factor of the member: of `admins`, `leads` or `everyone`."""
    groups = set(settings.REQUIRE_MFA_FOR)
    if "everyone" in groups or ("admins" in groups and member.is_admin):
        return True
    return "leads" in groups and ports.teams().leads_any(member)


def _is_missing(request: HttpRequest) -> bool:
    member = request.user
    if not isinstance(member, Member) or not is_required_of(member):
        return False
    # Who comes from the organisation's provider has passed its factors.
    methods = request.session.get("account_authentication_methods", [])
    if any(method.get("method") == "socialaccount" for method in methods):
        return False
    return not is_mfa_enabled(member)


def _refusal(request: HttpRequest) -> HttpResponse:
    words = "This installation requires you to use an authenticator app. Set it up first."
    if request.path.startswith(("/api/", "/v1/")):
        body = {
            "type": "urn:miniatures:problem:second_factor_required",
            "title": words,
            "status": 403,
            "code": "second_factor_required",
        }
        return JsonResponse(body, status=403, content_type=CONTENT_TYPE)
    messages.warning(request, words)
    return redirect("mfa_activate_totp")


def _keys() -> MultiFernet:
    return _keys_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _keys_of(secrets: tuple[str, ...]) -> MultiFernet:
    digests = (hashlib.sha256(b"members.sign_in.second_factor:" + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
