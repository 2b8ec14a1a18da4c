"""Starting points of research: records that name a site, or typed lines; each as facts of the task that wants pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from review.models import Record, Source
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.tasks.queries import latest_version
from review.text.grounding import quoting

_LONGEST_URL = 2000
_ROLES = ("group", "title", "domain")


@dataclass(frozen=True)
class StartingPoint:
    """One company before its pages are read.

    Attributes:
        url: Its site; empty where only its name is known.
        facts: What is known of it, by facts of the task that wants pages; no cited texts.
    """

    url: str
    title: str
    facts: Facts
    record: Record | None = None


def from_records(source: Source, spec: TaskSpec) -> list[StartingPoint]:
    """A beginning for each record of an import, which may be another task's; erased ones are left out."""
    theirs = latest_version(source.task).spec
    rows = Record.objects.filter(source=source, erased_at__isnull=True).order_by("row_number")
    return [_from_record(row, theirs, spec) for row in rows]


def from_typed(sites: Iterable[tuple[str, str]], spec: TaskSpec) -> list[StartingPoint]:
    """A beginning for each pair of name and address; the same address twice is one."""
    points: dict[str, StartingPoint] = {}
    for name, address in sites:
        url = site_url(address)
        title = name.strip() or (urlsplit(url).hostname or "").removeprefix("www.")
        if title:
            facts = _by_role(spec, {"group": title, "domain": url})
            points.setdefault(url or title.casefold(), StartingPoint(url, title, facts))
    return list(points.values())


def site_url(address: object) -> str:
    """An address or a bare domain as a URL; empty where it is neither."""
    text = str(address or "").strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        is_site = parts.scheme in ("http", "https") and bool(parts.hostname) and len(text) <= _LONGEST_URL
    except ValueError:
        return ""
    if not text or not is_site or any(letter.isspace() for letter in text):
        return ""
    return parts._replace(path=parts.path or "/", fragment="").geturl()


def initial_facts(beginning_facts: Facts, record: Record | None, spec: TaskSpec) -> Facts:
    """Return the facts a site's record begins with: what its record says in this task's words, and the order's."""
    if record is None or record.erased_at is not None:
        return dict(beginning_facts)
    return {**_from_record(record, latest_version(record.task).spec, spec).facts, **beginning_facts}


def _from_record(record: Record, theirs: TaskSpec, spec: TaskSpec) -> StartingPoint:
    texts = {name for place in quoting.quotable_facts(spec) for name in place}
    shared = {field.name for field in spec.input_schema} - texts
    facts = {name: value for name, value in record.facts.items() if name in shared}
    values = {role: record.facts.get(name) for role in _ROLES if (name := theirs.facts_with_role(role))}
    named = values.get("group") or values.get("title") or record.title
    address = values.get("domain") or next(
        (
            record.facts[field.name]
            for field in theirs.input_schema
            if field.type == "url" and record.facts.get(field.name)
        ),
        "",
    )
    facts = {**_by_role(spec, {"group": named, "domain": address}), **facts}
    return StartingPoint(site_url(address), str(named), facts, record)


def _by_role(spec: TaskSpec, values: Facts) -> Facts:
    return {name: value for role, value in values.items() if value and (name := spec.facts_with_role(role))}
