"""A browser page that shows HTML rendered in this process: what of stored text comes to life there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Request

SITE = "http://miniatures.test"
# Elements of the poison, and attributes that only the poison has.
COUNT = "document.querySelectorAll('evil-tag, [onfocus], [hx-post*=evil], [data-hx-post*=evil]').length"


class House(ThreadingHTTPServer):
    """The browser's proxy, and so all the web it reaches: the HTML in hand and the site's own files."""

    daemon_threads = True
    html = ""


class Answer(BaseHTTPRequestHandler):
    """One request of the browser, to whatever host."""

    protocol_version = "HTTP/1.1"
    server: House

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/shown":
            self._send(self.server.html.encode(), "text/html; charset=utf-8", "no-store")
        elif is_static(path) and (found := finders.find(path[8:])):
            # Kept by the browser from page to page, as the site's own scripts are.
            self._send(Path(str(found)).read_bytes(), guess_type(path)[0] or "text/plain", "max-age=3600")
        else:
            self.do_POST()

    def do_POST(self) -> None:
        self.close_connection = True
        self.send_error(404)

    do_CONNECT = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _send(self, body: bytes, kind: str, cached: str) -> None:
        self.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", cached)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def is_static(path: str) -> bool:
    """Whether the site serves a script, a style or an icon of its own there."""
    return path.startswith("/static/") and path.endswith((".js", ".css", ".svg"))


class Shown:
    """A browser page that shows HTML rendered in this process, with the site's own scripts and styles;
    nothing else is reached.

    Attributes:
        sent: What scripts asked the server for: method and path.
    """

    def __init__(self, page: Page, house: House) -> None:
        self.sent: list[str] = []
        self.page, self._house = page, house
        page.on("request", self._note)

    def load(self, html: str) -> int:
        """Show the HTML and return how many nodes of the poison came to life."""
        self._house.html = html
        self.page.goto(f"{SITE}/shown", wait_until="load")
        return int(self.page.evaluate(COUNT))

    def _note(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if path != "/shown" and not is_static(path):
            self.sent.append(f"{request.method} {path}")


@contextmanager
def opened(browser: Browser) -> Iterator[Shown]:
    """A page of the browser whose proxy is this process."""
    house = House(("127.0.0.1", 0), Answer)
    threading.Thread(target=house.serve_forever, daemon=True).start()
    page = browser.new_page(proxy={"server": f"http://127.0.0.1:{house.server_port}"})
    yield Shown(page, house)
    page.close()
    house.shutdown()
    house.server_close()
