"""Ordering that companies' sites be read, and what the engine is told. Knows nothing of how pages are fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from generation.models import Research, ResearchedSite, WebPage
from generation.research import starting_points
from generation.research.starting_points import StartingPoint
from generation.states import RESEARCH
from jobs.lifecycle import control
from jobs.models import Job
from jobs.secrets import store
from members.models import Member
from review.models import Source, Task
from review.spec.schema import Facts
from review.states import Role
from review.tasks.permissions import require
from review.tasks.queries import latest_version
from review.text.grounding import quoting
from web.errors import Refusal

if TYPE_CHECKING:
    from review.spec.task_spec import TaskSpec

MOST_SITES = 2000
MOST_PAGES = 10
ROBOT = "MiniaturesResearch"
SEARCH_KEY = "RESEARCH_SEARCH_KEY"
_FEW = 5


@dataclass(frozen=True)
class ResearchRequest:
    """Extent of the reading; a site has 1 to 10 pages, the start page included.

    Attributes:
        searches: Whether a search is asked for sites that are not given and for pages elsewhere.
        facts: Values for all records, by facts that the sites do not bring.
    """

    pages_per_site: int = 3
    chars_per_page: int = 6000
    searches: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def launch(
    task: Task,
    *,
    by: Member,
    source: Source | None = None,
    sites: Sequence[tuple[str, str]] = (),
    points: Sequence[StartingPoint] = (),
    request: ResearchRequest | None = None,
    name: str = "",
) -> Research:
    """Order that sites be read and records made of their pages.

    Args:
        task: For which; its records hold texts with addresses, such as `source_1` and `source_1_url`.
        source: Start from the records of this import, which may be another task's.
        sites: Or from these: name of the company and address of its site, either may be empty.
        points: Or from these, each with facts of its own.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `no_place_for_pages`, `no_search`, `no_sites`, `bad_sites`, `too_many_sites`, `facts_missing` or
            `facts_unknown`.
    """
    require(by, task, Role.LEAD)
    request = request or ResearchRequest()
    spec = latest_version(task).spec
    if not quoting.quotable_facts(spec):
        message = "The task's records have no place for pages."
        hint = "Add a text fact and its address to the input, such as source_1 and source_1_url (type url)."
        raise Refusal("no_place_for_pages", message, hint=hint)
    if request.searches and not settings.RESEARCH_SEARCH_URL:
        message = "No search is set up here."
        raise Refusal("no_search", message, hint="An admin sets RESEARCH_SEARCH_URL.", errors={"searches": [message]})
    _check_typed(source, sites, request)
    companies = starting_points.from_records(source, spec) if source else starting_points.from_typed(sites, spec)
    companies += points
    begun = [point for point in companies if point.url or request.searches]
    _check(begun, spec, request)
    research = Research.objects.create(
        task=task,
        source=source,
        name=(name.strip() or _order_name(source, begun))[:120],
        created_by=by,
        pages_per_site=request.pages_per_site,
        chars_per_page=request.chars_per_page,
        searches=request.searches,
        problem=_left_out(len(companies) - len(begun), len(companies)),
    )
    ResearchedSite.objects.bulk_create(_rows(research, begun, request), batch_size=500)
    research.job = control.launch(
        kind=RESEARCH,
        title=f"Web research: {research.name}",
        spec={},
        by=by,
        task_slug=task.slug,
        subject_id=research.pk,
        subject_url=reverse("generation:research", args=[research.pk]),
    )
    research.save(update_fields=["job"])
    return research


def build(job: Job) -> dict[str, Any]:
    """The engine's spec: sites that are not done, with what was told of them before."""
    research = Research.objects.get(job=job)
    contact = settings.RESEARCH_CONTACT
    return {
        "sites": [
            _site(site, research)
            for site in research.sites.filter(is_done=False).select_related("record").prefetch_related("pages")
        ],
        "done": research.sites.filter(is_done=True).count(),
        "user_agent": f"{ROBOT}/1.0{f' (+{contact})' if contact else ''}",
        "named": list(settings.ALLOWED_PRIVATE_HOSTS),
        "delay_s": settings.RESEARCH_DELAY_S,
        "search": _search(research),
    }


def secret_refs(job: Job) -> list[str]:
    """The search's key, where one is set and a search is asked."""
    ref = _search(Research.objects.get(job=job)).get("secret_ref")
    return [ref] if ref else []


def _search(research: Research) -> dict[str, str]:
    if not research.searches or not settings.RESEARCH_SEARCH_URL:
        return {"kind": "none"}
    key = SEARCH_KEY if store.is_set(SEARCH_KEY) else ""
    return {"kind": "searxng", "url": settings.RESEARCH_SEARCH_URL, "secret_ref": key}


def _site(site: ResearchedSite, research: Research) -> dict[str, Any]:
    pages: list[WebPage] = sorted(site.pages.all(), key=lambda page: page.number)
    read = [page for page in pages if not page.refused_code]
    return {
        "number": site.number,
        "url": site.url,
        "query": site.query,
        "name": site.title,
        "question": _question(site),
        "pages": research.pages_per_site,
        "read": [page.url for page in pages],
        "led_to": pages[0].led_to if pages else [],
        "got": len(read),
        "home": next((page.final_url for page in read if page.way == "start"), ""),
        "texts": [page.text for page in read],
    }


def _question(site: ResearchedSite) -> str:
    """Value of the fact of that name, given for the order or the record's own."""
    own = site.record.facts if site.record and site.record.erased_at is None else {}
    return str(site.facts.get("question") or own.get("question") or "")[:500]


def _check_typed(source: Source | None, sites: Sequence[tuple[str, str]], request: ResearchRequest) -> None:
    """Refuse typed sites that would be left out without a word."""
    if source and sites:
        message = "Sites are given beside a source: choose one of them."
        raise Refusal("bad_sites", message, errors={"sites": [message]})
    problems = [_site_problem(name, address, request) for name, address in sites]
    errors = {f"sites[{place}]": [problem] for place, problem in enumerate(problems) if problem}
    if errors:
        number, problem = next((number, problem) for number, problem in enumerate(problems, 1) if problem)
        message = f"Site {number}: {problem[0].lower()}{problem[1:]}"
        raise Refusal("bad_sites", message, hint="Correct it, or leave it out.", errors=errors)


def _site_problem(name: str, address: str, request: ResearchRequest) -> str:
    if address.strip():
        return "" if starting_points.site_url(address) else f"'{address[:80]}' is not the address of a site."
    if not name.strip():
        return "Neither a name nor an address is given."
    return "" if request.searches else "No address is given, and nothing is searched."


def _left_out(count: int, records: int) -> str:
    return f"{count:,} of {records:,} records have no address that can be read." if count else ""


def _check(begun: Sequence[StartingPoint], spec: TaskSpec, request: ResearchRequest) -> None:
    """Refuse before anything is fetched what would keep records from being made."""
    if not begun:
        hint = "Choose a source whose records have a fact of the role domain or an address, or type sites."
        raise Refusal("no_sites", "There is no site to read.", hint=hint, errors={"sites": ["No site is given."]})
    if len(begun) > MOST_SITES:
        raise Refusal("too_many_sites", f"{len(begun):,} sites; {MOST_SITES:,} can be read in one order.")
    texts = {name for place in quoting.quotable_facts(spec) for name in place}
    names = {fact.name for fact in spec.input_schema}
    if unknown := sorted(set(request.facts) - (names - texts)):
        raise Refusal("facts_unknown", f"'{unknown[0]}' is not a fact that can be given here.")
    required = [fact.name for fact in spec.input_schema if fact.required and fact.name not in texts]
    lacking = {
        name
        for point in begun
        for name in required
        if _is_missing(point.facts.get(name)) and _is_missing(request.facts.get(name))
    }
    if lacking:
        errors = {f"fill.{name}": ["The sites do not bring it: give a value for all."] for name in sorted(lacking)}
        what = ", ".join(f"'{name}'" for name in sorted(lacking)[:_FEW])
        raise Refusal("facts_missing", f"Each record needs {what}.", hint="Give a value for all.", errors=errors)


def _is_missing(value: object) -> bool:
    """Return whether a fact says nothing; 0 and no are values."""
    return value in (None, "", [], {})


def _rows(research: Research, begun: Iterable[StartingPoint], request: ResearchRequest) -> Iterable[ResearchedSite]:
    for number, point in enumerate(begun, 1):
        facts: Facts = {
            name: value
            for name, value in request.facts.items()
            if not _is_missing(value) and _is_missing(point.facts.get(name))
        }
        own = {} if point.record else point.facts
        query = point.title if request.searches else ""
        if query and (question := str(facts.get("question") or point.facts.get("question") or "")):
            query = f"{query} {question}"
        yield ResearchedSite(
            research=research,
            number=number,
            url=point.url,
            query=query[:300],
            title=point.title[:200],
            facts={**own, **facts},
            record=point.record,
        )


def _order_name(source: Source | None, begun: Sequence[StartingPoint]) -> str:
    return f"Pages for {source.name}" if source else f"Pages of {len(begun):,} site{'' if len(begun) == 1 else 's'}"
