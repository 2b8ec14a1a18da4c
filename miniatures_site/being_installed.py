"""Answers while what training and serving need is still being installed: a notice on their pages, and 503 in the API.

Orders on pages are taken: their jobs wait until it is there. A program is told when to come again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from rest_framework.permissions import BasePermission

from web.errors import Refusal
from web.logs.refusals import REASON
from web.process import late_install

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

CODE = "being_installed"
# What they order begins with torch.
ORDERS = frozenset({
    "api-training-runs", "api-sweeps", "api-miniature-exports", "api-miniature-write", "api-evaluations",
    "api-test-openings", "api-studies", "api-route",
})  # fmt: skip
# Rooms whose pages carry the notice.
ROOMS = frozenset({"training", "evaluation", "serving"})
LEAST_WAIT_S = 10


class NoEarlyOrders(BasePermission):
    """Permission of every view of the API, asked last: refuse orders for which nothing could begin yet."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may proceed, which is so wherever it returns.

        Raises:
            Refusal: 503, with the seconds to wait.
        """
        match = request._request.resolver_match
        if request.method != "POST" or match is None or match.url_name not in ORDERS:
            return True
        install = late_install.pending()
        if install is None:
            return True
        setattr(request._request, REASON, CODE)
        raise Refusal(
            CODE,
            str(install),
            hint="Nothing was ordered. Send the same again then.",
            status=503,
            retry_after_s=max(LEAST_WAIT_S, install.left_s),
        )


def notice(request: HttpRequest | None) -> dict[str, Any]:
    """Return what a page of training, evaluation or serving says to members; nothing where all is installed."""
    match = getattr(request, "resolver_match", None)
    if match is None or match.namespace not in ROOMS:
        return {}
    return {"install": late_install.pending()}
