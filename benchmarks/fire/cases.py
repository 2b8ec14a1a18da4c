"""Cases generated from the published schema, with ids of real rows in them: no answer is a fault.

A case is a function of seed and number, so `--only NUMBER` repeats it. Some are as the schema says, some are spoiled in
a place or two, in the path, the query, a header or the body.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.fire import wire
from benchmarks.fire.site import Site
from benchmarks.fire.values import TEXTS, Shapes, hostile, spoiled
from benchmarks.fire.wire import Request

# The database is brought back after so many: some cases delete what others ask for.
BATCH, AT_ONCE, SHOWN = 40, 6, 60
CALLERS = ("token:admin", "token:admin", "token:admin", "admin", "lead", "reviewer", "token:lead")
HEADERS = {
    "If-Match": ('"1"', "*", '"x', "W/", "\x7f", "9" * 900), "Idempotency-Key": ("k1", "", "é", "x" * 900, "\x7f"),
    "Accept": ("application/json", "text/html", "text/csv", "*/*;q=x", "a/b;version=9", ""),
    "Last-Event-ID": ("-1", "9" * 30, "x"), "Range": ("bytes=0-0", "bytes=9-1", "bytes=-0", "items=x"),
    "If-None-Match": ("*", '"x"', "x" * 900), "Accept-Language": ("xx-" * 200,),
    "If-Modified-Since": ("Thu, 01 Jan 99999 00:00:00 GMT", "x"), "Prefer": ("x",), "HX-Request": ("true",),
}  # fmt: skip


class Cases:
    """Builds the requests of a seed.

    Args:
        laid: What `layout` wrote down.
        seed: Any number.
    """

    def __init__(self, laid: dict[str, Any], seed: int) -> None:
        self.laid, self.seed = laid, seed
        self.shapes = Shapes(laid["schema"]["components"]["schemas"], laid["objects"])
        self.operations = sorted(self._operations(), key=lambda each: (each[0]["template"], each[0]["method"]))
        self.ids = sorted(set(laid["objects"].values()))

    def request(self, number: int) -> Request:
        """The request of a number: operations in turn."""
        draw = Random(f"{self.seed}:{number}")
        entry, told = self.operations[number % len(self.operations)]
        headers = wire.headers_for(draw.choice(CALLERS), self.laid)
        if draw.random() < 0.3:
            name = draw.choice(sorted(HEADERS))
            headers[name] = draw.choice(HEADERS[name])
        shown, body = self._body(entry, told, draw)
        address = quote(self._path(entry, draw), safe="/:%", errors="surrogatepass") + self._query(told, draw)
        return Request(entry["method"], address, {**shown, **headers}, body)

    def _operations(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        paths = self.laid["schema"]["paths"]
        return [
            (entry, paths[entry["template"]][entry["method"].lower()])
            for entry in self.laid["routes"]
            if entry["method"].lower() in paths.get(entry["template"], {})
        ]

    def _path(self, entry: dict[str, Any], draw: Random) -> str:
        path = entry["template"]
        for name, value in entry["values"].items():
            chance = draw.random()
            if chance > 0.94:
                value = draw.choice(TEXTS).replace("/", "")[:400]
            elif chance > 0.88:
                value = draw.choice(self.ids)
            path = path.replace(f"{{{name}}}", value)
        return path

    def _query(self, told: dict[str, Any], draw: Random) -> str:
        sent = []
        for each in told.get("parameters", ()):
            if each["in"] == "query" and (each.get("required") or draw.random() < 0.35):
                is_bad = draw.random() < 0.4
                value = hostile(draw) if is_bad else self.shapes.value(each.get("schema", {}), draw, each["name"])
                sent.append((each["name"], value if isinstance(value, str) else json.dumps(value)))
        if draw.random() < 0.04:
            sent.append(("nonsense", "1"))
        pairs = [(name, value.encode("utf-8", "surrogatepass")[:9000]) for name, value in sent]
        return f"?{urlencode(pairs)}" if pairs else ""

    def _body(self, entry: dict[str, Any], told: dict[str, Any], draw: Random) -> tuple[dict[str, str], bytes]:
        if entry["method"] == "GET":
            return {}, b""
        content = told.get("requestBody", {}).get("content", {})
        media = draw.choice(sorted(content)) if content else "application/json"
        shape = content.get(media, {}).get("schema", {"type": "object"})
        value = self.shapes.value(shape, draw)
        if entry["body"] and draw.random() < 0.6:
            few = {name: each for name, each in value.items() if draw.random() < 0.3} if isinstance(value, dict) else {}
            value = {**entry["body"], **few}
        for _ in range(draw.choice((0, 1, 1, 1, 2, 3))):
            value = spoiled(value, draw)
        if "form" in media and isinstance(value, dict):
            return wire.multipart(value)
        shown = {"Content-Type": "application/json", **({"If-Match": '"x"'} if draw.random() < 0.5 else {})}
        return shown, json.dumps(value, ensure_ascii=draw.random() < 0.8).encode("utf-8", "surrogatepass")


@dataclass
class Volley:
    """The outcome of some cases.

    Attributes:
        figures: What is printed in the first line, by name.
        violations: A line each.
        by_status: How often each status came.
        busy: Routes that answered 503, which says when to come back, and how often.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    by_status: Counter[int] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)

    def add(self, answer: wire.Answer, request: str, route: str) -> None:
        """Count an answer; it is a violation if it is a fault, or there is none."""
        self.by_status[answer.status] += 1
        if answer.status == 503:
            self.busy[route] += 1
        if wire.is_fault(answer) or not answer.status:
            self.violations.append(f"{answer.status}: {request}")

    def add_errors(self, logged: Sequence[str]) -> None:
        """Errors that the server logged meanwhile are violations, whatever it answered."""
        self.figures["errors logged"] = len(logged)
        self.violations += [f"LOGGED {line[:300]}" for line in logged[:SHOWN]]

    def print(self) -> None:
        statuses = {str(status): count for status, count in sorted(self.by_status.items())}
        print(f"{self.figures | {'statuses': statuses}}; {len(self.violations)} violations", flush=True)
        if self.busy:
            print(f"  503, as declared: {dict(self.busy.most_common(12))}")
        for line in self.violations[:SHOWN]:
            print(f"  {line}")
        if len(self.violations) > SHOWN:
            print(f"  … and {len(self.violations) - SHOWN} more", flush=True)


def fire(site: Site, *, count: int, seed: int, only: int | None = None) -> Volley:
    """Send so many cases, or one."""
    volley, cases, began, before = Volley(), Cases(site.laid, seed), time.monotonic(), len(site.errors())

    def send(number: int) -> None:
        request = cases.request(number)
        answer = wire.ask(site.port, request)
        volley.add(answer, f"case {number}: {request}", cases.operations[number % len(cases.operations)][0]["name"])

    numbers = [only] if only is not None else range(count)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, len(numbers), BATCH):
            list(pool.map(send, numbers[first : first + BATCH]))
            site.restore()
    volley.figures = {"cases": count, "seed": seed, "operations": len(cases.operations),
                      "seconds": round(time.monotonic() - began)}  # fmt: skip
    volley.add_errors(site.errors()[before:])
    return volley
