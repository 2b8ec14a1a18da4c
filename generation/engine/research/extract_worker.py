"""`python -m generation.engine.research.extract_worker`: pages' text and links, one by one, in a process of its own.

A page is a stranger's: it may keep a parser busy for hours or eat all memory. Here it can be killed for that without
harm to the engine. Frames on stdin and stdout are a length of four bytes and JSON.
"""

from __future__ import annotations

import json
import logging
import resource
import struct
import sys
from typing import IO, Any

TEXT_CHARS = 40_000
TITLE_CHARS = 300
MOST_LINKS = 2000
MEMORY_BYTES = 2 * 2**30
_LENGTH = struct.Struct(">I")


def read_frame(stream: IO[bytes]) -> Any:
    """The next message, or None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return json.loads(stream.read(_LENGTH.unpack(head)[0]))


def write_frame(stream: IO[bytes], message: object) -> None:
    """Send a message at once."""
    body = json.dumps(message).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def extract(html: str, url: str) -> dict[str, Any]:
    """Return `title`, `text` (paragraphs by newlines, at most 40,000 characters), `links`, pairs of href and words."""
    import trafilatura
    from lxml import html as parser

    tree = parser.document_fromstring(html.encode(), parser=parser.HTMLParser(encoding="utf-8", no_network=True))
    anchors = [
        (str(anchor.get("href")), " ".join(anchor.text_content().split())[:TITLE_CHARS])
        for anchor in tree.iterfind(".//a[@href]")
    ]
    title = " ".join((tree.findtext(".//title") or "").split())
    base = tree.find(".//base[@href]")
    text = trafilatura.extract(
        tree, url=url, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    return {
        "title": title[:TITLE_CHARS],
        "text": (text or "")[:TEXT_CHARS],
        "links": anchors[:MOST_LINKS],
        "base": "" if base is None else str(base.get("href")),
    }


def main() -> None:
    """Answer until the engine hangs up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    logging.disable(logging.CRITICAL)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not come between frames.
    sys.stdout = sys.stderr
    while (request := read_frame(stdin)) is not None:
        try:
            answer = extract(request["html"], request["url"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:200]}
        write_frame(stdout, answer)


if __name__ == "__main__":
    main()
