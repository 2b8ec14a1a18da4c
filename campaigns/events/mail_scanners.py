"""Tell mail scanners and link previews from people, as far as possible. Pure Python.

No rule is sure. Each is named in the event it marks, so that another count can be made from the same raw events. Rules
and their reasons stand in docs/sending.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Following other links of the same mail within this time is no hand's work.
BURST_S = 1.0
AGENTS = re.compile(
    r"bot\b|crawl|spider|preview|scan|barracuda|mimecast|proofpoint|ironport|fireeye|trendmicro|symantec|messagelabs"
    r"|safelinks|forcepoint|websense|sophos|cloudmark|bitdefender|facebookexternalhit"
    r"|slack|whatsapp|telegram|twitter|linkedin|discord|skypeuri|headless|phantomjs|curl/|wget/|python|libwww|java/"
    r"|go-http-client|okhttp|axios|node-fetch|httpclient|apache-http|ruby|perl",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LinkVisit:
    """A request for a tracked address.

    Attributes:
        purpose: Value of `Sec-Purpose`, `Purpose` or `X-Moz`, with which browsers mark prefetches.
        since_sent_s: Seconds since the mail left; None where that is not known.
        other_links: How many other links of the same mail were followed within `BURST_S` before.
    """

    method: str
    agent: str
    purpose: str
    since_sent_s: float | None
    other_links: int = 0


def machine_reason(visit: LinkVisit, *, too_soon_s: float) -> str:
    """Name the rule by which no person made this visit; empty if none does."""
    if visit.method != "GET":
        return "method"
    if not visit.agent.strip():
        return "no agent"
    if AGENTS.search(visit.agent):
        return "agent"
    if "prefetch" in visit.purpose.lower() or "preview" in visit.purpose.lower():
        return "prefetch"
    if visit.since_sent_s is not None and visit.since_sent_s < too_soon_s:
        return "too soon"
    return "burst" if visit.other_links else ""
