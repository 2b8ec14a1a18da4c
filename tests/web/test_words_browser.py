"""Words of pages with values in their places, put together where they are: in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_value_that_ends_its_sentence_takes_no_full_stop(browser: Browser, live_server: Any) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.url}/static/js/shell/words.js")
    words_in_place = "m.interpolate('Now: %(title)s. %(n)s.5', { title, n: 3 })"
    script = f"title => import('/static/js/shell/words.js').then((m) => {words_in_place})"

    words = [page.evaluate(script, title) for title in ("Acme", "Who pays?", "Acme Inc.", "")]
    page.close()

    assert words == ["Now: Acme. 3.5", "Now: Who pays? 3.5", "Now: Acme Inc. 3.5", "Now: . 3.5"]
