"""Who is asking, as the type the services want."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from members.models import Member


def member_of(request: HttpRequest | Request) -> Member:
    """The member signed in.

    Raises:
        PermissionDenied: The request is anonymous. On all but public pages the login middleware answers first.
    """
    if isinstance(request.user, Member):
        return request.user
    raise PermissionDenied("Sign in first.")
