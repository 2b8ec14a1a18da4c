"""Every page of the loaded demo that links lead to from Home: no rule of axe broken, no scrolling sideways,
no error of a script.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page, Response, TimeoutError

from tests.matrix.looks import AXE, BY_COLOUR, DESK, PHONE, RUN, SCHEMES
from tests.tour.conftest import Stack
from tests.tour.test_five_minutes import AT_REST

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
# Not pages of the product: what programs read, and the way out.
LEFT_OUT: Final = ("/api/", "/v1/", "/static/", "/accounts/logout/")
# Home, and a page that only a narrowed list links to.
FIRST: Final = ("/", "/tasks/outreach-e-mail/review/bulk/?state=pending&give=accept")
FITS_WITHIN_MS: Final = 2_000
LINKS: Final = """() => [...document.querySelectorAll("a[href]:not([download])")].map((each) => each.href)"""


@dataclass
class Crawl:
    """Pages seen, one for each pattern of an address, and the faults of each.

    Attributes:
        pages: By pattern, the address that was loaded.
        faults: By address and look, what is wrong there.
    """

    pages: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)

    def is_new(self, path: str) -> bool:
        """Return whether no address of the same pattern was met; from then on one was."""
        try:
            pattern = resolve(path).route
        except Resolver404:
            return False
        is_new = pattern not in self.pages
        self.pages.setdefault(pattern, path)
        return is_new


def test_every_page_that_links_lead_to_is_accessible_and_fits_on_both_widths(page: Page, stack: Stack) -> None:
    crawl, errors = Crawl(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(error.message))

    waiting = deque(FIRST)
    while waiting:
        path = waiting.popleft()
        if not is_page(load(page, path)):
            continue
        waiting += [link for link in links(page, stack) if crawl.is_new(link)]
        for look, faults in looks(page):
            crawl.faults[f"{path}, {look}"] = faults
        crawl.faults[f"{path}, console"] = errors.copy()
        errors.clear()

    assert {where: faults for where, faults in crawl.faults.items() if faults} == {}
    assert len(crawl.pages) > 100


def load(page: Page, path: str) -> Response | None:
    page.set_viewport_size({"width": DESK, "height": 900})
    try:
        return page.goto(path)
    except Error as error:
        if "Download is starting" in error.message:
            return None
        raise


def is_page(response: Response | None) -> bool:
    if response is None:
        return False
    assert response.ok, f"{response.url}: {response.status}"
    return response.headers.get("content-type", "").startswith("text/html")


def links(page: Page, stack: Stack) -> list[str]:
    """Paths of the site that the page links to, without queries; the same page in another state is not another page."""
    addresses: list[str] = page.evaluate(LINKS)
    paths = [urlsplit(address).path for address in addresses if address.startswith(stack.url)]
    return [path for path in dict.fromkeys(paths) if not path.startswith(LEFT_OUT)]


def looks(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Faults of the loaded page by width and colours. In the dark, only colours are other than in the light."""
    page.evaluate(AT_REST)
    page.evaluate(AXE.read_text())
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, options in zip(SCHEMES, ({}, {"runOnly": BY_COLOUR}), strict=True):
            page.emulate_media(color_scheme=scheme)
            yield f"{width}, {scheme}", [*page.evaluate(RUN, options), *too_wide(page, width)]


def too_wide(page: Page, width: int) -> list[str]:
    try:
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}", timeout=FITS_WITHIN_MS)
    except TimeoutError:
        return [f"scrolls sideways, {page.evaluate('document.documentElement.scrollWidth')} px wide"]
    return []
