"""Answers while the database is unavailable for a moment, such as during a restart: 503 with the time to retry.

Django answers 500 instead, which programs do not retry and monitors report as a fault of the product.
"""

from __future__ import annotations

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string

from web.http.not_taken import NotTaken, not_taken
from web.http.problem_shape import CONTENT_TYPE
from web.logs import context
from web.logs.refusals import REASON

RETRY_AFTER_S = 5
CODE, TITLE = "database_away", "The database is not responding."
HINT = "Try again in a few seconds; send requests that start work with the same Idempotency-Key, so that they run once."
BROKEN = {
    "type": "urn:miniatures:problem:broken",
    "title": "The server could not finish this.",
    "status": 500,
    "code": "broken",
    "hint": "The fault is written in the server's log, under the request's id.",
}
PROGRAM_PREFIXES = ("/api/", "/v1/")
# PostgreSQL error codes (appendix A): no connection, too many of them, and a server that is stopping or starting.
_AWAY_CLASSES, _AWAY_STATES = ("08",), ("53300", "57P01", "57P02", "57P03")
_LOCKED = ("database is locked", "database table is locked", "unable to open database file")

logger = logging.getLogger(__name__)


def is_away(error: BaseException | None) -> bool:
    """Return whether an error means that the database is unavailable for a moment. A faulty query does not count."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return state in _AWAY_STATES or state.startswith(_AWAY_CLASSES)
    if getattr(error.__cause__, "sqlite_errorcode", None) is not None:
        return any(words in str(error) for words in _LOCKED)
    # A connection that failed or broke has no error code: no server sent one.
    return True


def body() -> dict[str, object]:
    """Return the problem details of RFC 9457."""
    return {
        "type": f"urn:miniatures:problem:{CODE}",
        "title": TITLE,
        "status": 503,
        "code": CODE,
        "hint": HINT,
        "retry_after_s": RETRY_AFTER_S,
        "request_id": context.request_id(),
    }


def headers() -> dict[str, str]:
    """Return the headers that accompany the body."""
    return {"Retry-After": str(RETRY_AFTER_S)}


def note(request: HttpRequest, error: BaseException | None) -> None:
    """Set the reason that the request's log line gives for the refusal."""
    setattr(request, REASON, f"the database is away ({type(error).__name__})")


def server_fault(request: HttpRequest) -> HttpResponseBase:
    """Answer a request whose view raised the exception being handled, without a database query."""
    error = sys.exc_info()[1]
    is_program = request.path_info.startswith(PROGRAM_PREFIXES)
    if is_away(error):
        note(request, error)
        if is_program:
            return JsonResponse(body(), status=503, content_type=CONTENT_TYPE, headers=headers())
        return HttpResponse(render_to_string("503.html"), status=503, headers=headers())
    if (lost := not_taken(error)) is not None:
        # A fault of our own may look the same, so the log has its traceback.
        logger.warning("A request was not taken: %s.", lost.code, exc_info=error)
        return _not_taken(lost, is_program=is_program)
    request_id = context.request_id()
    if is_program:
        return JsonResponse({**BROKEN, "request_id": request_id}, status=500, content_type=CONTENT_TYPE)
    return HttpResponseServerError(render_to_string("500.html", {"request_id": request_id}))


def _not_taken(lost: NotTaken, *, is_program: bool) -> HttpResponse:
    headers = {"Retry-After": str(lost.retry_after_s)} if lost.retry_after_s else {}
    problem = {"title": lost.title, "status": lost.status, "code": lost.code, "hint": lost.hint}
    if is_program:
        body = {"type": f"urn:miniatures:problem:{lost.code}", **problem, "request_id": context.request_id()}
        return JsonResponse(body, status=lost.status, content_type=CONTENT_TYPE, headers=headers)
    return HttpResponse(render_to_string("not_taken.html", problem), status=lost.status, headers=headers)
