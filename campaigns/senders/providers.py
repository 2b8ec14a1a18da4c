"""Who takes a reader's mails, and how fast: a pace by provider, and slower once a provider puts mails off.

Large providers are known by their domains, and by the MX records of the companies whose mail they take. Every other domain
is its own affair: a mail that its server puts off waits by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import transaction

from campaigns.models import Message, ProviderSlowing, RecipientDomain, SenderIdentity
from campaigns.senders.capacity import WENT
from campaigns.senders.dns_lookups import DnsLookups, LookupFailed
from campaigns.senders.domain_checks import is_real

PROVIDERS: Mapping[str, str] = {
    "google": "Google",
    "microsoft": "Microsoft",
    "yahoo": "Yahoo and AOL",
    "apple": "Apple",
    "united": "GMX, WEB.DE and IONOS",
    "proton": "Proton",
    "zoho": "Zoho",
    "mimecast": "Mimecast",
    "proofpoint": "Proofpoint",
}
# Domains whose mailboxes are theirs, and ends of the names of their mail servers.
_DOMAINS = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.de", "hotmail.fr", "live.nl"),
    "yahoo": ("yahoo.com", "ymail.com", "aol.com", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.co.uk"),
    "apple": ("icloud.com", "me.com", "mac.com"),
    "united": ("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de"),
    "proton": ("proton.me", "protonmail.com", "pm.me"),
    "zoho": ("zoho.com", "zohomail.com", "zoho.eu"),
}  # fmt: skip
_SERVERS = {
    "google": ("google.com", "googlemail.com"),
    "microsoft": ("protection.outlook.com", "mx.microsoft"),
    "yahoo": ("yahoodns.net",),
    "apple": ("icloud.com",),
    "united": ("gmx.net", "web.de", "kundenserver.de", "ionos.com", "ionos.de"),
    "proton": ("protonmail.ch",),
    "zoho": ("zoho.com", "zoho.eu"),
    "mimecast": ("mimecast.com",),
    "proofpoint": ("pphosted.com",),
}
_BY_DOMAIN = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains}
# A first putting-off, and how often it doubles at most; an hour in which nothing is put off takes one doubling back.
FIRST_WAIT = timedelta(minutes=5)
MOST_LEVELS = 6
FORGETS_A_LEVEL_IN = timedelta(hours=1)
# How long an answer of DNS counts, and none.
KNOWN_FOR, UNKNOWN_FOR = timedelta(days=30), timedelta(days=1)
LOOKUP_S, BATCH_S = 1.0, 3.0
# Other processes may slow a sender too: what is known of that is read again after so long.
FRESH_FOR_S = 15.0


@dataclass
class ProviderPaces:
    """What one sending attempt knows of providers: of domains, and of senders' slowings."""

    domains: dict[str, str] = field(default_factory=dict)
    _slowings: dict[tuple[UUID, str], ProviderSlowing] = field(default_factory=dict)
    _read_s: float = float("-inf")

    def provider_of(self, address: str) -> str:
        """Return the provider of an address; empty for a domain that is none of theirs."""
        domain = domain_of(address)
        return _BY_DOMAIN.get(domain) or self.domains.get(domain, "")

    def learn(self, addresses: Iterable[str], *, now: datetime) -> None:
        """Find who takes the mails of some addresses, by what is kept, then by DNS, for three seconds at most."""
        wanted = {domain for domain in map(domain_of, addresses) if domain not in _BY_DOMAIN and is_real(domain)}
        if wanted := wanted - self.domains.keys():
            kept = _kept(wanted, now)
            self.domains |= kept | (_looked_up(sorted(wanted - kept.keys()), now) if settings.MX_LOOKUPS else {})
            self.domains |= dict.fromkeys(wanted - self.domains.keys(), "")

    def until(self, sender: SenderIdentity, provider: str, *, now: datetime) -> datetime | None:
        """Return from when on a sender's next mail may go to a provider; None where it may go now."""
        if not provider:
            return None
        slowing = self._slowing(sender, provider)
        level = level_of(slowing, now) if slowing is not None else 0
        if slowing is not None and level and slowing.until > now:
            return slowing.until
        pace = pace_of(sender, provider)
        if pace is None:
            return None
        most = max(1, pace >> level)
        lately = Message.objects.filter(
            sender=sender, provider=provider, state__in=WENT, sending_at__gt=now - timedelta(hours=1)
        )
        newest = list(lately.order_by("-sending_at").values_list("sending_at", flat=True)[:most])
        oldest = newest[-1] if len(newest) >= most else None
        return oldest + timedelta(hours=1) if oldest else None

    def has_pace(self, sender: SenderIdentity, provider: str) -> bool:
        """Whether mails from a sender to a provider are counted."""
        return bool(provider) and pace_of(sender, provider) is not None

    def forget_slowings(self) -> None:
        """Read them again at the next mail."""
        self._read_s = float("-inf")

    def _slowing(self, sender: SenderIdentity, provider: str) -> ProviderSlowing | None:
        if monotonic() - self._read_s > FRESH_FOR_S:
            self._slowings = {(row.sender_id, row.provider): row for row in ProviderSlowing.objects.all()}
            self._read_s = monotonic()
        return self._slowings.get((sender.pk, provider))


def pace_of(sender: SenderIdentity, provider: str) -> int | None:
    """Return how many mails an hour a sender sends to a provider: its own pace, else the installation's; None: any number."""
    paces = {**settings.PROVIDER_MAILS_PER_HOUR, **(sender.provider_paces or {})}
    pace = paces.get(provider)
    return int(pace) if pace else None


def check_setting(**_: Any) -> list[CheckMessage]:
    """Refuse a pace for a provider that is none: it would hold nothing back."""
    unknown = [name for name in settings.PROVIDER_MAILS_PER_HOUR if name not in PROVIDERS]
    hint = f"There are {', '.join(PROVIDERS)}."
    return [Error(f"PROVIDER_MAILS_PER_HOUR names '{name}'.", hint=hint, id="campaigns.E001") for name in unknown]


def slow(sender: SenderIdentity, provider: str, *, said: str, now: datetime) -> ProviderSlowing:
    """Give a provider time that put a mail off: five minutes, twice as long each time it does so again."""
    with transaction.atomic():
        ProviderSlowing.objects.get_or_create(
            sender=sender, provider=provider, defaults={"level": 0, "until": now, "updated_at": now}
        )
        row = ProviderSlowing.objects.select_for_update(no_key=True).get(sender=sender, provider=provider)
        # Several mails that were on their way to it together are one putting-off.
        if row.level and row.until > now:
            return row
        row.level = min(level_of(row, now) + 1, MOST_LEVELS)
        row.until, row.updated_at, row.said = now + FIRST_WAIT * 2 ** (row.level - 1), now, said[:300]
        row.save()
    return row


def level_of(slowing: ProviderSlowing, now: datetime) -> int:
    """Return how much slower a provider is taken now: its level, less one for each hour since."""
    return max(0, slowing.level - int((now - slowing.updated_at) / FORGETS_A_LEVEL_IN))


def tells_of_pace(code: int, text: str) -> bool:
    """Whether an answer puts off the sender and not one reader: of the latter tell codes 4.1.x and 4.2.x (RFC 3463)."""
    return 400 <= code < 500 and not any(mark in text for mark in ("4.1.", "4.2."))


def by_servers(hosts: Iterable[str]) -> str:
    """Return the provider whose servers take a domain's mail, by the best of its MX records; empty for none that is known."""
    host = next(iter(hosts), "").lower()
    ends = ((provider, end) for provider, names in _SERVERS.items() for end in names)
    return next((provider for provider, end in ends if host == end or host.endswith(f".{end}")), "")


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case."""
    return address.rpartition("@")[2].lower()


def _kept(domains: Iterable[str], now: datetime) -> dict[str, str]:
    rows = RecipientDomain.objects.filter(domain__in=list(domains))
    return {
        row.domain: row.provider for row in rows if now - row.asked_at < (KNOWN_FOR if row.provider else UNKNOWN_FOR)
    }


def _looked_up(domains: list[str], now: datetime) -> dict[str, str]:
    lookups = DnsLookups(settings.DNS_SERVER, question_s=LOOKUP_S, total_s=BATCH_S)
    began, found = monotonic(), dict[str, str]()
    for domain in domains:
        if monotonic() - began > BATCH_S:
            break
        try:
            found[domain] = by_servers(lookups.mail_servers(domain))
        except LookupFailed:
            found[domain] = ""
    rows = [RecipientDomain(domain=domain, provider=provider, asked_at=now) for domain, provider in found.items()]
    RecipientDomain.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["domain"], update_fields=["provider", "asked_at"]
    )
    return found
