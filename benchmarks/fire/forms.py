"""The forms and links that the pages themselves offer: what they send, and which names their addresses carry."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from benchmarks.fire import wire
from benchmarks.fire.finding import at_once
from benchmarks.fire.site import Site
from benchmarks.fire.wire import Request

SENT_BY = ("hx-post", "hx-put", "hx-patch", "hx-delete")
FIELDS = frozenset({"input", "select", "textarea", "button"})


class Offered(HTMLParser):
    """Reads one page.

    Attributes:
        forms: Method, address and fields of each form.
        names: Names in the queries of its links, and of the fields of its forms that ask.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.names: set[str] = set()
        self._address = address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get", "data-url"):
            self.names |= {key for key, _ in parse_qsl(urlsplit(given.get(name, "")).query)}
        for name in SENT_BY:
            if name in given:
                self.forms.append((name[3:].upper(), urljoin(self._address, given[name]), {}))
        if tag == "form":
            sent_to = urljoin(self._address, given.get("action", ""))
            self.forms.append((given.get("method", "get").upper(), sent_to, {}))
        elif tag in FIELDS and self.forms and given.get("name", "csrfmiddlewaretoken") != "csrfmiddlewaretoken":
            self.forms[-1][2].setdefault(given["name"], given.get("value", ""))


def harvest(site: Site) -> tuple[list[dict[str, Any]], set[str]]:
    """Entries of all forms that send something, as the admin sees them, and the names that queries carry."""
    forms: dict[tuple[str, str, tuple[str, ...]], dict[str, Any]] = {}
    names: set[str] = set()

    def read(entry: dict[str, Any]) -> None:
        address = entry["address"] + entry["query"]
        answer = wire.ask(site.port, Request("GET", address, wire.headers_for("admin", site.laid)))
        page = Offered(address)
        if answer.content.lstrip()[:9].lower() == b"<!doctype":
            page.feed(answer.content.decode(errors="replace"))
        names.update(page.names)
        for method, sent_to, fields in page.forms:
            if method == "GET":
                names.update(fields)
            else:
                key = method, sent_to, tuple(sorted(fields))
                forms[key] = {
                    "method": method,
                    "address": sent_to,
                    "body": fields,
                    "is_api": False,
                    "need": "",
                    "name": sent_to,
                }

    pages = [
        each
        for each in site.laid["routes"]
        if each["method"] == "GET" and not each["is_api"] and each["need"] != "NONE"
    ]
    at_once(read, pages)
    return [forms[key] for key in sorted(forms)], names
