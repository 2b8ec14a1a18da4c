"""A session of `requests` for libraries that call with one: each hop is checked, pinned and bounded like all calls.

It knows nothing of signing in, which is what needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from web.net import ssrf
from web.net.exchange import ExchangeFailedError, exchange
from web.net.pinned_backend import Deadline

TOTAL_S, MAX_BYTES, HOPS = 10.0, 1_000_000, 3


class PinnedSession(requests.Session):
    """Calls checked numbers only. A redirect is followed for a GET alone: what is posted is a secret of its address.

    Args:
        named: Private hosts that may be called, as `ssrf.pin` takes them.
    """

    def __init__(self, private_hosts: Sequence[str]) -> None:
        super().__init__()
        # No proxy and no netrc of the environment.
        self.trust_env = False
        self.max_redirects = HOPS
        self.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self.mount(scheme, _PinnedAdapter(private_hosts))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request and follow what may be followed.

        Raises:
            requests.RequestException: Whatever comes in between; the library itself lets errors of broken addresses
                through.
        """
        try:
            return super().send(request, **kwargs)
        except requests.RequestException:
            raise
        except ValueError as error:
            raise requests.exceptions.InvalidURL(str(error)) from error

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where an answer leads; None where it is not followed."""
        return super().get_redirect_target(resp) if resp.request.method == "GET" else None


class _PinnedAdapter(BaseAdapter):
    def __init__(self, private_hosts: Sequence[str]) -> None:
        super().__init__()
        self._named = private_hosts

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Make one hop, within `TOTAL_S` and `MAX_BYTES` whatever is asked for.

        Raises:
            requests.ConnectionError: It may not be called, or did not answer as it should.
        """
        url, body = request.url or "", request.body or b""
        # Files and streams, which would be read here, are not posted.
        assert isinstance(body, str | bytes)
        try:
            place = ssrf.pin(ssrf.parse(url, may_have_query=True), private_hosts=self._named)
            with exchange(
                request.method or "GET",
                url,
                place,
                headers={name: _text(value) for name, value in request.headers.items()},
                body=body.encode() if isinstance(body, str) else body,
                deadline=Deadline(TOTAL_S),
                wait_s=TOTAL_S,
            ) as answer:
                content = b""
                for chunk in answer.iter_stream():
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise requests.ConnectionError(f"{place.host} answers with more than {MAX_BYTES:,} bytes.")
        except (ssrf.AddressRefusedError, ExchangeFailedError) as failed:
            raise requests.ConnectionError(failed.message) from failed
        return _response(request, answer.status, answer.headers, content)

    def close(self) -> None:
        """Close nothing: each hop has a connection of its own."""


def _response(
    request: requests.PreparedRequest, status: int, headers: Sequence[tuple[bytes, bytes]], content: bytes
) -> requests.Response:
    response = requests.Response()
    response.request, response.url, response.status_code = request, request.url or "", status
    response.headers = CaseInsensitiveDict((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response._content = content
    return response


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
