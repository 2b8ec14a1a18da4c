"""Hostile requests to routes of every kind: broken bodies, lies about them, and heads that no client of good will sends.

A number is a kind of hostility in turn and a route drawn by seed and number, so `--only NUMBER` repeats it. What breaks the
protocol itself may be answered by closing the connection; every other request has an answer, and none is a fault.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from benchmarks.fire import wire
from benchmarks.fire.finding import FiredStage, at_once, in_batches
from benchmarks.fire.forms import harvest
from benchmarks.fire.hostile import BROKEN, IN_A_QUERY, LINES, OF_FORMS, SHAPES, odd_head
from benchmarks.fire.site import Site

BATCH = 40
CALLERS = ("token:admin", "admin", "admin", "visitor", "token:invented")


class Bodies:
    """Builds the requests of a seed, as bytes.

    Args:
        laid: What `layout` wrote down.
        seed: Any number.
        forms: Entries of the pages' own forms.
        names: Names in the queries of the pages' links.
    """

    def __init__(
        self, laid: dict[str, Any], seed: int, *, forms: Sequence[dict[str, Any]] = (), names: Iterable[str] = ()
    ) -> None:
        self.laid, self.seed, self.forms = laid, seed, list(forms)
        writes = ("POST", "PUT", "PATCH", "DELETE")
        self.entries = [each for each in laid["routes"] if each["method"] in writes and each["need"] != "NONE"]
        self.pages = [each for each in laid["routes"] if each["method"] == "GET" and each["need"] != "NONE"]
        # A name of a query's part that some page reads.
        self.names = sorted(
            {each["name"] for path in laid["schema"]["paths"].values() for told in path.values() for each in told.get("parameters", ()) if each["in"] == "query"}
            | {"page", "q", "next", "sort", "order", "task", "state", "split", "since", "until", "format", "compare", "older", "newer", "days", "job"}
            | set(names)
        )  # fmt: skip

    def sent(self, number: int) -> tuple[bytes, str, bool]:
        """The bytes, what they are in a word, and whether they are a whole request, which has an answer."""
        draw = Random(f"body:{self.seed}:{number}")
        kind = number % (len(SHAPES) + len(BROKEN) + 3)
        if kind < len(SHAPES):
            is_form = SHAPES[kind] in OF_FORMS and self.forms and draw.random() < 0.8
            entry = draw.choice(self.forms if is_form else self.entries)
            head, body = SHAPES[kind](json.dumps(entry["body"]).encode(), draw)
            sized = [*head, (b"Content-Length", b"%d" % len(body))]
            return (
                self._start(entry, draw) + b"".join(b"%s: %s\r\n" % each for each in sized) + b"\r\n" + body,
                SHAPES[kind].__name__,
                SHAPES[kind] is not odd_head,
            )
        if kind < len(SHAPES) + len(BROKEN):
            make, entry = BROKEN[kind - len(SHAPES)], draw.choice(self.entries)
            return self._start(entry, draw) + make(json.dumps(entry["body"]).encode(), draw), make.__name__, False
        if kind == len(SHAPES) + len(BROKEN):
            return (
                draw.choice(LINES) + b"\r\nHost: " + wire.HOST.encode() + b"\r\nX-Forwarded-Proto: https\r\n\r\n",
                "odd line",
                False,
            )
        query = b"&".join(b"%s=%s" % (draw.choice(self.names).encode(), draw.choice(IN_A_QUERY)) for _ in range(5))
        return self._start(draw.choice(self.pages), draw, b"?" + query) + b"\r\n", "odd query", True

    def _start(self, entry: dict[str, Any], draw: Random, query: bytes = b"") -> bytes:
        shown = {
            "Host": wire.HOST,
            "X-Forwarded-Proto": "https",
            "Connection": "close",
            **wire.headers_for(draw.choice(CALLERS), self.laid),
        }
        line = f"{entry['method']} {entry['address']}".encode() + query + b" HTTP/1.1\r\n"
        return line + b"".join(f"{name}: {value}\r\n".encode() for name, value in shown.items())


def fire(site: Site, *, count: int, seed: int, only: int | None = None) -> FiredStage:
    """Send so many hostile requests, or one."""
    found, began, before = FiredStage("bodies"), time.monotonic(), len(site.errors())
    forms, names = harvest(site)
    made = Bodies(site.laid, seed, forms=forms, names=names)

    def send(number: int) -> None:
        sent, kind, is_whole = made.sent(number)
        answer = wire.throw(site.port, sent, is_whole=is_whole)
        line = sent.partition(b"\r\n")[0][:120].decode("latin-1")
        found.add(answer, f"body {number}, {kind}: {line}", kind, may_be_silent=not is_whole)

    for batch in in_batches([only] if only is not None else range(count), BATCH):
        at_once(send, batch)
        site.restore()
    found.figures = {"bodies": count, "seed": seed, "forms": len(forms), "kinds": len(SHAPES) + len(BROKEN) + 2,
                     "seconds": round(time.monotonic() - began)}  # fmt: skip
    found.add_errors(site.errors()[before:])
    return found
