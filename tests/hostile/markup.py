"""What a page would run or load, read off its HTML, and the text it shows. Knows HTML; knows no page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# Attributes by which an element loads, leads somewhere or sends something.
LOADING = frozenset(
    {"src", "srcset", "href", "action", "formaction", "data", "poster", "background", "cite", "ping", "xlink:href",
     "hx-get", "hx-post", "manifest", "archive", "codebase", "longdesc", "usemap", "lowsrc", "dynsrc"}
)  # fmt: skip
FOREIGN = frozenset(
    {"iframe", "object", "embed", "applet", "frame", "frameset", "base", "style", "marquee", "bgsound", "layer",
        "ilayer"}
)  # fmt: skip
OURS = re.compile(r"^(/(?!/)|\?|#|$)")
# Our own mailbox and unsubscribe pages show links that a person may follow; nothing else leads out.
QUIET_DATA = re.compile(r"^data:image/svg\+xml|^data:,")


class Page(HTMLParser):
    """One page, read to its end.

    Attributes:
        offences: Elements and attributes that no page of ours has: what stored text could bring along.
        text: All text as a reader gets it, pieces joined as they stand.
    """

    def __init__(self, html: str, *, links_may_lead_to: tuple[str, ...] = ()) -> None:
        super().__init__(convert_charrefs=True)
        self.offences: list[str] = []
        self.pieces: list[str] = []
        self._allowed = links_may_lead_to
        self._skip = 0
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FOREIGN or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.offences.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in given:
            self.offences.append("<meta http-equiv>")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.offences.append(f"<{tag} {name}>")
            if name in LOADING and not self._is_ours(tag, value or ""):
                self.offences.append(f"<{tag} {name}={value!r:.80}>")
        if tag in ("script", "template"):
            self._skip += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "template"):
            self._skip -= 1

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.pieces.append(data)

    def _is_ours(self, tag: str, value: str) -> bool:
        if OURS.match(value) or (tag in ("img", "link") and QUIET_DATA.match(value)):
            return True
        return tag == "a" and value.startswith(self._allowed) if self._allowed else False


def words(text: str) -> list[str]:
    """Words without the characters that pages show as marks or not at all."""
    return re.findall(r"\w+", text)


def shows(page_text: str, wanted: str) -> str:
    """The first word of `wanted` that the page does not show in its place; empty when it shows all, in order."""
    there = iter(words(page_text))
    return next((word for word in words(wanted) if word not in there), "")
