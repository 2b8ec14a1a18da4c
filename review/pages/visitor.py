"""Who asks for a page. Every page of this room is for members: the middleware turns others away before."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from members.models import Member


def member_of(request: HttpRequest) -> Member:
    """The signed-in member."""
    return cast(Member, request.user)
