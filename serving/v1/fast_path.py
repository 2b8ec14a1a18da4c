"""Programs that ask a miniature wait for its first word: `/v1` goes past the middleware that pages need.

Sessions, messages, CSRF and the rest mean nothing to a request with a token, and each of them costs an asynchronous view
a way into a thread and back. Stands behind Django's SecurityMiddleware, whose headers and redirects hold here too; the
views let nobody in without a token. It does not know tokens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.decorators import sync_and_async_middleware

from serving.v1 import db_threads

PREFIX = "/v1/"


@sync_and_async_middleware
def skip_page_middleware(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware: answers what begins with `/v1/` at once where the server is asynchronous."""
    if not iscoroutinefunction(get_response):
        return get_response

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            passed: HttpResponseBase = await get_response(request)
            return passed
        # A host that is not ours is refused here as everywhere.
        request.get_host()
        db_threads.IS_FAST_PATH.set(True)
        found = resolve(request.path_info)
        request.resolver_match = found
        answer: Awaitable[HttpResponseBase] = found.func(request, *found.args, **found.kwargs)
        return await answer

    return middleware
