"""Check what DNS says of a sender's domains (SPF, DKIM, DMARC and MX), keep it, and tell beside a launch what to mend.

A domain that nobody can own (RFC 2606 and 6761: `.example`, `.test`, `.invalid`, `.localhost`; an address in brackets)
is answered without a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaigns.models import SenderIdentity
from campaigns.senders import spf, tracking_domains
from campaigns.senders.dns_lookups import QUESTION_S, TOTAL_S, DnsLookups, LookupFailed
from campaigns.senders.findings import TO_MEND, Finding, FindingState
from campaigns.suppression.email_addresses import SECOND_LEVELS
from members.models import Member
from review.tasks.permissions import require_may_create

# What the findings rest on: when one of these changes, they no longer hold.
RESTS_ON = ("from_address", "reply_address", "dkim_selector", "tracking_domain")


def check(
    identity: SenderIdentity, *, by: Member, question_s: float = QUESTION_S, total_s: float = TOTAL_S
) -> SenderIdentity:
    """Ask DNS about a sender's domains and keep the findings. It takes up to `total_s` seconds and holds no lock.

    Findings of addresses that were changed meanwhile are dropped: the row then says that it was not checked.

    Raises:
        PermissionDenied: The member is neither admin nor lead of a task.
    """
    require_may_create(by)
    addresses = {name: getattr(identity, name) for name in RESTS_ON}
    lookups = DnsLookups(settings.DNS_SERVER, question_s=question_s, total_s=total_s)
    findings = [finding.as_json() for finding in findings_of(lookups, **addresses)]
    now = timezone.now()
    SenderIdentity.objects.filter(pk=identity.pk, **addresses).update(
        domain_checks=findings, domain_checked_at=now, **_tracking(findings, now)
    )
    identity.refresh_from_db(fields=["domain_checks", "domain_checked_at", "tracking_verified_at", *RESTS_ON])
    return identity


def _tracking(findings: list[dict[str, Any]], now: datetime) -> dict[str, datetime | None]:
    """Keep the earlier state where DNS gave no answer."""
    states = [finding["state"] for finding in findings if finding["check"] == tracking_domains.CHECK]
    if states == [FindingState.UNKNOWN]:
        return {}
    return {"tracking_verified_at": now if states == [FindingState.OK] else None}


def warnings_of(identity: SenderIdentity | None) -> list[tuple[str, str]]:
    """Return what is to be mended before mails are sent, each with how.

    None of them keeps a campaign from its launch.
    """
    if identity is None or not is_real(identity.from_address.rpartition("@")[2]):
        return []
    if identity.domain_checks is None:
        return [(f"The domain of {identity.name} was not checked.", "Check it on the sender's page.")]
    return [
        (
            f"{finding['check']} of {finding['name']}: {finding['message']}",
            f"Add: {finding['add']}" if finding["add"] else "",
        )
        for finding in identity.domain_checks
        if finding["state"] in TO_MEND
    ]


_UNREAL = frozenset({"example", "test", "invalid", "localhost", "localdomain", "local"})
_REAL_ONLY = "Checks are for real domains only, and no one can own this one."
_WATCHES = "p=none only watches: mail that fails is delivered as before."
_POLICIES = {
    "none": _WATCHES,
    "quarantine": "Mail that fails goes to junk (p=quarantine).",
    "reject": "Mail that fails is refused (p=reject).",
}


def is_real(domain: str) -> bool:
    """Return whether somebody can own the domain."""
    labels = domain.lower().rstrip(".").split(".")
    return len(labels) > 1 and labels[-1] not in _UNREAL and not domain.startswith("[")


def findings_of(
    lookups: DnsLookups, *, from_address: str, reply_address: str, dkim_selector: str = "", tracking_domain: str = ""
) -> list[Finding]:
    """Check the domains of a sender's two addresses, and the name of its links.

    A question without an answer makes its finding `unknown`.
    """
    domain, replies = _domain(from_address), _domain(reply_address)
    checks: list[tuple[str, str, Callable[[], Finding]]] = [
        ("SPF", domain, lambda: spf.check(lookups, domain)),
        ("DKIM", domain, lambda: _dkim(lookups, domain, dkim_selector)),
        ("DMARC", domain, lambda: _dmarc(lookups, domain)),
        ("MX", domain, lambda: _mx(lookups, domain, "MX")),
    ]
    if replies != domain:
        checks.append(("MX of replies", replies, lambda: _mx(lookups, replies, "MX of replies")))
    if tracking_domain:
        checks.append(
            (tracking_domains.CHECK, tracking_domain, lambda: tracking_domains.check(lookups, tracking_domain))
        )
    return list(_answered(checks))


def organisational_domain(domain: str) -> str:
    """Return the domain that an organisation registers: its last two labels, or three under such as `co.uk`.

    A short list of second levels stands for the Public Suffix List, which names some ten thousand.
    """
    labels = domain.lower().split(".")
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS
    return ".".join(labels[-3:] if is_shared else labels[-2:])


def _answered(checks: list[tuple[str, str, Callable[[], Finding]]]) -> Iterator[Finding]:
    for name, domain, ask in checks:
        if not is_real(domain):
            yield Finding(name, domain, FindingState.UNKNOWN, _REAL_ONLY)
            continue
        try:
            yield ask()
        except LookupFailed as failed:
            message = f"DNS gave no answer ({failed}). The record may well be there: check again later."
            yield Finding(name, domain, FindingState.UNKNOWN, message)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _dkim(lookups: DnsLookups, domain: str, selector: str) -> Finding:
    if not selector:
        message = (
            "Which key signs is not known. Look into a mail that you sent: the header DKIM-Signature names the "
            "selector as s=…; your provider's page on DKIM names it too. Enter it above as the DKIM selector."
        )
        return Finding("DKIM", domain, FindingState.UNKNOWN, message)
    name = f"{selector}._domainkey.{domain}"
    keys = [text for text in lookups.texts(name) if "p" in _tags(text)]
    add = f'{name} TXT "v=DKIM1; k=rsa; p=PUBLIC-KEY"'
    if not keys:
        message = f"No key found at the selector '{selector}'. Your provider shows the record, often as a CNAME."
        return Finding("DKIM", name, FindingState.MISSING, message, tuple(lookups.texts(name)), add)
    if len(keys) > 1:
        message = f"There are {len(keys)} keys under one selector; it is unclear which one counts. Keep one."
        return Finding("DKIM", name, FindingState.WARNING, message, tuple(keys))
    tags = _tags(keys[0])
    if not tags["p"]:
        message = "The key is revoked (p= is empty): signatures made with it fail."
        return Finding("DKIM", name, FindingState.ERROR, message, tuple(keys), add)
    if "y" in tags.get("t", "").split(":"):
        message = "The key is marked as a test (t=y): receivers may pass over it. Take the mark away."
        return Finding("DKIM", name, FindingState.WARNING, message, tuple(keys))
    return Finding("DKIM", name, FindingState.OK, "A public key is there.", tuple(keys))


def _dmarc(lookups: DnsLookups, domain: str) -> Finding:
    places = list(dict.fromkeys([domain, organisational_domain(domain)]))
    for place in places:
        records = [text for text in lookups.texts(f"_dmarc.{place}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
        if records:
            return _policy(place, records, is_inherited=place != domain)
    name = f"_dmarc.{places[-1]}"
    message = (
        "No DMARC record tells receivers what to do with mail that fails SPF and DKIM. "
        "Begin with p=none and read the reports."
    )
    add = f'{name} TXT "v=DMARC1; p=none; rua=mailto:REPORTS@{places[-1]}"'
    return Finding("DMARC", name, FindingState.MISSING, message, (), add)


def _policy(place: str, records: list[str], *, is_inherited: bool) -> Finding:
    name, record_texts = f"_dmarc.{place}", tuple(records)
    add = f'{name} TXT "v=DMARC1; p=none; rua=mailto:REPORTS@{place}"'
    if len(records) > 1:
        message = f"There are {len(records)} DMARC records; receivers then ignore them all. Keep one."
        return Finding("DMARC", name, FindingState.ERROR, message, record_texts, add)
    tags = _tags(records[0])
    policy = (tags.get("sp") if is_inherited else None) or tags.get("p", "")
    explained = _POLICIES.get(policy.lower())
    if "p" not in tags or explained is None:
        expectation = "p is none, quarantine or reject"
        message = f"'{policy}' is not a policy: {expectation}." if policy else "It names no policy (p=)."
        return Finding("DMARC", name, FindingState.ERROR, message, record_texts, add)
    inherited = f" It is inherited from {place}." if is_inherited else ""
    reports = "" if tags.get("rua") else " No one gets its reports: add rua=mailto:… to receive them."
    return Finding("DMARC", name, FindingState.OK, f"{explained}{inherited}{reports}", record_texts)


def _mx(lookups: DnsLookups, domain: str, check: str) -> Finding:
    hosts = lookups.mail_servers(domain)
    add = f"{domain} MX 10 MAIL-SERVER"
    if not hosts:
        message = "No server is named that takes mail for this domain: answers and bounces may not come back."
        return Finding(check, domain, FindingState.MISSING, message, (), add)
    if "" in hosts:
        message = "A null MX means that this domain takes no mail: answers and bounces cannot come back."
        return Finding(check, domain, FindingState.ERROR, message, tuple(host or "." for host in hosts), add)
    return Finding(check, domain, FindingState.OK, "Mail for this domain has a server.", tuple(hosts))


def _tags(record: str) -> dict[str, str]:
    """Return a record's `name=value` pairs (RFC 6376, section 3.2), names in lower case."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
