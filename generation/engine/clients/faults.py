"""Reads failures of HTTP APIs into `CallError`s. Knows status codes and headers; knows no SDK by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.engine.clients.ports import CallError
from generation.engine.pace import retry_after_s

MESSAGE_LIMIT = 500
# Raised by httpx and its successors before a byte of the request has left.
NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError"})
# A gateway gave up while the provider may have gone on working, and billing.
GATEWAY_LOST = frozenset({502, 504, 520, 522, 523, 524, 598, 599})
CONFIGURATION = {
    401: ("key_refused", "The provider refused the key."),
    402: ("payment_required", "The provider asks for payment."),
    403: ("forbidden", "The key may not use this model."),
    404: ("not_found", "The provider knows no such model or address."),
    405: ("not_found", "The address does not take this kind of call."),
}
# Words of a 429 that no waiting will mend.
OUT_OF_FUNDS = ("insufficient_quota", "billing_hard_limit_reached", "credit balance is too low")


def from_status(status: int, headers: Mapping[str, str], body: Any, request_id: str = "") -> CallError:
    """What an HTTP status other than 2xx means for a paid call."""
    said = _said(body) or f"HTTP {status}"
    wait_s = retry_after_s(headers)
    if any(word in str(body) for word in OUT_OF_FUNDS):
        return CallError("fatal", "out_of_funds", said, request_id=request_id)
    if status in CONFIGURATION:
        code, lead = CONFIGURATION[status]
        return CallError("fatal", code, f"{lead} It said: {said}", request_id=request_id)
    if 300 <= status < 400:
        return CallError("fatal", "redirected", "The address answers with a redirect, which is not followed.")
    if status in (429, 529) or (status == 503 and wait_s is not None):
        code = "rate_limited" if status == 429 else "overloaded"
        return CallError("unbilled", code, said, wait_s=wait_s, slow_down=True, request_id=request_id)
    if status in GATEWAY_LOST:
        return CallError("unknown", "gateway_lost", said, wait_s=wait_s, request_id=request_id)
    if status in (408, 409, 425) or status >= 500:
        return CallError("unbilled", "server_error", said, wait_s=wait_s, request_id=request_id)
    return CallError("rejected", "request_rejected", said, request_id=request_id)


def from_connection(error: BaseException, *, timed_out: bool) -> CallError:
    """What a broken connection means: nothing was sent, or nobody knows."""
    cause = error.__cause__ or error
    name = type(cause).__name__
    text = f"{name}: {cause}".strip(": ")[:MESSAGE_LIMIT]
    if name in NEVER_SENT:
        return CallError("unbilled", "unreachable", text)
    if timed_out:
        return CallError("unknown", "timed_out", "No answer came in time.")
    return CallError("unknown", "connection_lost", text)


def _said(body: Any) -> str:
    """The message inside an error body of either wire format."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            return str(inner.get("message") or inner)[:MESSAGE_LIMIT]
        return str(inner)[:MESSAGE_LIMIT]
    return str(body or "")[:MESSAGE_LIMIT]
