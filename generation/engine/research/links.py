"""Which pages of a site are worth reading after its start page: by the words of the link and of the address. Pure Python.

The same links give the same choice, whatever their order. It does not know the page's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

# Topics a note on a company lives on, dearest first, with the words they go by in English and German.
TOPICS: tuple[tuple[str, frozenset[str]], ...] = (
    ("about", frozenset({"about", "company", "who", "story", "mission", "ueber", "über", "unternehmen", "profil"})),
    (
        "products",
        frozenset(
            {
                "product",
                "products",
                "solution",
                "solutions",
                "service",
                "services",
                "platform",
                "offer",
                "what",
                "produkte",
                "produkt",
                "leistungen",
                "lösungen",
                "loesungen",
                "angebot",
            }
        ),
    ),
    ("news", frozenset({"news", "newsroom", "blog", "updates", "aktuelles", "neuigkeiten", "nachrichten"})),
    ("press", frozenset({"press", "media", "releases", "presse", "medien", "pressemitteilungen"})),
    ("customers", frozenset({"customers", "customer", "references", "cases", "case", "kunden", "referenzen"})),
    ("investors", frozenset({"investors", "investor", "relations", "reports", "investoren"})),
    ("team", frozenset({"team", "people", "leadership", "management"})),
    ("careers", frozenset({"careers", "career", "jobs", "karriere", "stellen"})),
)
_UNWANTED = frozenset(
    {
        "login",
        "signin",
        "signup",
        "register",
        "cart",
        "checkout",
        "account",
        "privacy",
        "terms",
        "cookie",
        "cookies",
        "imprint",
        "impressum",
        "datenschutz",
        "agb",
        "legal",
        "search",
        "share",
        "logout",
        "warenkorb",
        "suche",
    }
)
_FILES = re.compile(
    r"\.(?:pdf|jpe?g|png|gif|svg|webp|ico|css|js|json|xml|zip|gz|mp[34]|webm|docx?|xlsx?|pptx?|exe|dmg|ics|rss)$", re.I
)
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_URL, _MOST_LINKS = 500, 2000


class Link(NamedTuple):
    """An anchor of a page: where it leads, and its words."""

    href: str
    text: str


def choose(base: str, links: Iterable[Link], *, most: int, but: Iterable[str] = ()) -> list[str]:
    """Addresses of the same site to read next, the best of each topic first.

    Args:
        base: The page they stand on.
        links: Its anchors.
        most: How many to choose.
        but: Addresses that are read already.
    """
    taken = {canonical(url) for url in (base, *but)}
    best: dict[str, tuple[int, int, str]] = {}
    for link in list(links)[:_MOST_LINKS]:
        url = _absolute(base, link.href)
        if url and canonical(url) not in taken and same_site(base, url):
            rank = _rank(url, link.text)
            key = canonical(url)
            best[key] = min(best.get(key, (*rank, url)), (*rank, url))
    ranked = sorted(best.values())
    first_of_topic: dict[int, tuple[int, int, str]] = {}
    for topic, length, url in ranked:
        first_of_topic.setdefault(topic, (topic, length, url))
    firsts = [entry for topic, entry in sorted(first_of_topic.items()) if topic < len(TOPICS)]
    rest = [entry for entry in ranked if entry not in firsts]
    return [url for _, _, url in (*firsts, *rest) if url][:most]


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site: the same host but for `www.`, or a part of it, on the same port."""
    (here, port), (there, other_port) = _host(one), _host(other)
    return bool(here) and port == other_port and (here == there or there.endswith(f".{here}"))


def canonical(url: str) -> str:
    """An address in the form by which two are compared: no scheme, no `www.`, no last slash, no fragment."""
    host, port = _host(url)
    parts = urlsplit(url)
    return f"{host}:{port}{parts.path.rstrip('/')}{'?' + parts.query if parts.query else ''}"


def host_of(url: str) -> str:
    """The host of an address, without `www.`; empty where it is none."""
    return _host(url)[0]


def _rank(url: str, text: str) -> tuple[int, int]:
    """Number of the topic and depth of the path; what belongs to no topic comes after, what helps nobody last."""
    parts = urlsplit(url)
    path, said = _words(parts.path), _words(text)
    depth = len([part for part in parts.path.split("/") if part]) + (2 if parts.query else 0)
    if (path | said) & _UNWANTED:
        return len(TOPICS) + 1, depth
    for number, (_, words) in enumerate(TOPICS):
        if path & words or (len(said) <= 6 and said & words):
            return number, depth
    return len(TOPICS), depth


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _absolute(base: str, href: str) -> str:
    """A link as an address that may be a page, or nothing."""
    try:
        url = urldefrag(urljoin(base, href.strip())).url
        parts = urlsplit(url)
        is_page = parts.scheme in ("http", "https") and parts.hostname and not _FILES.search(parts.path)
        return url if is_page and len(url) <= _LONGEST_URL and parts.port != 0 else ""
    except ValueError:
        return ""


def _host(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        # https on 443 and http on 80 are one site.
        port = parts.port or 443
        return (parts.hostname or "").lower().rstrip(".").removeprefix("www."), 443 if port == 80 else port
    except ValueError:
        return "", 0
