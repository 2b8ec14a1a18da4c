"""Text and links of fetched pages, read by a process that is killed when a page takes too long."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from generation.engine.research.extract_worker import TEXT_CHARS, read_frame, write_frame
from generation.engine.research.links import Link
from web.net.page_fetch import FetchError

EXTRACT_S = 15.0
# The first page also pays for loading the libraries.
START_S = 60.0


@dataclass(frozen=True)
class PageText:
    """Content of a page: its title, its text without menus and footers, its links, and what they are relative to."""

    title: str
    text: str
    links: tuple[Link, ...] = ()
    base: str = ""


class PageExtractor:
    """One process that reads pages. Safe to use from many threads: they take turns.

    Args:
        read_s: Most time for one page, seconds.
    """

    def __init__(self, read_s: float = EXTRACT_S) -> None:
        self._read_s, self._lock = read_s, threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def html(self, html: str, url: str) -> PageText:
        """Read a page.

        Raises:
            NotFetchedError: `unreadable`: it took too long, too much memory, or is no HTML.
        """
        with self._lock:
            answer = self._ask({"html": html, "url": url})
        if "error" in answer:
            raise FetchError("unreadable", f"The page could not be read: {answer['error']}.")
        links = tuple(Link(str(href), str(text)) for href, text in answer["links"])
        return PageText(answer["title"], answer["text"], links, _base(url, answer["base"]))

    def plain(self, text: str, url: str) -> PageText:
        return PageText("", text.strip()[:TEXT_CHARS], (), url)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        wait_s = self._read_s if self._process else START_S
        process = self._process = self._process or _started()
        assert process.stdin is not None
        assert process.stdout is not None
        # Killing it ends the read below.
        killer = threading.Timer(wait_s, process.kill)
        killer.start()
        try:
            write_frame(process.stdin, message)
            answer = read_frame(process.stdout)
        except (OSError, ValueError):
            answer = None
        finally:
            killer.cancel()
        if answer is None:
            self.close()
            return {"error": f"its reader gave up within {wait_s:g} s"}
        return dict(answer)


def _base(url: str, href: str) -> str:
    try:
        return urljoin(url, href)
    except ValueError:
        return url


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "generation.engine.research.extract_worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
