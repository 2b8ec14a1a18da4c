"""Where the forms and links of a page lead: those that go to the address at which it was drawn, and the ways back."""

from __future__ import annotations

from html.parser import HTMLParser


class Leads(HTMLParser):
    """Leads of a page.

    Attributes:
        astray: Forms without an address, and links that are a query alone: both go to wherever the page was drawn.
        backs: Paths that its forms name to come back to.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.astray: list[str] = []
        self.backs: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if (tag == "form" and not values.get("action")) or (tag == "a" and values.get("href", "/").startswith("?")):
            self.astray.append(self.get_starttag_text() or tag)
        if tag == "input" and values.get("name") == "next":
            self.backs.add(values.get("value", ""))
