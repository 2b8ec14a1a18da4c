"""Read a domain's SPF record as a receiving server would (RFC 7208), without the address of a sending server.

Mechanisms count as if none before them matched, so the count of lookups is the highest that a receiver may reach. Names
with macros are counted and not followed. The limit of two empty answers (section 4.6.4) is not checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from campaigns.senders.dns_lookups import DnsLookups
from campaigns.senders.findings import Finding, FindingState

MAX_LOOKUPS = 10
_COUNTED = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})


class SpfBroken(Exception):  # noqa: N818 (it is an answer, not a fault)
    """Receivers take the record for a permanent error."""


@dataclass
class _Count:
    lookups: DnsLookups
    counted: int = 0
    open: list[str] = field(default_factory=list)


def check(lookups: DnsLookups, domain: str) -> Finding:
    """Check the SPF record of a domain.

    Raises:
        LookupFailed: DNS did not answer for the domain, or for one that its record names.
    """
    records = spf_records(lookups, domain)
    if not records:
        message = "No SPF record lists the servers that may send mail for this domain."
        return Finding("SPF", domain, FindingState.MISSING, message, (), f'{domain} TXT "v=spf1 include:PROVIDER -all"')
    if len(records) > 1:
        message = f"There are {len(records)} SPF records; receivers then ignore them all. Join them into one."
        return Finding("SPF", domain, FindingState.ERROR, message, tuple(records), _joined(domain, records))
    count = _Count(lookups)
    try:
        _follow(count, domain, records[0])
    except SpfBroken as broken:
        return Finding("SPF", domain, FindingState.ERROR, str(broken), tuple(records))
    return _ending(domain, records[0], count.counted)


def spf_records(lookups: DnsLookups, domain: str) -> list[str]:
    """Return the SPF records among a domain's TXT records.

    Raises:
        LookupFailed: DNS did not answer.
    """
    return [text for text in lookups.texts(domain) if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]


def _ending(domain: str, record: str, lookup_count: int) -> Finding:
    terms = _terms(record)
    ends = [term for term in terms if term.lstrip("+-~?") == "all"]
    rest = " ".join(record.split()[:1] + [term for term in record.split()[1:] if term.lower().lstrip("+-~?") != "all"])
    mended = f'{domain} TXT "{rest} -all"'
    if ends and ends[0] in ("all", "+all"):
        message = "It ends in +all: any server in the world may send mail for this domain."
        return Finding("SPF", domain, FindingState.WARNING, message, (record,), mended)
    if (ends and ends[0] == "?all") or not (ends or any(term.startswith("redirect=") for term in terms)):
        message = "It does not cover servers that it does not name. End it in -all, or in ~all at first."
        return Finding("SPF", domain, FindingState.WARNING, message, (record,), mended)
    return Finding(
        "SPF", domain, FindingState.OK, f"One record, {lookup_count} of at most {MAX_LOOKUPS} lookups.", (record,)
    )


def _joined(domain: str, records: list[str]) -> str:
    terms = [term for record in records for term in record.split()[1:] if term.lower().lstrip("+-~?") != "all"]
    return f'{domain} TXT "{" ".join(["v=spf1", *dict.fromkeys(terms), "-all"])}"'


def _terms(record: str) -> list[str]:
    """Return the terms that a receiver heeds, in lower case: none stands behind `all`, which matches whatever comes."""
    terms = record.lower().split()[1:]
    for at, term in enumerate(terms):
        if term.lstrip("+-~?") == "all":
            return [kept for kept in terms[: at + 1] if not kept.startswith("redirect=")]
    return terms


def _follow(count: _Count, domain: str, record: str) -> None:
    """Count the lookups of a record and of those it includes. It ends, since each step down is counted.

    Raises:
        LookupFailed: DNS did not answer.
        SpfBroken: Too many lookups, or a record that is named and is not there.
    """
    count.open.append(domain)
    for term in _terms(record):
        kind = re.split(r"[:/=]", term.lstrip("+-~?"), maxsplit=1)[0]
        if kind not in _COUNTED:
            continue
        count.counted += 1
        if count.counted > MAX_LOOKUPS:
            raise SpfBroken(
                f"It takes more than {MAX_LOOKUPS} lookups: receivers then treat it as broken. "
                "Leave out what you do not use."
            )
        target = re.split(r"[:=]", term, maxsplit=1)[-1]
        if kind in ("include", "redirect") and "%" not in target:
            _include(count, target)
    count.open.pop()


def _include(count: _Count, target: str) -> None:
    if target in count.open:
        raise SpfBroken(f"It includes itself by way of {target}: receivers then treat it as broken.")
    records = spf_records(count.lookups, target)
    if len(records) != 1:
        there = "no SPF record" if not records else f"{len(records)} SPF records"
        raise SpfBroken(f"It names {target}, which has {there}: receivers then treat it as broken.")
    _follow(count, target, records[0])
