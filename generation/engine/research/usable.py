"""Test that a page that was read says something of the company it was asked for. Pure Python.

Servers answer 200 for pages that are not there, for walls and for domains that nobody uses; such a text would become a
fact, and its quotes would stand. It knows those pages by their words, which say so at the top of a short text: a long
text is believed, whatever it mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from generation.engine.research import links
from review.text.near_duplicates.shingles import shingles
from web.net.page_fetch import FetchError

# What stands in a title or at the top of a text.
_TOP_CHARS = 240
_SAME = 0.9
# Second-level suffixes under which a company registers the third label (`acme.co.uk`).
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "gv", "ltd", "ne", "net", "or", "org", "plc"})
_COUNTRY_CHARS = 2
_LEGAL_FORMS = re.compile(
    r"ab|ag|and|as|asa|bv|co|company|corp|corporation|gmbh|group|holding|inc|kg|limited|llc|ltd|mbh|nv|oy|plc|sa|sarl|sas|se|"
    r"spa|srl|sro|the|und"
)
_LEAST_LABEL = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Kind:
    """A kind of page that says nothing: its words, how long its text may be, and what to tell.

    Attributes:
        top: Found in the title or at the top of the text.
        anywhere: Found anywhere in a text that is this short; empty where the top alone decides.
        most_chars: Of a longer text nothing is concluded.
    """

    code: str
    message: str
    top: re.Pattern[str]
    most_chars: int
    anywhere: re.Pattern[str] | None = None


def _words(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_KINDS = (
    _Kind(
        "parked",
        "The domain is parked or for sale: the page is not a company's.",
        _words(
            r"\bdomain(?: name)?\b.{0,40}\b(?:is|may be|is available) (?:for sale|parked|for purchase)",
            r"\b(?:buy|purchase) this domain\b", r"\bparked (?:free|domain|page)\b",
            r"\bthis domain (?:has )?expired\b", r"\bdomain\b.{0,30}\bsteht zum verkauf\b",
            r"\bdomain\b.{0,20}\b(?:kaufen|geparkt)\b", r"\bdomaine\b.{0,30}\b(?:est )?à vendre\b",
            r"\bdominio\b.{0,30}\b(?:en venta|in vendita)\b", r"\bdomein\b.{0,30}\bte koop\b",
        ),
        2500,
    ),
    _Kind(
        "not_found",
        "The server answered 200, and the page says that it is not there.",
        _words(
            r"^\W*(?:error\W*)?(?:404|410)\b", r"\b(?:404|410)\W{0,3}(?:error|not found|page)",
            r"\bpage (?:was |could )?not (?:be )?found\b",
            r"\bpage (?:you(?:.re| are| were)? .{0,30})?(?:does not|doesn.t|no longer) exists?\b",
            r"\bcan(?:no|.?)t find (?:the|that|this) page\b", r"\bcouldn.t find (?:the|that|this) page\b",
            r"\bnothing was found here\b",
            r"\b(?:seite|inhalt)\b.{0,40}\b(?:nicht gefunden|existiert nicht|nicht (?:mehr )?(?:verfügbar|vorhanden))",
            r"\bpage\b.{0,30}\b(?:introuvable|n.existe (?:pas|plus))", r"\bpágina no (?:encontrada|existe)\b",
            r"\bpagina non (?:trovata|esiste)\b", r"\bpagina (?:is )?niet gevonden\b",
        ),
        1500,
    ),
    _Kind(
        "script",
        "The page is built by a script, and scripts are not run.",
        _words(
            r"\benable (?:java ?script|js)\b",
            r"\bjava ?script\b.{0,40}\b(?:is )?(?:required|disabled|turned off|enabled)\b", r"\bwithout java ?script\b",
            r"\bjava ?script\b.{0,40}\b(?:aktivier|einschalt|deaktiviert|activ|désactivé|attiv"
                r"|inschakel)",
            r"\b(?:aktivier\w*|activ\w*|habilit\w*|abilit\w*)\b.{0,20}\bjava ?script\b",
        ),
        600,
        _words(r"\benable javascript\b", r"\bjavascript\b.{0,40}\baktivieren\b"),
    ),
    _Kind(
        "blocked",
        "The server shows robots a wall instead of the page.",
        _words(
            r"\bchecking (?:your browser|if the site connection is secure)\b", r"^\W*just a moment\b",
            r"\baccess denied\b", r"\bverify(?:ing)? (?:that )?you are (?:a )?human\b",
            r"\bare you (?:a robot|human)\b", r"\bunusual traffic\b", r"\bcaptcha\b", r"\battention required\b",
            r"\bzugriff verweigert\b", r"\baccès refusé\b",
        ),
        900,
    ),
    _Kind(
        "login",
        "The page is behind a login.",
        _words(
            r"^\W*(?:please )?(?:log|sign) ?in\b",
            r"\b(?:log|sign) ?in to (?:continue|your account|view|read|access)\b", r"\bplease (?:log|sign) ?in\b",
            r"\byou (?:must|need to) (?:be logged|log|sign) ?in\b",
            r"^\W*(?:bitte )?(?:anmelden|einloggen|anmeldung|login)\b",
            r"\bbitte (?:melden sie sich an|loggen sie sich ein|einloggen|anmelden)",
            r"^\W*(?:se connecter|connexion|connectez-vous)\b", r"^\W*(?:iniciar sesión|accedi|inloggen)\b",
        ),
        700,
    ),
    _Kind(
        "placeholder",
        "The site is not built yet, or shows its server's own page.",
        _words(
            r"\bapache2? .{0,20}default page\b", r"\bwelcome to nginx\b", r"^\W*it works!", r"^\W*iis windows server\b",
            r"\bunder construction\b", r"^\W*coming soon\b", r"\bweb ?site (?:is )?coming soon\b", r"\bim aufbau\b",
            r"\ben construction\b", r"\bin costruzione\b", r"\bindex of /", r"\bdefault web (?:site )?page\b",
        ),
        4000,
    ),
)  # fmt: skip
_SHORT_CHARS = 900


def check(title: str, text: str) -> None:
    """Refuse a page that says nothing of its company.

    Args:
        text: Its text without menus.

    Raises:
        FetchError: `parked`, `not_found`, `script`, `blocked`, `login` or `placeholder`.
    """
    text = text.strip()
    tops = (title.strip(), text[:_TOP_CHARS])
    for kind in _KINDS:
        if len(text) > kind.most_chars:
            continue
        # What a body says in passing counts only where there is little else.
        places = tops if len(text) <= _SHORT_CHARS else (tops[0],)
        if any(kind.top.search(top) for top in places) or (kind.anywhere and kind.anywhere.search(text)):
            raise FetchError(kind.code, kind.message)


def check_new(text: str, texts: Iterable[str]) -> None:
    """Refuse a text that was read before: nine of ten of all runs of words are the same.

    Raises:
        FetchError: `same_text`.
    """
    ours = shingles(text)
    for other in texts:
        theirs = shingles(other)
        if ours and theirs and len(ours & theirs) >= _SAME * len(ours | theirs):
            raise FetchError("same_text", "Its text is that of a page that was read before.")


def check_company(requested_url: str, final_url: str, *, name: str, title: str) -> None:
    """Refuse a start page at another company's address.

    A company may move: the same name under another ending, an address that holds its name, or a title that names it.

    Args:
        name: What the company is called; may be empty.

    Raises:
        FetchError: `other_site`.
    """
    if links.same_site(requested_url, final_url) or links.same_site(final_url, requested_url):
        return
    here, there = label_of(links.host_of(requested_url)), label_of(links.host_of(final_url))
    if here and there and (here == there or _holds(here, there) or _holds(there, here)):
        return
    called = [word for word in _WORD.findall(name.casefold()) if not _LEGAL_FORMS.fullmatch(word)] or [here]
    joined = "".join(called)
    if called[0] and ((len(joined) >= _LEAST_LABEL and joined in there.replace("-", "")) or _names(title, called)):
        return
    raise FetchError(
        "other_site",
        f"{links.host_of(requested_url)} leads to {links.host_of(final_url)}, whose title does not name "
        f"{name or here}. "
        "Give that address if it is the company's.",
    )


def label_of(host: str) -> str:
    """The part of a host that a company registers: `acme` of `www.acme.co.uk`; a number as it is."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    parts = host.split(".")
    if len(parts) > 2 and len(parts[-1]) == _COUNTRY_CHARS and parts[-2] in _SECOND_LEVEL:
        return parts[-3]
    return parts[-2] if len(parts) > 1 else host


def _holds(part: str, whole: str) -> bool:
    return len(part) >= _LEAST_LABEL and part in whole


def _names(title: str, called: Iterable[str]) -> bool:
    words = set(_WORD.findall(title.casefold()))
    return all(word in words for word in called)
