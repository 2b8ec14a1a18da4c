"""Who asks: the member behind a request that the site has let in. Knows no page."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from members.models import Member


def member_of(request: HttpRequest | Request) -> Member:
    """The signed-in member; the site's middleware and the API's permissions let no one else this far."""
    return cast(Member, request.user)
