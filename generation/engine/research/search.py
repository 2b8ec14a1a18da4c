"""Search backends: the interface, a null backend, and SearXNG. Knows nothing of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from generation.engine.research.contracts import SearchSpec
from web import strict_json
from web.net.page_fetch import OK, FetchedPage, FetchError

# Pages that tell of every company and belong to none; they are no company's own site.
NEVER_OWN_SITES = frozenset(
    {
        "wikipedia.org",
        "linkedin.com",
        "facebook.com",
        "x.com",
        "twitter.com",
        "instagram.com",
        "youtube.com",
        "crunchbase.com",
        "bloomberg.com",
        "glassdoor.com",
        "indeed.com",
        "northdata.com",
        "northdata.de",
    }
)


class SearchHit(NamedTuple):
    """One result: its address and what the engine calls it."""

    url: str
    title: str


class Search(Protocol):
    """Finds addresses for words."""

    def find(self, query: str, *, most: int) -> list[SearchHit]:
        """Addresses, best first.

        Raises:
            NotFetchedError: `search`: it could not be asked, or its answer makes no sense.
        """
        ...


class NoSearch:
    """Knows no address."""

    def find(self, query: str, *, most: int) -> list[SearchHit]:
        return []


class Searxng:
    """A SearXNG server, asked by its JSON API; its settings must allow the format `json`.

    Args:
        ask: Reads an address with headers, through the guarded fetch.
        key: A bearer token; empty for none.
    """

    def __init__(self, url: str, ask: Callable[[str, dict[str, str]], FetchedPage], *, key: str = "") -> None:
        self._url, self._ask = url.rstrip("/"), ask
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def find(self, query: str, *, most: int) -> list[SearchHit]:
        parameters = urlencode({"q": query, "format": "json", "safesearch": "1"})
        try:
            answer = self._ask(f"{self._url}/search?{parameters}", self._headers)
        except FetchError as error:
            raise FetchError("search", f"The search failed: {error.message}") from None
        if answer.status != OK:
            raise FetchError("search", f"The search answered with the status {answer.status}.")
        return _hits(answer.body)[:most]


def open_search(spec: SearchSpec, ask: Callable[[str, dict[str, str]], FetchedPage], key: str) -> Search:
    return Searxng(spec.url, ask, key=key) if spec.kind == "searxng" else NoSearch()


def is_own_site(host: str) -> bool:
    return not any(host == name or host.endswith(f".{name}") for name in NEVER_OWN_SITES)


def _hits(body: bytes) -> list[SearchHit]:
    try:
        results = strict_json.parse(body)["results"]
        return [
            SearchHit(str(result["url"]), str(result.get("title") or ""))
            for result in results
            if str(result.get("url", "")).startswith(("http://", "https://"))
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FetchError("search", "The search's answer is not the JSON that was expected.") from None
