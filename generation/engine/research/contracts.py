"""Body of a research job for its engine: which sites, how many pages of each, and who asks. Pydantic, no Django."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jobs.contracts import Wire


class SearchSpec(Wire):
    """Source of addresses; `none` knows none.

    Attributes:
        kind: `searxng` answers `GET <url>/search?q=…&format=json`.
        url: Its address, set by an admin.
        secret_ref: Name of the secret it takes as a bearer token; empty for none.
    """

    kind: Literal["none", "searxng"] = "none"
    url: str = ""
    secret_ref: str = ""


class SiteSpec(Wire):
    """One company: its site, and what is known of it from an earlier attempt.

    Attributes:
        number: Its place in the order; pages and ends are told with it.
        url: Its site; empty where a search has to find it.
        query: What is searched for; empty for nothing.
        name: What the company is called; an address that leads to another company is refused by it.
        question: What the pages are read for; links that answer it are read first.
        pages: Most pages to read, the start page included.
        read: Addresses that were told already, in their order.
        led_to: Addresses that the earlier attempt had chosen to read next.
        got: How many of those told were not refused.
        home: Where the start page was found, once it was read.
        texts: Of those told, what they say.
    """

    number: int
    url: str = ""
    query: str = ""
    name: str = ""
    question: str = ""
    pages: int = Field(3, ge=1, le=10)
    read: list[str] = Field(default_factory=list)
    led_to: list[str] = Field(default_factory=list)
    got: int = 0
    home: str = ""
    texts: list[str] = Field(default_factory=list)


class ResearchSpec(Wire):
    """An order for pages.

    Attributes:
        user_agent: How the engine calls itself; its first word before `/` is what robots.txt rules name.
        named: Private hosts that are allowed.
        at_once: How many sites are read at the same time; of one host it is always one page.
        delay_s: Least time between two pages of one host, seconds; a robots.txt may ask for more.
        page_s: Most time for one page, seconds.
        site_s: Most time for one site, seconds.
        max_bytes: Largest page, as sent and as unpacked.
    """

    sites: list[SiteSpec]
    done: int = 0
    user_agent: str
    named: list[str] = Field(default_factory=list)
    at_once: int = Field(4, ge=1, le=32)
    delay_s: float = Field(1.0, ge=0)
    page_s: float = Field(20.0, gt=0)
    site_s: float = Field(180.0, gt=0)
    max_bytes: int = Field(2_000_000, ge=1)
    search: SearchSpec = SearchSpec()
