"""Errors of the API as RFC 9457 problem details."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from web.errors import Refusal
from web.http import away
from web.http.not_taken import not_taken
from web.http.problem_shape import CONTENT_TYPE
from web.language.sentences import in_language
from web.whole_numbers import whole_number

logger = logging.getLogger(__name__)
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_SECRET = re.compile("secret|password|token|key|credential", re.IGNORECASE)
_SHOWN_CHARS = 60
_NOTHING = object()


def problem(code: str, title: str, status_code: int, **extra: Any) -> Response:
    """Return a problem details response without empty members."""
    body = {"type": f"urn:miniatures:problem:{code}", "title": in_language(title), "status": status_code, "code": code}
    if hint := extra.get("hint"):
        extra["hint"] = in_language(hint)
    if errors := extra.get("errors"):
        extra["errors"] = {name: [in_language(text) for text in texts] for name, texts in errors.items()}
    body.update({key: value for key, value in extra.items() if value not in (None, "", {}, [])})
    return Response(body, status=status_code, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; None (500) for unknown ones."""
    response = _problem_of(error)
    if response is None and away.is_away(error):
        if (request := context.get("request")) is not None:
            away.note(request._request, error)
        response = Response(away.body(), status=503, content_type=CONTENT_TYPE, headers=away.headers())
    if response is None and (lost := not_taken(error)) is not None:
        # A fault of our own may look the same, so the log has its traceback.
        logger.warning("A request was not taken: %s.", lost.code, exc_info=error)
        response = problem(lost.code, lost.title, lost.status, hint=lost.hint, retry_after_s=lost.retry_after_s or None)
        if lost.retry_after_s:
            response["Retry-After"] = str(lost.retry_after_s)
    if isinstance(error, exceptions.ValidationError) and response is not None:
        add_found_values(response.data["errors"], _request_data(context.get("request")))
    if response is not None:
        set_rollback()
    return response


def _request_data(request: Request | None) -> object:
    if request is None:
        return {}
    return request.query_params if request.method in ("GET", "HEAD") else request.data


def _problem_of(error: Exception) -> Response | None:
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, Http404):
        return problem("not_found", str(error) or "There is nothing here.", status.HTTP_404_NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return problem("forbidden", str(error) or "You may not do this.", status.HTTP_403_FORBIDDEN)
    if isinstance(error, ValidationError):
        fields = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return problem("invalid", "The request has mistakes.", status.HTTP_400_BAD_REQUEST, errors=fields)
    if isinstance(error, exceptions.ValidationError):
        return problem("invalid", "The request has mistakes.", error.status_code, errors=_field_errors(error.detail))
    if isinstance(error, exceptions.APIException):
        return _api_exception(error)
    return None


def _refused(error: Refusal) -> Response:
    wait_s = error.retry_after_s
    details = {"hint": error.hint, "errors": error.errors, "state": error.state, "retry_after_s": wait_s or None}
    response = problem(error.code, error.message, error.status, **details)
    for name, value in (error.headers | ({"Retry-After": str(wait_s)} if wait_s else {})).items():
        response[name] = value
    return response


def _api_exception(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.Throttled):
        return _retry_after(error)
    code = error.get_codes()
    response = problem(code if isinstance(code, str) else "error", str(error.detail), error.status_code)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response


def _retry_after(error: exceptions.Throttled) -> Response:
    wait_s = math.ceil(getattr(error, "wait", None) or 1)
    response = problem(
        "too_many_requests",
        f"Too many requests with this token. Try again in {wait_s} s.",
        error.status_code,
        hint="Nothing was changed. The header RateLimit of each answer shows how many requests are left.",
        retry_after_s=wait_s,
    )
    response["Retry-After"] = str(wait_s)
    return response


def _field_errors(detail: object, prefix: str = "") -> dict[str, list[str]]:
    if isinstance(detail, list):
        flat: dict[str, list[str]] = {}
        texts = [str(part) for part in detail if not isinstance(part, (dict, list))]
        if texts:
            flat[prefix] = texts
        for index, part in enumerate(detail):
            if isinstance(part, (dict, list)) and part:
                flat.update(_field_errors(part, f"{prefix}[{index}]"))
        return flat
    if isinstance(detail, dict):
        flat = {}
        for key, value in detail.items():
            # A place in a list: REST framework has it as the key of a dictionary.
            place = f"[{key}]" if isinstance(key, int) else f".{key}" if prefix else str(key)
            flat.update(_field_errors(value, f"{prefix}{place}"))
        return flat
    return {prefix: [str(detail)]}


def add_found_values(errors: dict[str, list[str]], sent: object) -> None:
    """Append the received value to each message in place, unless the message has it or no value was sent.

    Secrets are never shown.

    Args:
        errors: Messages by dotted path, such as `arms[0].weight`.
        sent: Body or query of the request.
    """
    for path, messages in errors.items():
        words = "" if _SECRET.search(path) else _describe(_value_at(sent, path))
        if words:
            errors[path] = [
                message if _already_says(message, words) else f"{message} Found {words}." for message in messages
            ]


def _value_at(sent: object, path: str) -> object:
    for place, key in _STEP.findall(path):
        if key and isinstance(sent, Mapping):
            sent = sent.get(key, _NOTHING)
        elif place and isinstance(sent, Sequence) and not isinstance(sent, str):
            at = whole_number(place, otherwise=len(sent))
            sent = sent[at] if at < len(sent) else _NOTHING
        else:
            return _NOTHING
    return sent


def _describe(value: object) -> str:
    """Return a value in short form; empty where it has none."""
    if isinstance(value, str):
        if not value.isprintable():
            return ""
        cut = f"{value[:_SHOWN_CHARS]}\u2026" if len(value) > _SHOWN_CHARS else value
        return f"{cut!r}, {len(value):,} characters" if cut != value else repr(value)
    if isinstance(value, (bool, int, float)):
        return str(value)
    return ""


def _already_says(message: str, words: str) -> bool:
    return words.strip("'\"") in message or "Found" in message or "found" in message
