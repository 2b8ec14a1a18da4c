"""A sender's own name for the links in its mails, and whether DNS leads it here.

Readers, and the filters before them, trust a link more that bears the sender's own domain. A name counts once DNS has
shown that it leads to this site; until then, and whenever a check finds that it does no more, links bear the site's
own.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.models import SenderIdentity
from campaigns.senders.dns_lookups import DnsLookups, LookupFailed
from campaigns.senders.findings import Finding, FindingState

CHECK = "Tracking domain"
_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def site_host() -> str:
    """Return the name of this site, as its links have it."""
    return (urlsplit(settings.SITE_URL).hostname or "").lower()


def base_url(sender: SenderIdentity | None) -> str:
    """Return what addresses in a sender's mails begin with: its own verified name, else this site's."""
    if sender is None or not sender.tracking_domain or sender.tracking_verified_at is None:
        return str(settings.SITE_URL)
    site = urlsplit(settings.SITE_URL)
    return f"{site.scheme}://{sender.tracking_domain}{f':{site.port}' if site.port else ''}"


def mistake_in(name: str) -> str:
    """Return what is wrong with a name for links, as a sentence; empty when it may be tried."""
    if not _NAME.fullmatch(name):
        return "Write a name alone, such as links.yours.example: letters, digits, hyphens and dots."
    if name == site_host() or name in [host.lstrip(".").lower() for host in settings.ALLOWED_HOSTS]:
        return "That is this site's own name. Leave it empty to use it."
    return ""


def check(lookups: DnsLookups, name: str) -> Finding:
    """Ask whether a name leads to where this site's name leads.

    Raises:
        LookupFailed: DNS did not answer for one of the two.
    """
    site = site_host()
    add = f"{name} CNAME {site}"
    theirs = lookups.addresses(name)
    if not theirs:
        return Finding(
            CHECK, name, FindingState.MISSING, "The name points nowhere: links use this site's name.", (), add
        )
    ours = lookups.addresses(site)
    if not ours:
        raise LookupFailed(f"{site}: this site's own name has no address")
    if not set(theirs) & set(ours):
        message = f"The name points elsewhere than {site}: links use this site's name."
        return Finding(CHECK, name, FindingState.ERROR, message, tuple(theirs), add)
    message = "The name points here: links, pictures and unsubscribing use it. The proxy needs a certificate for it."
    return Finding(CHECK, name, FindingState.OK, message, tuple(theirs))
