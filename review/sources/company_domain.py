"""Company domain of a web address: the registered part of its host.

Pure Python, without the list of public suffixes: second-level names that registries give out beneath country codes,
and hosts where many companies live side by side, are named here. Where a host is shared, the place on it that belongs
to one of them counts; a shared host without such a place stands for nobody.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# As in example.co.uk and example.com.au; only beneath a country's two letters.
_SECOND_LEVEL = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "firm",
        "gen",
        "go",
        "gob",
        "gouv",
        "gov",
        "govt",
        "ind",
        "ltd",
        "me",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "plc",
        "school",
        "web",
    }
)
# Companies share the host and differ by path: linkedin.com/company/acme.
_SHARED_BY_PATH = frozenset(
    {
        "angel.co",
        "apple.com",
        "bit.ly",
        "crunchbase.com",
        "dropbox.com",
        "f6s.com",
        "facebook.com",
        "fb.com",
        "github.com",
        "gitlab.com",
        "google.com",
        "instagram.com",
        "linkedin.com",
        "linktr.ee",
        "medium.com",
        "notion.so",
        "pinterest.com",
        "producthunt.com",
        "techstars.com",
        "tiktok.com",
        "twitter.com",
        "vimeo.com",
        "wellfound.com",
        "wikipedia.org",
        "x.com",
        "xing.com",
        "yelp.com",
        "youtube.com",
    }
)
# Companies have a name of their own beneath the host: acme.webflow.io.
_SHARED_BY_NAME = frozenset(
    {
        "azurewebsites.net",
        "blogspot.com",
        "carrd.co",
        "firebaseapp.com",
        "framer.website",
        "github.io",
        "gitlab.io",
        "godaddysites.com",
        "herokuapp.com",
        "mydurable.com",
        "myshopify.com",
        "netlify.app",
        "notion.site",
        "pages.dev",
        "squarespace.com",
        "strikingly.com",
        "substack.com",
        "tumblr.com",
        "vercel.app",
        "web.app",
        "webflow.io",
        "weebly.com",
        "wixsite.com",
        "wordpress.com",
    }
)
LONGEST = 200


def company_domain(address: object) -> str:
    """Return the part of a web address that belongs to one company, so that two spellings of it agree.

    `https://www.Acme.co.uk/team` and `shop.acme.co.uk` are both `acme.co.uk`; `linkedin.com/company/acme/about` is
    `linkedin.com/company/acme`.

    Args:
        address: An address or a bare host, as a cell holds it.

    Returns:
        The domain in lower case, at most 200 characters; empty where the address stands for nobody.
    """
    text = str(address or "").strip().lower()
    if not text or re.search(r"\s", text):
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError:
        return ""
    labels = [label for label in host.split(".") if label]
    if len(labels) < 2 or all(label.isdigit() for label in labels):
        return ""
    return _own_part(labels, parts.path)[:LONGEST]


def _own_part(labels: list[str], path: str) -> str:
    registered = _registered(labels)
    if registered in _SHARED_BY_PATH:
        return _place(registered, path)
    if registered in _SHARED_BY_NAME:
        return ".".join(labels[-3:]) if len(labels) > 2 and labels[-3] != "www" else ""
    return registered


def _registered(labels: list[str]) -> str:
    is_second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if is_second_level else -2 :])


def _place(host: str, path: str) -> str:
    """The first two steps of a path: `company/acme`, `in/ada`; one where there is but one."""
    steps = [step for step in path.split("/") if step][:2]
    return "/".join([host, *steps]) if steps else ""
