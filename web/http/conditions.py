"""Conditions of a request on the bytes of a file: `If-Match` and `If-None-Match` (RFC 9110, 13.1)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from web.http.problem_shape import CONTENT_TYPE
from web.http.problems import problem


def early_answer(request: HttpRequest | Request, headers: Mapping[str, str]) -> HttpResponse | None:
    """Return 304 for a client that has the file, 412 for one that names other bytes; `headers` hold the `ETag`."""
    # No file has a date of its own, and without one this condition is ignored (RFC 9110, 13.1.4).
    request.META.pop("HTTP_IF_UNMODIFIED_SINCE", None)
    unsent = HttpResponse(headers=headers)
    answer = get_conditional_response(request, etag=headers["ETag"], response=unsent)
    if answer is not None and answer.status_code == 412:
        body = problem("another_file", "The file holds other bytes than If-Match names.", 412).data
        return JsonResponse(body, status=412, content_type=CONTENT_TYPE)
    return None if answer is unsent else answer
