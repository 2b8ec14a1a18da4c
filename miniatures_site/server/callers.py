"""Caller of a request, identified before Django handles it: from its headers, and from the database."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from members.tokens.authentication import BearerAuthentication

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str:
    """Return a header's value, or an empty text."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def has_credentials(scope: Scope) -> bool:
    """Return whether a request carries a token or a session, known or not."""
    return bool(header(scope, b"authorization")) or f"{settings.SESSION_COOKIE_NAME}=" in header(scope, b"cookie")


def is_member(scope: Scope) -> bool:
    """Return whether a request's token or session belongs to a member. Asks the database."""
    scheme, _, key = header(scope, b"authorization").partition(" ")
    if scheme.lower() == "bearer":
        try:
            BearerAuthentication().authenticate_credentials(key.strip().encode("utf-8", "replace"))
        except AuthenticationFailed:
            return False
        return True
    return _has_session(header(scope, b"cookie"))


def _has_session(cookies: str) -> bool:
    try:
        cookie = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return False
    if cookie is None:
        return False
    store = import_module(settings.SESSION_ENGINE).SessionStore(cookie.value)
    return bool(get_user(cast(HttpRequest, SimpleNamespace(session=store))).is_authenticated)
