"""The words of an HTML mail as plain text: blocks as lines, quoted ones begun by `>>`.

For reading, not for showing. Pure.

Mail programs mark what they quote each in their own way. What is marked becomes quoted lines, as in a plain mail, so
that the writer's own words stay wherever they stand: above, between and below. Reads any source in time that grows with
its length alone.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

MAX_CHARS: Final = 200_000
# The way out that stands under each mail of ours; see `quotations`.
OUR_LINK: Final = re.compile(r"https?://[^\s\"'<>]{1,300}?/[a-z2-7]{42}(?![a-z2-7])", re.IGNORECASE)
# Stands above a quoted mail; `quotations` reads such a line as its beginning.
QUOTED_BELOW: Final = "________"

_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)\b([^<>]*)>|<!--|<[!?/][^<>]*>|<[a-z][a-z0-9]*:[^<>]*>", re.IGNORECASE)
# Of a tag so much is looked at.
MAX_ATTRIBUTES: Final = 4_000
# A picture that stands in the source itself, as long as all the rest: an attribute, or an address of a style.
_DATA: Final = re.compile(
    r"(?<=[\"'(=])data:[\w.+-]{0,80}/[\w.+-]{0,80}(?:;[\w=.-]{1,80}){0,4}?(?:;base64,[\w+/=%\r\n-]*|,[^\s\"'<>)]*)",
    re.IGNORECASE,
)
_CUT_TAG: Final = re.compile(r"<[^<>]*\Z")
_SKIPPED: Final = {"script": "</script", "style": "</style", "title": "</title", "head": "</head"}
_VOID: Final = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "wbr", "base", "area"})
_BLOCKS: Final = frozenset(
    {"p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "section", "article", "pre", "center", "body"}
    | {f"h{level}" for level in range(1, 7)}
)
# Wholly quoted, whatever is in it; programs that copy a mail put `x_` before its classes.
_QUOTED: Final = re.compile(
    r"\b(?:class|id)\s*=\s*[\"']?[^\"'>]{0,200}?\b(?:x_)*(?:gmail_attr|moz-cite-prefix|moz-forward-container|yahoo_quoted\w*|protonmail_quote"
    r"|zmail_extra|hmmessage_quote|mail-editor-reference-message-container)\b",
    re.IGNORECASE,
)
# A line of attribution, then a blockquote; without the latter wholly quoted.
_GMAIL: Final = re.compile(r"\bclass\s*=\s*[\"']?[^\"'>]{0,200}?\b(?:x_)*gmail_quote(?:_container)?\b", re.IGNORECASE)
# Outlook's line between the answer and the mail it answers: all that follows is quoted.
_RULE: Final = re.compile(
    r"\bid\s*=\s*[\"']?(?:x_)*(?:divRplyFwdMsg|stopSpelling|appendonsend)\b|\bclass\s*=\s*[\"']?OutlookMessageHeader\b"
    r"|border:\s*none;\s*border-top:\s*solid|border-top:\s*(?:1pt solid|solid)\s*(?:rgb\(225|#(?:E1E1E1|B5C4DF))",
    re.IGNORECASE,
)
_BORDER_LEFT: Final = re.compile(r"border-left\s*:\s*(?!none|0)[^;\"']*\bsolid\b", re.IGNORECASE)
_INDENTED: Final = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)
_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)


def text_of_html(source: str) -> str:
    """Readable text of an HTML mail, at most 200,000 characters; scripts and styles gone, quotes begun by `>> `."""
    source = _DATA.sub("", source)
    return _Reader().read(source if len(source) <= MAX_CHARS else _CUT_TAG.sub("", source[:MAX_CHARS]))


@dataclass
class _Element:
    tag: str
    is_quoted: bool


@dataclass
class _Reader:
    open_elements: list[_Element] = field(default_factory=list)
    # Of the open ones those that are quoted until a blockquote begins.
    heads: list[_Element] = field(default_factory=list)
    # How often each tag is open, so that an end without a beginning costs nothing.
    counts: Counter[str] = field(default_factory=Counter)
    depth: int = 0
    line: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def read(self, source: str) -> str:
        at = 0
        while (tag := _TAG.search(source, at)) is not None:
            self.line.append(source[at : tag.start()])
            at = tag.end()
            if tag[0] == "<!--":
                end = source.find("-->", at)
                at = end + 3 if end >= 0 else len(source)
            elif tag[2] and not tag[1] and (closing := _SKIPPED.get(tag[2].lower())):
                at = _after(source, at, closing)
            elif tag[2]:
                self._take(tag[2].lower(), tag[3][:MAX_ATTRIBUTES], is_end=bool(tag[1]))
        self.line.append(source[at:])
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip()

    def _take(self, tag: str, attributes: str, *, is_end: bool) -> None:
        if tag in _BLOCKS or tag in ("br", "hr"):
            self._break(keeps_empty=tag == "br" or (tag == "p" and is_end))
        if not is_end and _RULE.search(attributes) and not self.depth:
            self.lines.append(QUOTED_BELOW)
        if is_end:
            self._close(tag)
        elif tag not in _VOID:
            self._open(tag, attributes)

    def _open(self, tag: str, attributes: str) -> None:
        is_quote = _is_quote(tag, attributes)
        if is_quote and tag == "blockquote":
            self._end_heads()
        is_head = not is_quote and bool(_GMAIL.search(attributes))
        element = _Element(tag, is_quote or is_head)
        self.open_elements.append(element)
        if is_head:
            self.heads.append(element)
        self.counts[tag] += 1
        self.depth += is_quote or is_head
        if tag == "a" and (address := _HREF.search(attributes)):
            link = OUR_LINK.search(unquote(html.unescape(address[1])))
            self.line.append(f" <{link[0]}> " if link else "")

    def _end_heads(self) -> None:
        for element in self.heads:
            element.is_quoted = False
        self.depth -= len(self.heads)
        self.heads.clear()

    def _close(self, tag: str) -> None:
        if not self.counts[tag]:
            return
        while self.open_elements:
            element = self.open_elements.pop()
            if self.heads and self.heads[-1] is element:
                self.heads.pop()
            self.counts[element.tag] -= 1
            self.depth -= element.is_quoted
            if element.tag == tag:
                return

    def _break(self, *, keeps_empty: bool = False) -> None:
        source = html.unescape("".join(self.line)).replace("\xa0", " ")
        self.line.clear()
        for part in source.split("\n") if self.counts["pre"] else [source]:
            words = " ".join(part.split())
            if words or keeps_empty:
                # Twice the sign: a comparison of the writer's own begins with one.
                self.lines.append(f">> {words}".rstrip() if self.depth else words)


def _is_quote(tag: str, attributes: str) -> bool:
    if _QUOTED.search(attributes):
        return True
    if _BORDER_LEFT.search(attributes):
        return tag in ("div", "blockquote")
    # Programs indent a writer's own lines by a blockquote that shows no bar.
    return tag == "blockquote" and ("cite" in attributes.lower() or not _INDENTED.search(attributes))


def _after(source: str, at: int, closing: str) -> int:
    """Offset behind an element that is not read; a head may end where the body begins."""
    pattern = re.escape(closing) + (r"|<body\b" if closing == "</head" else "")
    end = re.compile(pattern, re.IGNORECASE).search(source, at)
    return end.start() if end else len(source)
