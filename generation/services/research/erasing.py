"""Erases what research stored of records that are erased: pages, what was typed of the company, and what its job told."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from generation.models import ResearchedSite, WebPage
from jobs.models import JobEvent

_TITLE = "Erased"


def erase(record_ids: Sequence[UUID]) -> None:
    """Erase the pages of these records, those they were made of and those that were made from them.

    Called in the transaction that erases the records. Doing it twice changes nothing.
    """
    mine = Q(record__in=record_ids) | Q(made_record__in=record_ids)
    for site in ResearchedSite.objects.filter(mine).select_related("research"):
        WebPage.objects.filter(site=site).delete()
        site.title, site.url, site.query, site.facts, site.why = _TITLE, "", "", {}, ""
        site.save(update_fields=["title", "url", "query", "facts", "why"])
        if site.research.job_id is not None:
            told = JobEvent.objects.filter(
                job=site.research.job_id, kind__in=("page", "site"), payload__site=site.number
            )
            told.update(payload={"site": site.number, "erased": True})
