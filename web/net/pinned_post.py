"""The client that posts to addresses others named: to a checked number, without following anywhere, for a while only.

Every hop is a call of its own: where an answer points elsewhere, the caller is told and nothing is followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpcore

from web.net import allowed_hosts
from web.net.exchange import ExchangeFailedError, exchange
from web.net.pinned_backend import Deadline

# How much of an answer is read: enough to say what went wrong, and a stream without end costs nothing.
ANSWER_BYTES = 2048


@dataclass(frozen=True)
class PostResponse:
    status: int
    text: str


class CallFailedError(Exception):
    """There was no answer; says why in words for a log that people read."""


def post(url: str, body: bytes, *, headers: dict[str, str], timeout_s: float) -> PostResponse:
    """POST to an address that a user named. Safe to call from many threads.

    Args:
        url: Checked again here, and connected to by the number that was checked.
        headers: Beside Host, which is the address's.
        timeout_s: For all of it, however slowly the other side talks.

    Raises:
        AddressRefusedError: It may not be called (any more).
        CallFailedError: No connection, no valid certificate, or no answer in time.
    """
    deadline = Deadline(timeout_s)
    place = allowed_hosts.pin(url)
    # What comes packed is shown as it came, never unpacked.
    sent = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
    try:
        with exchange("POST", url, place, headers=sent, body=body, deadline=deadline, wait_s=timeout_s) as answer:
            return PostResponse(answer.status, _read_start(answer))
    except ExchangeFailedError as failed:
        message = f"No answer within {timeout_s:g} s." if failed.is_late else f"No connection: {failed.message}."
        raise CallFailedError(message) from failed


def _read_start(answer: httpcore.Response) -> str:
    held = b""
    for block in answer.iter_stream():
        held += block
        if len(held) >= ANSWER_BYTES:
            break
    return held[:ANSWER_BYTES].decode("utf-8", "replace")
