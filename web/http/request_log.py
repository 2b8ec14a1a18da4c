"""Request ids, in the response and in every log line, and one log line for each response.

Successful health probes and static files are not logged, so an idle site is silent. A refusal always is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import LazyObject

from web.logs import context, spans
from web.logs.formatters import NO_ROUTE
from web.logs.refusals import REASON

PROBES = frozenset({"livez", "healthz", "metrics"})
HEADER = "X-Request-ID"
logger = logging.getLogger(__name__)


@sync_and_async_middleware
def request_log(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware: log a streamed response when it begins."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            with _named(request) as log:
                answer: Awaitable[HttpResponseBase] = get_response(request)
                return log(await answer)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        with _named(request) as log:
            return log(get_response(request))

    return answer


@contextmanager
def _named(request: HttpRequest) -> Iterator[Callable[[HttpResponseBase], HttpResponseBase]]:
    began_s = time.perf_counter()
    request_id = context.valid_request_id(request.headers.get(HEADER, ""))
    with context.bound(request_id=request_id):

        def log(response: HttpResponseBase) -> HttpResponseBase:
            # Responses of `/v1` have the header already.
            response.setdefault(HEADER, request_id)
            _log(request, response, time.perf_counter() - began_s)
            return response

        yield log


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    method = request.method if (request.method or "").isalpha() else "other"
    route = f"/{match.route}" if match else None
    fields: dict[str, Any] = {"method": method, "route": route, "status": response.status_code}
    fields |= {"ms": round(seconds * 1000, 1), "user_id": _user_id(request)}
    spans.ended(f"{method} {route or NO_ROUTE}", seconds=seconds, attributes={**fields, **context.fields()})
    is_refused = response.status_code >= HTTPStatus.BAD_REQUEST
    if not is_refused and (not settings.LOG_REQUESTS or _is_quiet(request)):
        return
    reason = getattr(request, REASON, "")
    # A reason is worth an operator's look: an unknown host name, a forged form.
    level = logging.WARNING if reason else logging.INFO
    values = (method, route or NO_ROUTE, response.status_code, fields["ms"], reason and f": {reason}")
    logger.log(level, "%s %s %s %.0f ms%s", *values, extra={**fields, "reason": reason or None})


def _is_quiet(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match.route in PROBES if match else request.path_info.startswith(settings.STATIC_URL)


def _user_id(request: HttpRequest) -> str | None:
    """Return the user's key if the view has loaded the user; the log makes no query."""
    user: Any = request.__dict__.get("user")
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    return str(user.pk) if getattr(user, "is_authenticated", False) else None
