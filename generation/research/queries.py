"""Questions about research: a task's orders, one of them with its sites, and the pages a record was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from generation.models import Research, ResearchedSite, WebPage
from members.models import Member
from review.models import Record, Source, Task
from review.sources import queries
from review.spec.schema import InputField
from review.tasks.permissions import tasks_for
from review.tasks.queries import latest_version
from review.text.grounding import quoting
from web.http.first_or_404 import first_or_404

LISTED = 50
SITES_SHOWN = 200


@dataclass(frozen=True)
class ResearchCounts:
    sites: int
    done: int
    pages: int
    refused: int


def of_task(member: Member, task: Task) -> QuerySet[Research]:
    """A task's orders, newest first, each with `site_count` and `page_count`."""
    counts = {
        "site_count": Count("sites", distinct=True),
        "page_count": Count("sites__pages", filter=Q(sites__pages__refused_code=""), distinct=True),
    }
    return _visible(member).filter(task=task).annotate(**counts).order_by("-created_at", "-id")


def get(member: Member, research_id: UUID) -> Research:
    """Return one order by its id, or answer 404 where the member may not see its task."""
    return first_or_404(_visible(member).filter(pk=research_id), "There is no such research that you can see.")


def counts_of(research: Research) -> ResearchCounts:
    sites = research.sites.aggregate(all=Count("pk"), done=Count("pk", filter=Q(is_done=True)))
    pages = WebPage.objects.filter(site__research=research)
    counts = pages.aggregate(
        read=Count("pk", filter=Q(refused_code="")), refused=Count("pk", filter=~Q(refused_code=""))
    )
    return ResearchCounts(sites["all"], sites["done"], counts["read"], counts["refused"])


def sites(research: Research) -> list[ResearchedSite]:
    """The first sites of an order with their pages, texts left out."""
    pages = Prefetch("pages", WebPage.objects.defer("text", "led_to").order_by("number"), to_attr="shown")
    rows = research.sites.prefetch_related(pages).select_related("made_record").order_by("number")
    return list(rows[:SITES_SHOWN])


def pages_of(member: Member, record_id: UUID) -> tuple[Record, list[WebPage]]:
    """A record and the pages behind it, newest order first; none once it was erased.

    Raises:
        Http404: No such record, or of a task the member may not see.
    """
    record = queries.record_or_404(member, record_id)
    if record.erased_at is not None:
        return record, []
    mine = Q(site__made_record=record) | Q(site__record=record)
    pages = WebPage.objects.filter(mine, site__research__task__in=tasks_for(member)).select_related("site__research")
    return record, list(pages.order_by("-site__research__created_at", "site__number", "number"))


def accepts_pages(task: Task) -> bool:
    """Tell whether the task's records have a place for pages."""
    return bool(quoting.quotable_facts(latest_version(task).spec))


def given_facts(task: Task) -> list[InputField]:
    """Facts that an order can give all its records: those that no page and no site brings."""
    spec = latest_version(task).spec
    texts = {name for place in quoting.quotable_facts(spec) for name in place}
    return [fact for fact in spec.input_schema if fact.name not in texts and fact.role not in ("group", "domain")]


def startable_sources(member: Member) -> Sequence[Source]:
    """Imports whose records research can start from, of every task the member sees."""
    return [source for source in queries.visible_sources(member)[:200] if _names_sites(source)]


def _names_sites(source: Source) -> bool:
    spec = latest_version(source.task).spec
    return bool(spec.facts_with_role("domain")) or any(fact.type == "url" for fact in spec.input_schema)


def _visible(member: Member) -> QuerySet[Research]:
    rows = Research.objects.filter(task__in=tasks_for(member))
    return rows.select_related("task", "job", "source", "made_source", "created_by")
