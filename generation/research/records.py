"""Makes records of what was read, by the import that serves all records: each company on one side of the split.

Events of a run that reads sites become rows here too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from generation.models import Research, ResearchedSite, WebPage
from generation.research import starting_points
from jobs.contracts import EngineEvent, Result
from jobs.models import Job
from review.models import Record, Source
from review.sources.imports import ImportResult, import_records
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.tasks.queries import latest_version
from review.text.grounding import quoting
from web.errors import Refusal

_SENTENCE_END = re.compile(r"[.!?…][\"'”)]*\s")
_LEAST_KEPT = 0.5
_FEW = 3


def make_records(research: Research) -> None:
    """Import a record for each site that had a page; those without stay out, and `problem` also counts them.

    The records are new, those the research started from stay as they are. Called in a transaction that holds the
    order's row.
    """
    spec = latest_version(research.task).spec
    sites = list(research.sites.select_related("record__task").prefetch_related("pages"))
    rows = {site.number: facts for site in sites if (facts := page_facts(site, spec, research.chars_per_page))}
    research.is_settled = True
    # What the order left out before anything was read.
    left_out = research.problem
    if not rows:
        research.problem = "No page could be read, so no record was made."
    else:
        _import(research, rows, spec, unread=len(sites) - len(rows))
    research.problem = f"{left_out} {research.problem}".strip()[:500]
    research.save(update_fields=["is_settled", "problem", "made_source", "rows_added", "rows_known"])


def cut(text: str, most: int) -> str:
    """The beginning of a text, ended where a paragraph or a sentence ends."""
    text = text.strip()
    if len(text) <= most:
        return text
    part = text[:most]
    paragraph = part.rfind("\n")
    sentence = max((match.end() for match in _SENTENCE_END.finditer(part)), default=0)
    for end in (paragraph, sentence, part.rfind(" ")):
        if end >= most * _LEAST_KEPT:
            return part[:end].strip()
    return part.strip()


def page_facts(site: ResearchedSite, spec: TaskSpec, chars: int) -> Facts:
    """Facts of a site's record; empty where no page has a text."""
    pages = [page for page in sorted(site.pages.all(), key=_number) if page.text.strip() and not page.refused_code]
    facts = starting_points.initial_facts(site.facts, site.record, spec)
    for place, page in zip(quoting.quotable_facts(spec), pages, strict=False):
        facts[place.text], facts[place.url] = cut(page.text, chars), page.address
    return facts if pages else {}


def _import(research: Research, rows: dict[int, Facts], spec: TaskSpec, *, unread: int) -> None:
    names = [field.name for field in spec.input_schema]
    by = research.created_by
    today = timezone.now().date().isoformat()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pages.jsonl"
        path.write_text("".join(f"{json.dumps(facts)}\n" for facts in rows.values()), encoding="utf-8")
        used = {name for facts in rows.values() for name in facts}
        try:
            if by is None:
                raise PermissionDenied
            result = import_records(
                research.task,
                path,
                by=by,
                filename=path.name,
                name=research.name,
                provenance=f"Pages read from the web, {today}",
                skip_bad=True,
                mapping={name: name for name in names if name in used},
            )
        except Refusal as refusal:
            if refusal.code == "import_running":
                # It is asked again soon.
                raise
            research.problem = f"No record was made: {refusal.message}"[:500]
            return
        except PermissionDenied:
            research.problem = "No record was made: the member who ordered this no longer leads the task."
            return
    research.rows_added, research.rows_known = result.rows_added, result.rows_known
    research.problem = _left_out(result, unread)
    if result.rows_added:
        research.made_source = result.source
        _link_records(research, list(rows), result.source)


def _link_records(research: Research, numbers: Sequence[int], source: Source) -> None:
    """Link sites with records: lines of the file are sites in their order."""
    made = dict(Record.objects.filter(source=source).values_list("row_number", "pk"))
    sites = {site.number: site for site in research.sites.all()}
    for line, number in enumerate(numbers, 1):
        sites[number].made_record_id = made.get(line)
    ResearchedSite.objects.bulk_update(sites.values(), ["made_record"], batch_size=500)


def _left_out(result: ImportResult, unread: int) -> str:
    parts = [f"{unread} site{'' if unread == 1 else 's'} had no page that could be read."] if unread else []
    parts += [f"Row {error.row}: {error.reason}." for error in result.errors[:_FEW]]
    return " ".join(parts)[:500]


def _number(page: WebPage) -> int:
    return page.number


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
        make_records(research)


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
