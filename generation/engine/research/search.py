"""Who finds addresses: an interface, nobody, and a SearXNG server. Knows nothing of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from generation.engine.research.contracts import SearchSpec
from web import outside_json
from web.guarded_fetch import OK, Fetched, NotFetchedError

# Pages that tell of every company and belong to none; they are no company's own site.
ELSEWHERE = frozenset({
    "wikipedia.org", "linkedin.com", "facebook.com", "x.com", "twitter.com", "instagram.com", "youtube.com",
    "crunchbase.com", "bloomberg.com", "glassdoor.com", "indeed.com", "northdata.com", "northdata.de",
})  # fmt: skip


class Hit(NamedTuple):
    """One result: its address and what the engine calls it."""

    url: str
    title: str


class Search(Protocol):
    """Finds addresses for words."""

    def find(self, query: str, *, most: int) -> list[Hit]:
        """Addresses, best first.

        Raises:
            NotFetchedError: `search`: it could not be asked, or its answer makes no sense.
        """
        ...


class NoSearch:
    """Knows no address."""

    def find(self, query: str, *, most: int) -> list[Hit]:
        return []


class Searxng:
    """A SearXNG server, asked by its JSON API; its settings must allow the format `json`.

    Args:
        url: Its address.
        ask: Reads an address with headers, through the guarded fetch.
        key: A bearer token; empty for none.
    """

    def __init__(self, url: str, ask: Callable[[str, dict[str, str]], Fetched], *, key: str = "") -> None:
        self._url, self._ask = url.rstrip("/"), ask
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def find(self, query: str, *, most: int) -> list[Hit]:
        asked = urlencode({"q": query, "format": "json", "safesearch": "1"})
        try:
            answer = self._ask(f"{self._url}/search?{asked}", self._headers)
        except NotFetchedError as error:
            raise NotFetchedError("search", f"The search could not be asked: {error.message}") from None
        if answer.status != OK:
            raise NotFetchedError("search", f"The search answered with the status {answer.status}.")
        return _hits(answer.body)[:most]


def of(spec: SearchSpec, ask: Callable[[str, dict[str, str]], Fetched], key: str) -> Search:
    """The search that an order names."""
    return Searxng(spec.url, ask, key=key) if spec.kind == "searxng" else NoSearch()


def is_own_site(host: str) -> bool:
    """Whether a host could be a company's own."""
    return not any(host == name or host.endswith(f".{name}") for name in ELSEWHERE)


def _hits(body: bytes) -> list[Hit]:
    try:
        results = outside_json.parse(body)["results"]
        return [
            Hit(str(one["url"]), str(one.get("title") or ""))
            for one in results
            if str(one.get("url", "")).startswith(("http://", "https://"))
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotFetchedError("search", "The search's answer is not the JSON that was expected.") from None
