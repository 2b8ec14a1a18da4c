"""No page is wider than its screen. With SHOTS_DIR set, each is also left there as a picture to look at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("dark", [False, True])
def test_no_page_is_wider_than_its_screen(sink_url, live_server, open_page, width, dark):
    folder = os.environ.get("SHOTS_DIR")
    for name, url in (("sink", sink_url), ("home", live_server.url), ("settings", f"{live_server.url}/settings/")):
        page = open_page(url, width=width, dark=dark)
        if name == "sink":
            page.wait_for_selector("figure[data-chart] svg path, figure[data-chart] svg circle", state="attached")

        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
