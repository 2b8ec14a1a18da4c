"""Reads failures of HTTP APIs into `CallError`s. Knows status codes and headers; knows no SDK by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from generation.engine.clients import checked_connections
from generation.engine.clients.bounded_answers import AnswerRefusedError
from generation.engine.clients.interface import CallError, Fate
from generation.engine.clients.json_bodies import object_at
from web.whole_numbers import whole_number

MESSAGE_LIMIT = 500
# Raised by httpx and its successors before a byte of the request has left.
NEVER_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError", "LocalProtocolError"}
)
# A gateway gave up while the provider may have gone on working, and billing.
GATEWAY_LOST = frozenset({502, 504, 520, 522, 523, 524, 598, 599})
CONFIGURATION = {
    401: ("key_refused", "The provider refused the key."),
    402: ("payment_required", "The provider asks for payment."),
    403: ("forbidden", "The key may not use this model."),
    404: ("not_found", "The provider knows no such model or address."),
    405: ("not_found", "The address does not take this kind of call."),
}
# Anthropic's kinds of errors, where one stands without its status.
STATUSES_OF_KINDS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
# Gemini's place for what others say in `Retry-After`.
_RETRY_DELAY = re.compile(r"'retrydelay': '(\d{1,9}(?:\.\d{1,9})?)s'")
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", re.IGNORECASE)
# OpenRouter's moderation of one text; an account that is flagged reads otherwise.
_FLAGGED_TEXT = re.compile(r"'(?:flagged_input|reasons)':|(?:input|prompt|text|message|content) (?:was|is) flagged")
# An answer that vLLM finds too long for any text.
_LONG_ANSWER = re.compile(r"length is (\d{1,9}) tokens.{0,80}\b(\d{1,9}) in the (?:completion|output)")
# Words of any refusal that no waiting will mend.
OUT_OF_FUNDS = (
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "credit balance is too low",
    "spend_limit",
    "you have reached your specified",
)
# Words of a 400 that say which call is at fault, or that none can work.
REJECTED: dict[str, tuple[Fate, str]] = {
    "context_length_exceeded": ("rejected", "too_long"),
    "string_above_max_length": ("rejected", "too_long"),
    "prompt is too long": ("rejected", "too_long"),
    # In the words of vLLM, where first the longest answer is too long for any text; of llama.cpp; of Gemini.
    "max_completion_tokens' is too large": ("rejected", "request_rejected"),
    "maximum context length": ("rejected", "too_long"),
    "available context size": ("rejected", "too_long"),
    "input token count": ("rejected", "too_long"),
    "request_too_large": ("rejected", "too_long"),
    "content_policy_violation": ("rejected", "content_filter"),
    "content_filter": ("rejected", "content_filter"),
    "content filtering policy": ("rejected", "content_filter"),
    "invalid_prompt": ("rejected", "content_filter"),
    "model_not_found": ("fatal", "not_found"),
    "invalid_json_schema": ("fatal", "schema_refused"),
    "invalid schema for response_format": ("fatal", "schema_refused"),
    "output_config.format": ("fatal", "schema_refused"),
    "unsupported_parameter": ("fatal", "parameter_refused"),
    "unsupported_value": ("fatal", "parameter_refused"),
    "unknown_parameter": ("fatal", "parameter_refused"),
}


class StatusError(Protocol):
    """Error that an SDK raises for a status other than 2xx, as far as it is read here."""

    status_code: int
    response: Any
    body: Any
    request_id: str | None


def from_sdk(error: StatusError) -> CallError:
    """Translate an SDK's error about a status for a paid call."""
    return from_status(error.status_code, error.response.headers, error.body, error.request_id or "")


def from_status(status: int, headers: Mapping[str, str], body: object, request_id: str = "") -> CallError:
    """Translate an HTTP status other than 2xx for a paid call."""
    if isinstance(body, list) and body:
        # As Gemini wraps its errors.
        body = body[0]
    message = _body_message(body) or f"HTTP {status}"
    words = str(body).lower()
    wait_s = retry_after_s(headers)
    if wait_s is None and (delay := _RETRY_DELAY.search(words)):
        wait_s = float(delay[1])
    if any(word in words for word in OUT_OF_FUNDS):
        return CallError("fatal", "out_of_funds", message, request_id=request_id)
    if status == 403 and _FLAGGED_TEXT.search(words):
        return CallError("rejected", "content_filter", message, request_id=request_id)
    if status in CONFIGURATION:
        code, lead = CONFIGURATION[status]
        return CallError("fatal", code, f"{lead} It said: {message}", request_id=request_id)
    if 300 <= status < 400:
        return CallError("fatal", "redirected", "The address answers with a redirect, which is not followed.")
    if status in (400, 413, 422):
        fate, code = next((REJECTED[word] for word in REJECTED if word in words), ("rejected", "request_rejected"))
        if (answer := _LONG_ANSWER.search(words)) and int(answer[2]) >= int(answer[1]):
            code = "request_rejected"
        return CallError(fate, "too_long" if status == 413 else code, message, request_id=request_id)
    if status in (429, 529) or (status == 503 and wait_s is not None):
        code = "rate_limited" if status == 429 else "overloaded"
        return CallError("unbilled", code, message, wait_s=wait_s, slow_down=True, request_id=request_id)
    if status in GATEWAY_LOST:
        return CallError("unknown", "gateway_lost", message, wait_s=wait_s, request_id=request_id)
    if status in (408, 409, 425) or status >= 500:
        return CallError("unbilled", "server_error", message, wait_s=wait_s, request_id=request_id)
    return CallError("rejected", "request_rejected", message, request_id=request_id)


def in_answer(body: Mapping[str, Any], request_id: str = "") -> CallError | None:
    """Translate an error that came with a status of 200, as gateways send it late; None for an answer.

    Without a status of its own it may have been paid, as with a gateway that gave up.
    """
    if body.get("choices") or body.get("content") or not body.get("error"):
        return None
    error = object_at(body, "error")
    # Some gateways write it as a text.
    code = whole_number(str(error.get("code")), otherwise=0)
    status = code if 400 <= code < 600 else STATUSES_OF_KINDS.get(str(error.get("type")), 502)
    return from_status(status, {}, body, request_id)


def is_web_page(content: bytes) -> bool:
    """Tell whether a page for people came, as from an address without its `/v1`: no provider bills one."""
    return _WEB_PAGE.match(content) is not None


def from_connection(error: BaseException, *, timed_out: bool) -> CallError:
    """Return what a broken connection means: that nothing was sent, or that the fate of the call is unknown."""
    cause = error.__cause__ or error
    name = type(cause).__name__
    if checked_connections.is_refused(error):
        return CallError("fatal", "address_refused", str(cause)[:MESSAGE_LIMIT])
    if isinstance(cause, AnswerRefusedError):
        return CallError("unknown", "answer_refused", str(cause)[:MESSAGE_LIMIT])
    text = f"{name}: {cause}".strip(": ")[:MESSAGE_LIMIT]
    if name in NEVER_SENT:
        return CallError("unbilled", "unreachable", text)
    if timed_out:
        return CallError("unknown", "timed_out", "No answer came in time.")
    return CallError("unknown", "connection_lost", (str(cause).strip() or name)[:MESSAGE_LIMIT])


def of_creation(error: CallError, status: int) -> CallError:
    """Translate a refusal where something was to be made that is paid as a whole: a failing server may have made it."""
    if error.fate == "unbilled" and (status >= 500 or status in (408, 409)) and status != 529:
        return CallError("unknown", error.code, error.message, wait_s=error.wait_s, request_id=error.request_id)
    return error


def retryable(error: CallError) -> CallError:
    """The same error of something that costs nothing: what is unknown may simply be tried again."""
    if error.fate != "unknown":
        return error
    return CallError("unbilled", error.code, error.message, wait_s=error.wait_s, request_id=error.request_id)


def retry_after_s(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds a provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC 9110).

    A date is counted from the provider's own clock, its `Date`, where it tells it: ours may have been set meanwhile.

    Returns:
        None without such a header or when it cannot be read; never negative.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        raw = headers.get(name, "").strip()
        if not raw:
            continue
        try:
            return max(0.0, float(raw) * unit)
        except ValueError:
            pass
        if (at := _date(raw)) is not None:
            there = _date(headers.get("date", ""))
            return max(0.0, (at - (there or now or datetime.now(UTC))).total_seconds())
    return None


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year without end
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _body_message(body: object) -> str:
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            # A gateway's own words, and behind them those of the provider that it asked.
            said = [inner.get("message") or inner.get("detail") or inner, object_at(inner, "metadata").get("raw")]
            return ": ".join(map(str, filter(None, said)))[:MESSAGE_LIMIT]
        return str(inner)[:MESSAGE_LIMIT]
    text = str(body or "")
    if is_web_page(text.encode("utf-8", "replace")):
        title = _TITLE.search(text)
        return " ".join(title[1].split())[:MESSAGE_LIMIT] if title else ""
    return text[:MESSAGE_LIMIT]


_ABOUT_SCHEMA = re.compile(
    r"response_format|json_schema|output_config|output_format|structured output|grammar|guided_json|"
    r"invalid schema|schema is too complex|does not support .{0,40}schema",
    re.IGNORECASE,
)


def as_schema_refusal(error: CallError) -> CallError:
    """The same error, or one that ends the order at once if the provider will not take the schema: nothing is paid."""
    if error.fate != "rejected" or not _ABOUT_SCHEMA.search(error.message):
        return error
    return CallError(
        "fatal",
        "schema_refused",
        f"The provider does not take this task's output schema. It said: {error.message}",
        request_id=error.request_id,
    )
