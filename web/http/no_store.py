"""`Cache-Control: no-store` for members' pages: after sign-out a browser shows none of them again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER, NO_STORE = "Cache-Control", "no-store"
# For a file with an `ETag`: its owner's browser revalidates it, and no shared cache keeps it.
ASK_AGAIN = {HEADER: "private, no-cache"}


@sync_and_async_middleware
def no_store(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware: add `Cache-Control: no-store` to each response without a `Cache-Control` of its own."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            response: Awaitable[HttpResponseBase] = get_response(request)
            return _marked(await response)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _marked(get_response(request))

    return answer


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    response.setdefault(HEADER, NO_STORE)
    return response
