"""Answers at addresses that lead nowhere: a page for people, problem details for programs."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.defaults import page_not_found

from web.http.problem_shape import CONTENT_TYPE

PROGRAM_PREFIX: Final = "/api/"
NOWHERE: Final = {
    "type": "urn:miniatures:problem:not_found",
    "title": "There is nothing at this address.",
    "status": 404,
    "code": "not_found",
    "hint": "GET /api/v1/schema/ lists the addresses; an id in one is a UUID where it says so.",
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that no route takes, or whose page found nothing."""
    if request.path_info.startswith(PROGRAM_PREFIX):
        return JsonResponse(NOWHERE, status=404, content_type=CONTENT_TYPE)
    return page_not_found(request, exception)
