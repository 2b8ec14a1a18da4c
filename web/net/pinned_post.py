"""The one client that calls addresses others named: to a checked number, without following anywhere, for a while only.

Every hop is a call of its own: where an answer points elsewhere, the caller is told and nothing is followed. It does not know
what the answer means.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from web.net import allowed_hosts

# How much of an answer is read: enough to say what went wrong, and a stream without end costs nothing.
ANSWER_BYTES = 2048


@dataclass(frozen=True)
class PostResponse:
    """What came back: the status and the beginning of the body."""

    status: int
    text: str


class CallFailedError(Exception):
    """There was no answer; says why in words for a log that people read."""


def post(url: str, body: bytes, *, headers: dict[str, str], timeout_s: float) -> PostResponse:
    """POST to an address that a member entered. Safe to call from many threads.

    Args:
        url: Checked again here, and connected to by the number that was checked.
        body: The bytes to send.
        headers: Beside Host, which is the address's.
        timeout_s: For connecting, and for each wait on the other side.

    Raises:
        AddressRefusedError: It may not be called (any more).
        CallFailedError: No connection, no valid certificate, or no answer in time.
    """
    place = allowed_hosts.pin(url)
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    pinned = f"{place.scheme}://{_literal(place.address)}:{place.port}{path}"
    default = {"http": 80, "https": 443}[place.scheme]
    host = place.host if place.port == default else f"{place.host}:{place.port}"
    # The certificate is checked against the name, though the connection goes to its number; no proxy of the surroundings.
    with httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client:
        request = client.build_request("POST", pinned, content=body, headers={**headers, "Host": host})
        request.extensions["sni_hostname"] = place.host
        try:
            answer = client.send(request, stream=True)
            text = _read_start(answer)
        except httpx.TimeoutException as error:
            raise CallFailedError(f"No answer within {timeout_s:g} s.") from error
        except httpx.HTTPError as error:
            raise CallFailedError(f"No connection: {error or type(error).__name__}.") from error
    return PostResponse(answer.status_code, text)


def _read_start(answer: httpx.Response) -> str:
    held = b""
    for block in answer.iter_raw():
        held += block
        if len(held) >= ANSWER_BYTES:
            break
    answer.close()
    return held[:ANSWER_BYTES].decode("utf-8", "replace")


def _literal(address: allowed_hosts.Address | None) -> str:
    return f"[{address}]" if isinstance(address, ipaddress.IPv6Address) else str(address)
