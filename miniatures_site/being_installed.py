"""Answers while what training and serving need is still being installed: a notice on their pages, and 503 in the API.

Orders on pages are taken: their jobs wait until it is there. A program is told when to come again.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from web.http.problem_shape import CONTENT_TYPE
from web.logs import context
from web.logs.refusals import REASON
from web.process import late_install

CODE = "being_installed"
# What they order begins with torch.
ORDERS = frozenset({
    "api-training-runs", "api-sweeps", "api-miniature-exports", "api-miniature-write", "api-evaluations", "api-test-openings",
    "api-studies", "api-route",
})  # fmt: skip
# Rooms whose pages carry the notice.
ROOMS = frozenset({"training", "evaluation", "serving"})
LEAST_WAIT_S = 10


class RefuseEarlyOrders:
    """Refuse orders by the API for which nothing could begin yet."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)  # type: ignore[no-any-return]

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.url_name not in ORDERS:
            return None
        install = late_install.pending()
        if install is None:
            return None
        setattr(request, REASON, CODE)
        wait_s = max(LEAST_WAIT_S, install.left_s)
        body = {
            "type": f"urn:miniatures:problem:{CODE}",
            "title": str(install),
            "status": 503,
            "code": CODE,
            "hint": "Nothing was ordered. Send the same again then.",
            "retry_after_s": wait_s,
            "request_id": context.request_id(),
        }
        return JsonResponse(body, status=503, content_type=CONTENT_TYPE, headers={"Retry-After": str(wait_s)})


def notice(request: HttpRequest | None) -> dict[str, Any]:
    """Return what a page of training, evaluation or serving says to members; nothing where all is installed."""
    match = getattr(request, "resolver_match", None)
    if match is None or match.namespace not in ROOMS:
        return {}
    return {"install": late_install.pending()}
