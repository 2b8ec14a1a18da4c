"""A web site of a stranger, on a port of its own: pages that behave, and pages that do not."""

from __future__ import annotations

import gzip
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROSE = (
    "Harrow Bay Ferries has ordered two electric ships for its island line. They will carry 180 cars each. "
    "The yard in Gdansk begins work this autumn, and the ships enter service in 2028."
)


def page(title: str, *paragraphs: str, links: str = "") -> bytes:
    """A page as sites have them: a menu, an article, a footer."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title></head><body><nav>{links}</nav>"
        f"<main><article><h1>{title}</h1>{body}</article></main><footer>All rights reserved</footer></body></html>"
    ).encode()


@dataclass
class Reply:
    """What a path answers; `drip_s` is the pause after each byte."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0.0


class SiteServer:
    """Answers by path and counts what was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: Counter[str] = Counter()
        self.asked_at_s: list[float] = []
        self.agents: set[str] = set()
        self.authorizations: list[str] = []
        self.url = ""

    def put(self, path: str, body: bytes = b"", **more: Any) -> None:
        """What is answered at a path."""
        self.replies[path] = Reply(body, **more)

    def company(self) -> None:
        """A site with a start page and three more."""
        menu = (
            '<a href="/login">Log in</a> <a href="/news">News</a> <a href="/about">About us</a> <a '
            'href="/x.pdf">Report</a>'
        )
        self.put("/", page("Harrow Bay Ferries", PROSE, links=menu))
        self.put(
            "/about", page("About us", "The company was founded in 1911 by two brothers and still runs six lines.")
        )
        self.put("/news", page("News", "A third harbour opened in May, and the winter timetable begins in October."))


def gzip_bomb(mebibytes: int) -> bytes:
    """Zeros that unpack to this size from a thousandth of it."""
    return gzip.compress(bytes(mebibytes * 2**20), 9)


@contextmanager
def serving() -> Iterator[SiteServer]:
    """A running site on 127.0.0.1."""
    site = SiteServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


def _handler(site: SiteServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            site.asked[path] += 1
            site.asked_at_s.append(time.monotonic())
            site.agents.add(self.headers.get("User-Agent", ""))
            site.authorizations.append(self.headers.get("Authorization", ""))
            reply = site.replies.get(path, Reply(b"nothing here", status=404))
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            if not reply.drip_s:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.drip_s)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
