"""One company's pages: its start page, then the best of its links, then what a search finds. Tells each as it comes.

It does not know what becomes of them, nor how they are stored.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from generation.engine.research import links, usable
from generation.engine.research.charset import decode
from generation.engine.research.contracts import SiteSpec
from generation.engine.research.extract import PageExtractor, PageText
from generation.engine.research.fetch import Fetcher, FetchStopped
from generation.engine.research.search import Search, is_own_site
from web.net.page_fetch import OK, FetchedPage, FetchError

_STORED_URL = 2000
# Some pages are refused: so many addresses are tried for each page that is wanted.
_TRIES = 2


class SiteReader:
    """Reads one site.

    Args:
        tell: Takes each page as plain values.
    """

    def __init__(
        self,
        spec: SiteSpec,
        *,
        fetcher: Fetcher,
        reader: PageExtractor,
        search: Search,
        tell: Callable[[dict[str, Any]], None],
        should_stop: Callable[[], bool],
        total_s: float,
    ) -> None:
        self._spec, self._fetcher, self._reader, self._search = spec, fetcher, reader, search
        self._tell, self._should_stop = tell, should_stop
        self._until_s = time.monotonic() + total_s
        self._read, self._led_to, self._got = list(spec.read), list(spec.led_to), spec.got
        self._texts, self._home = list(spec.texts), spec.home

    def run(self) -> str:
        """Read what is to be read and is not yet.

        Returns:
            Why nothing could be looked for; empty where all was tried.

        Raises:
            FetchStopped: The engine was asked to.
        """
        why, addresses = "", []
        try:
            addresses = self._found()
        except FetchError as error:
            why = error.message
        start = self._spec.url or next((url for url in addresses if is_own_site(links.host_of(url))), "")
        if not self._read and start:
            self._page(start, "start")
        for url in self._led_to:
            self._next(url, "link")
        for url in addresses:
            self._next(url, "search")
        return why or ("" if self._read else "No address is given, and none was found.")

    def _found(self) -> list[str]:
        if not self._spec.query:
            return []
        return [hit.url[:_STORED_URL] for hit in self._search.find(self._spec.query, most=2 * self._spec.pages)]

    def _next(self, url: str, way: str) -> None:
        read_urls = {links.canonical(address) for address in self._read}
        has_room = self._got < self._spec.pages and len(self._read) < _TRIES * self._spec.pages
        if has_room and links.canonical(url) not in read_urls:
            self._page(url, way)

    def _page(self, url: str, way: str) -> None:
        if self._should_stop():
            raise FetchStopped
        payload: dict[str, Any] = {"site": self._spec.number, "number": len(self._read) + 1, "url": url, "way": way}
        payload["fetched_at"] = datetime.now(UTC).isoformat()
        try:
            fetched = self._fetcher.page(url, until_s=self._until_s)
            reading = self._reading(fetched)
            self._check(fetched, reading, way)
        except FetchError as error:
            payload |= {"code": error.code, "why": error.message}
        else:
            self._got += 1
            self._texts.append(reading.text)
            payload |= self._seen(fetched, reading, way)
        self._read.append(url)
        self._tell(payload)

    def _seen(self, fetched: FetchedPage, reading: PageText, way: str) -> dict[str, Any]:
        if way == "start":
            self._home = fetched.url
            self._led_to = links.choose(
                reading.base,
                reading.links,
                most=_TRIES * self._spec.pages,
                but=[fetched.url],
                question=self._spec.question,
            )
        return {
            "final_url": fetched.url,
            "status": fetched.status,
            "content_type": fetched.content_type,
            "bytes": len(fetched.body),
            "sha256": hashlib.sha256(fetched.body).hexdigest(),
            "title": reading.title,
            "text": reading.text,
            "led_to": self._led_to if way == "start" else [],
        }

    def _check(self, fetched: FetchedPage, reading: PageText, way: str) -> None:
        """Refuse what says nothing of the company; a search result may stand anywhere."""
        usable.check(reading.title, reading.text)
        if way == "start":
            usable.check_company(self._spec.url or fetched.url, fetched.url, name=self._spec.name, title=reading.title)
        elif way == "link" and self._home:
            usable.check_company(self._home, fetched.url, name=self._spec.name, title=reading.title)
        usable.check_new(reading.text, self._texts)

    def _reading(self, fetched: FetchedPage) -> PageText:
        if fetched.status != OK:
            raise FetchError("status", f"The server answered with the status {fetched.status}.")
        text = decode(fetched.body, fetched.charset)
        is_plain = fetched.content_type == "text/plain"
        reading = self._reader.plain(text, fetched.url) if is_plain else self._reader.html(text, fetched.url)
        if not reading.text.strip() and not reading.links:
            raise FetchError("no_text", "The page holds no text that could be read; it may be built by a script.")
        return reading
