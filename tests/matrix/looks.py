"""What a browser makes of every page, each loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, TimeoutError

from tests.matrix.shown import Shown

PHONE, DESK = 375, 1440
SETTLED_WITHIN_MS = 60_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Path(__file__).parent.parent / "axe-core/axe.min.js"
RUN = """async (options) => {
  const found = await axe.run({ resultTypes: ["violations"], ...options });
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(" ")}`));
}"""
# Texts of which letter stands under letter: what remains of a sentence in a column made for a sign.
SQUEEZED = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = \
document.createRange();
  while (walker.nextNode()) {
    if (walker.currentNode.data.trim().length < 8 || !walker.currentNode.parentElement.checkVisibility()) continue;
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (box.width < 48 && box.height > 120) found.push(walker.currentNode.data.trim().slice(0, 60));
  }
  return found;
}"""
# Whatever the width and the colours are, the elements are the same; so are their rules but for these.
BY_WIDTH = ("scrollable-region-focusable", "target-size", "region")
BY_COLOUR = ("color-contrast",)


@dataclass
class Looks:
    """What was seen.

    Attributes:
        pages: How many were loaded.
        alive: By page, nodes that hostile text became.
        wide: By page and colour scheme, its width where that is more than a phone has.
        squeezed: By page, texts in a column of a few letters.
        broken: By page, rules of axe-core and the elements that break them.
        sent: What scripts asked the server for: method and path.
    """

    pages: int = 0
    alive: dict[str, int] = field(default_factory=dict)
    wide: dict[str, int] = field(default_factory=dict)
    squeezed: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)


def look_at(shown: Shown, pages: Mapping[str, str]) -> Looks:
    """Load each page, by name its HTML, on a phone and widen it to a desk; what is no page is passed over."""
    looks, axe = Looks(sent=shown.sent), AXE.read_text()
    for name, html in pages.items():
        if "<body" not in html:
            continue
        looks.pages += 1
        shown.page.set_viewport_size({"width": PHONE, "height": 812})
        if nodes := shown.load(html):
            looks.alive[name] = nodes
        # Colours change at once, or they would be measured on their way.
        shown.page.add_style_tag(content="*, *::before, *::after { transition: none !important }")
        for scheme in SCHEMES:
            shown.page.emulate_media(color_scheme=scheme)
            if width := _width_beyond_a_phone(shown.page):
                looks.wide[f"{name}, {scheme}"] = width
        squeezed = shown.page.evaluate(SQUEEZED)
        shown.page.evaluate(axe)
        if broken := _broken(shown.page):
            looks.broken[name] = broken
        shown.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        if squeezed := squeezed + shown.page.evaluate(SQUEEZED):
            looks.squeezed[name] = squeezed
    return looks


def _width_beyond_a_phone(page: Page) -> int:
    """How wide a page stays that does not fit, scripts that still lay it out awaited; 0 when it fits."""
    try:
        page.wait_for_function(f"document.documentElement.scrollWidth <= {PHONE}", timeout=SETTLED_WITHIN_MS)
    except TimeoutError:
        return int(page.evaluate("document.documentElement.scrollWidth"))
    return 0


def _broken(page: Page) -> list[str]:
    """What breaks a rule at one of the two widths or in one of the two colour schemes."""
    broken: list[str] = page.evaluate(RUN, {"rules": {rule: {"enabled": False} for rule in BY_COLOUR}})
    page.set_viewport_size({"width": DESK, "height": 900})
    for scheme, rules in zip(SCHEMES, (BY_WIDTH + BY_COLOUR, BY_COLOUR), strict=True):
        page.emulate_media(color_scheme=scheme)
        broken += page.evaluate(RUN, {"runOnly": rules})
    return sorted(set(broken))
