"""Takes in the pages that an engine tells of.

Idempotent by site and number; runs inside the transaction of the events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from generation.models import Research, ResearchedSite, WebPage
from generation.research import records
from jobs.contracts import EngineEvent, Result
from jobs.models import Job

_URL_CHARS = 2000


def consume(job: Job, events: Iterable[EngineEvent]) -> None:
    """Store pages, and mark sites that are done."""
    site_events = [event for event in events if event.kind in ("page", "site")]
    research = Research.objects.filter(job=job).first() if site_events else None
    if research is None:
        return
    numbers = {event.payload["site"] for event in site_events}
    sites = {site.number: site for site in ResearchedSite.objects.filter(research=research, number__in=numbers)}
    pages = [_page(sites[event.payload["site"]], event.payload) for event in site_events if event.kind == "page"]
    WebPage.objects.bulk_create(pages, batch_size=200, ignore_conflicts=True)
    for event in site_events:
        if event.kind == "site":
            site = sites[event.payload["site"]]
            site.is_done, site.why = True, event.payload["why"][:300]
            site.save(update_fields=["is_done", "why"])


def close(job: Job, result: Result) -> None:
    """Make records of what was read, once all was."""
    research = Research.objects.select_for_update(of=("self",)).filter(job=job, is_settled=False).first()
    if research is not None and result.outcome == "succeeded":
        records.make_records(research)


def _page(site: ResearchedSite, payload: dict[str, Any]) -> WebPage:
    return WebPage(
        site=site,
        number=payload["number"],
        way=payload["way"],
        url=payload["url"][:_URL_CHARS],
        final_url=payload.get("final_url", "")[:_URL_CHARS],
        status=payload.get("status"),
        content_type=payload.get("content_type", "")[:120],
        size_bytes=payload.get("bytes", 0),
        sha256=payload.get("sha256", ""),
        title=_storable(payload.get("title", ""))[:300],
        text=_storable(payload.get("text", "")),
        refused_code=payload.get("code", "")[:40],
        refused_why=_storable(payload.get("why", ""))[:500],
        led_to=payload.get("led_to", []),
        fetched_at=datetime.fromisoformat(payload["fetched_at"]),
    )


def _storable(text: str) -> str:
    """Clean a text: PostgreSQL keeps no NUL, and no database half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
