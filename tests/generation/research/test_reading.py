"""Pages that do not want to be read: the process is killed, the next page is read all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from generation.engine.research.extract import PageExtractor
from tests.generation.research.site_server import PROSE, page
from web.net.page_fetch import FetchError

pytestmark = pytest.mark.engine


@pytest.fixture
def reader() -> Iterator[PageExtractor]:
    with closing(PageExtractor(read_s=0.05)) as found:
        yield found


@pytest.mark.slow
def test_a_page_that_keeps_the_parser_busy_is_given_up_and_the_next_is_read(reader: PageExtractor) -> None:
    good = page("Ferries", PROSE).decode()
    reader.html(good, "https://x.example/")
    endless = page("Endless", *[f"{PROSE} {n}" for n in range(20_000)]).decode()

    with pytest.raises(FetchError, match=r"gave up within 0\.05 s"):
        reader.html(endless, "https://x.example/")

    assert PROSE in reader.html(good, "https://x.example/").text


@pytest.mark.slow
def test_links_are_relative_to_the_base_the_page_names(reader: PageExtractor) -> None:
    html = (
        '<html><head><base href="/en/"></head><body><a href="about">About us</a><p>Some words here.</p></body></html>'
    )

    reading = reader.html(html, "https://x.example/start")

    assert reading.base == "https://x.example/en/"
    assert reading.links == (("about", "About us"),)


@pytest.mark.slow
def test_a_base_that_is_no_address_is_passed_over(reader: PageExtractor) -> None:
    html = (
        '<html><head><base href="http://[broken/"></head><body><a href="about">About</a><p>Words '
        "here.</p></body></html>"
    )

    assert reader.html(html, "https://x.example/start").base == "https://x.example/start"


def test_an_empty_page_is_told_as_unreadable(reader: PageExtractor) -> None:
    with pytest.raises(FetchError, match="could not be read"):
        reader.html("", "https://x.example/")
