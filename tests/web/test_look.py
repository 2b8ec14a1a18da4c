"""No page is wider than its screen. With SHOTS_DIR set, each is also left there as a picture to look at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.matrix.looks import SQUEEZED

# Words of a chart that begin before its figure or end after it.
OUTSIDE = """() => [...document.querySelectorAll("figure[data-chart] svg text")].filter((text) => {
  const [box, room] = [text, text.closest("figure")].map((each) => each.getBoundingClientRect());
  return box.width && (box.left < room.left - 1 || box.right > room.right + 1);
}).map((text) => text.textContent)"""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [375, 1440])
def test_no_page_is_wider_than_its_screen(sink_url, live_server, open_page, width):
    folder = os.environ.get("SHOTS_DIR")
    page = open_page(sink_url, width=width)
    for name, url in (("sink", sink_url), ("home", live_server.url), ("settings", f"{live_server.url}/settings/")):
        page.goto(url, wait_until="load")
        if name == "sink":
            page.wait_for_selector("figure[data-chart] svg path, figure[data-chart] svg circle", state="attached")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)

            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, scheme)
            assert page.evaluate(SQUEEZED) == []
            assert page.evaluate(OUTSIDE) == []

            if folder:
                page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
