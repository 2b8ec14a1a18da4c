"""Fetch pages at addresses that others named: public IP addresses only, checked and pinned at each hop, within limits.

Pure Python, so that engines can use it. `may_go` is called before each hop; the body comes as bytes.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

import httpcore

from web.net import ssrf
from web.net.exchange import ExchangeFailedError, exchange
from web.net.pinned_backend import Deadline
from web.net.ssrf import AddressRefusedError, Endpoint, Lookup, system_lookup

OPEN_PORTS = frozenset({80, 443})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
OK = 200
_LONGEST_URL = 2000


class FetchError(Exception):
    """A page that was not read: a stable word for programs, and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class FetchLimits:
    """Limits on the cost of one page.

    Attributes:
        total_s: From the first connection to the last byte, over all hops, without what `may_go` takes.
        wait_s: For each wait on the other side.
        max_bytes: Of the body, as sent and as unpacked.
    """

    total_s: float = 20
    wait_s: float = 8
    max_bytes: int = 2_000_000
    hops: int = 5


@dataclass(frozen=True)
class FetchRules:
    """Rules of a fetch: who asks, and what may be asked and taken.

    Attributes:
        user_agent: How the caller calls itself.
        named: Private hosts that are allowed, as `places.pin` takes them.
        types: Media types that are read; None for all.
        may_go: Asked before each hop; raises `NotFetchedError` where it may not be made.
        lookup: Resolves names.
        headers: Sent beside what every request has, to the first host alone.
        any_port: Whether ports that are not the web's may be asked: of a server that an admin named, not of a page.
    """

    user_agent: str
    named: tuple[str, ...] = ()
    types: frozenset[str] | None = None
    may_go: Callable[[str], None] = lambda url: None
    lookup: Lookup = system_lookup
    headers: Mapping[str, str] = field(default_factory=dict)
    any_port: bool = False


@dataclass(frozen=True)
class FetchedPage:
    """A page as it came: where it was at last, and its unpacked bytes (none of another status than 200)."""

    url: str
    status: int
    content_type: str
    charset: str
    body: bytes


def fetch(url: str, *, rules: FetchRules, limits: FetchLimits) -> FetchedPage:
    """GET a page, following redirects one checked hop at a time. Safe to call from many threads.

    Raises:
        NotFetchedError: `address`, `port`, `too_many_redirects`, `loop`, `type`, `too_large`, `encoding`, `time`,
            `connection`, or what `may_go` says.
    """
    deadline, visited, first = Deadline(limits.total_s), set[str](), _host_of(url)
    for _ in range(limits.hops + 1):
        url = _without_fragment(url)
        if url in visited:
            raise FetchError("loop", f"The redirects go round in a circle at {url}.")
        visited.add(url)
        place = _endpoint(url, rules)
        asked_s = time.monotonic()
        rules.may_go(url)
        deadline.extend(time.monotonic() - asked_s)
        headers = rules.headers if _host_of(url) == first else {}
        answer = _one_hop(url, place, rules, limits, deadline, headers)
        if isinstance(answer, FetchedPage):
            return answer
        url = answer
    raise FetchError("too_many_redirects", f"More than {limits.hops} redirects.")


def _without_fragment(url: str) -> str:
    try:
        return urldefrag(url).url
    except ValueError as error:
        raise FetchError("address", f"'{url}' is not an address: {error}.") from error


def _endpoint(url: str, rules: FetchRules) -> Endpoint:
    """Address that this hop connects to; NotFetchedError (`address` or `port`) where it may not."""
    if len(url) > _LONGEST_URL:
        raise FetchError("address", f"An address of {len(url):,} characters is not followed.")
    try:
        place = ssrf.pin(ssrf.parse(url, may_have_query=True), private_hosts=rules.named, lookup=rules.lookup)
    except AddressRefusedError as refused:
        raise FetchError("address", refused.message) from refused
    if not rules.any_port and place.port not in OPEN_PORTS and not ssrf.is_allowed_by_name(place, rules.named):
        raise FetchError("port", f"Port {place.port} of {place.host} is not one that pages are read from.")
    return place


def _one_hop(
    url: str, place: Endpoint, rules: FetchRules, limits: FetchLimits, deadline: Deadline, headers: Mapping[str, str]
) -> FetchedPage | str:
    sent = {
        "User-Agent": rules.user_agent,
        "Accept": "text/html,text/plain;q=0.8,*/*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
        **headers,
    }
    try:
        with exchange("GET", url, place, headers=sent, deadline=deadline, wait_s=limits.wait_s) as answer:
            return _read(url, answer, rules, limits)
    except ExchangeFailedError as failed:
        raise FetchError("time" if failed.is_late else "connection", failed.message) from failed


def _read(url: str, answer: httpcore.Response, rules: FetchRules, limits: FetchLimits) -> FetchedPage | str:
    response_headers = {key.decode("latin-1").lower(): _raw_text(value) for key, value in answer.headers}
    if answer.status in REDIRECTS and response_headers.get("location"):
        return urljoin(url, response_headers["location"].strip())
    content_type, charset = _type_of(response_headers.get("content-type", ""))
    body = b""
    if answer.status == OK:
        _check_type(content_type, rules)
        packing = response_headers.get("content-encoding", "")
        body = b"".join(_decompressed(answer.iter_stream(), packing, limits.max_bytes))
    return FetchedPage(url, answer.status, content_type, charset, body)


def _raw_text(value: bytes) -> str:
    """Text of a header that may hold letters beyond ASCII: nearly all who send them so send UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _decompressed(chunks: Iterator[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Parts of the body, never more than may be taken: what is packed is unpacked a little at a time."""
    unpack = _decompressor(encoding.strip().lower())
    came = taken = 0
    for chunk in chunks:
        came += len(chunk)
        for part in unpack(chunk, max_bytes):
            taken += len(part)
            if max(taken, came) > max_bytes:
                raise FetchError("too_large", f"The page is larger than {max_bytes:,} bytes.")
            yield part
        if came > max_bytes:
            raise FetchError("too_large", f"The page is larger than {max_bytes:,} bytes.")


def _decompressor(encoding: str) -> Callable[[bytes, int], Iterator[bytes]]:
    if encoding in ("", "identity"):
        return lambda chunk, most: iter((chunk,))
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError("encoding", f"The page is encoded as '{encoding[:40]}', which was not requested.")
    # 32 + 15: a header of gzip or zlib, whichever is there.
    packed = zlib.decompressobj(32 + zlib.MAX_WBITS)

    def unpack(chunk: bytes, most: int) -> Iterator[bytes]:
        while chunk:
            try:
                part = packed.decompress(chunk, most + 1)
            except zlib.error:
                raise FetchError("encoding", "The page is packed in a way that cannot be unpacked.") from None
            chunk = packed.unconsumed_tail
            yield part

    return unpack


def _check_type(content_type: str, rules: FetchRules) -> None:
    if rules.types is not None and content_type not in rules.types:
        what = "a PDF" if content_type == "application/pdf" else f"'{content_type or 'nothing'}'"
        raise FetchError("type", f"It is {what}; only {', '.join(sorted(rules.types))} are read.")


def _type_of(header: str) -> tuple[str, str]:
    """Media type and charset of a Content-Type header; both may be empty."""
    kind, _, rest = header.partition(";")
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return kind.strip().lower(), value.strip().strip("\"'").lower()
    return kind.strip().lower(), ""


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
