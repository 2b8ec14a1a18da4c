"""A browser page that shows HTML rendered in this process: what of stored text comes to life there."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Request
from playwright.sync_api import Route as Asked

SITE = "http://miniatures.test"
# Elements of the poison, and attributes that only the poison has.
COUNT = "document.querySelectorAll('evil-tag, [onfocus], [hx-post*=evil], [data-hx-post*=evil]').length"


class Shown:
    """A browser page that shows HTML rendered in this process, with the site's own scripts; nothing else is reached.

    Attributes:
        sent: What scripts asked the server for: method and path.
    """

    def __init__(self, page: Page) -> None:
        self.sent: list[str] = []
        self.page, self._html = page, ""
        page.route("**/*", self._answer)

    def load(self, html: str) -> int:
        """Show the HTML and return how many nodes of the poison came to life."""
        self._html = html
        self.page.goto(f"{SITE}/shown", wait_until="load")
        return int(self.page.evaluate(COUNT))

    def _answer(self, asked: Asked, request: Request) -> None:
        path = urlsplit(request.url).path
        if path == "/shown":
            asked.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        elif path.startswith("/static/") and path.endswith(".js") and (found := finders.find(path[8:])):
            asked.fulfill(body=Path(str(found)).read_bytes(), content_type=guess_type(path)[0] or "text/plain")
        else:
            self.sent.append(f"{request.method} {path}")
            asked.abort()
