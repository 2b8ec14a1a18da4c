"""Choice of a site's pages after its start page: by the words of the link and of the address. Pure Python.

The same links give the same choice, whatever their order. It does not know the page's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit


class Topic(NamedTuple):
    """Subject that a page may be about: its links' words, and beginnings of words by which a question asks for it."""

    links: frozenset[str]
    cues: tuple[str, ...]


def _topic(links: str, cues: str) -> Topic:
    return Topic(frozenset(links.split()), tuple(cues.split()))


# Topics a note on a company lives on, dearest first, in English, German, French, Spanish, Italian and Dutch.
TOPICS = (
    _topic(
        "about company who story mission ueber über unternehmen profil propos entreprise societe société nosotros "
        "empresa azienda siamo over ons bedrijf",
        "histor story found origin geschicht gegründ gründ fond",
    ),
    _topic(
        "product products solution solutions service services platform offer what produkte produkt leistungen lösungen "
        "loesungen angebot produits offres productos servicios prodotti servizi producten diensten",
        "product offer sell service produkt angebot biete verkauf produit vend",
    ),
    _topic(
        "news newsroom blog updates aktuelles neuigkeiten nachrichten actualites actualités noticias notizie "
        "novita novità nieuws",
        "chang late recent new announc änder geänder verändert neu zuletzt aktuell jüngst récen nouve dernier cambia "
        "nuev recient nuov veranderd nieuw",
    ),
    _topic(
        "press media releases presse medien pressemitteilungen communiques communiqués prensa stampa pers",
        "press announc meldung gemeldet annonc",
    ),
    _topic(
        "customers customer references cases case kunden referenzen clients clientes clienti klanten",
        "customer client reference kunde referenz",
    ),
    _topic(
        "investors investor relations reports investoren investisseurs inversores investitori",
        "invest revenue profit financ turnover umsatz gewinn finanz chiffre",
    ),
    _topic(
        "team people leadership management equipe équipe equipo",
        "team leader leads manage ceo chief director runs leitet führt geschäftsführ vorstand dirig",
    ),
    _topic(
        "careers career jobs karriere stellen emplois carriere carrière empleo lavora vacatures",
        "hire hiring job vacan career recruit stelle karrier recrut emploi",
    ),
)
_UNWANTED = _topic(
    "login signin signup register cart checkout account privacy terms cookie cookies imprint impressum datenschutz "
    "agb legal search share logout warenkorb suche",
    "",
).links
_FILES = re.compile(
    r"\.(?:pdf|jpe?g|png|gif|svg|webp|ico|css|js|json|xml|zip|gz|mp[34]|webm|docx?|xlsx?|pptx?|exe|dmg|ics|rss)$", re.I
)
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_URL, _MOST_LINKS = 500, 2000


class Link(NamedTuple):
    """An anchor of a page: where it leads, and its words."""

    href: str
    text: str


def choose(base: str, links: Iterable[Link], *, most: int, but: Iterable[str] = (), question: str = "") -> list[str]:
    """Addresses of the same site to read next, the best of each topic first.

    Args:
        base: The page they stand on.
        question: What the pages are read for: the topics it asks for come before the others.
    """
    topics = asked_topics(question)
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
    by_wish = sorted(first_of_topic.items(), key=lambda item: (item[0] not in topics, item[0]))
    firsts = [entry for topic, entry in by_wish if topic < len(TOPICS)]
    rest = [entry for entry in ranked if entry not in firsts]
    return [url for _, _, url in (*firsts, *rest) if url][:most]


def asked_topics(question: str) -> set[int]:
    """Numbers of the topics that a question's words ask for."""
    words = _words(question)
    return {number for number, topic in enumerate(TOPICS) if any(word.startswith(topic.cues) for word in words)}


def same_site(base: str, url: str) -> bool:
    """Tell whether two addresses are of one site: the same host but for `www.`, or a part of it, on the same port."""
    (here, port), (there, other_port) = _host(base), _host(url)
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
    """Number of the topic and depth of the path; unrelated pages come after, useless ones last."""
    parts = urlsplit(url)
    path, words = _words(parts.path), _words(text)
    depth = len([part for part in parts.path.split("/") if part]) + (2 if parts.query else 0)
    if (path | words) & _UNWANTED:
        return len(TOPICS) + 1, depth
    for number, topic in enumerate(TOPICS):
        if path & topic.links or (len(words) <= 6 and words & topic.links):
            return number, depth
    return len(TOPICS), depth


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _absolute(base: str, href: str) -> str:
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
