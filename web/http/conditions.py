"""Conditions of a request on the bytes of a file: `If-Match` and `If-None-Match` (RFC 9110, 13.1)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from web.errors import Refusal


def early_answer(request: HttpRequest | Request, headers: Mapping[str, str]) -> HttpResponse | None:
    """Return 304 for a client that has the file already; `headers` hold its `ETag`.

    Raises:
        Refusal: 412, the client names other bytes in `If-Match`.
    """
    unsent = HttpResponse(headers=headers)
    answer = get_conditional_response(request, etag=headers["ETag"], response=unsent)
    if answer is not None and answer.status_code == 412:
        raise Refusal("another_file", "The file holds other bytes than If-Match names.", status=412)
    return None if answer is unsent else answer
