"""Text that a miniature wrote, ready to be shown: fields with the places that checks object to."""

from __future__ import annotations

import re
from typing import Any

from jobs.models import Job
from jobs.states import FINISHED
from review.desk.cards.values import all_values
from review.models import Record
from review.sources.imports.cell_texts import text_of
from review.spec import paths
from review.spec.paths import TextPlace, as_text
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.text.grounding.spans import cut_spans
from training.models import Miniature

LIKELIEST = 5
# Part of a list that would not be read back as one.
_PARTED = re.compile(r"^\[|[;|\n]")
_BOOLEANS = {"true": "yes", "false": "no"}


def context(miniature: Miniature, job: Job) -> dict[str, Any]:
    """Template context of one writing: the job, whether it still runs, and the result."""
    output = ((job.result or {}).get("outputs") or [None])[0]
    return {
        "miniature": miniature,
        "writing": job,
        "is_writing": job.state not in FINISHED,
        "output": output,
        "parts": marked_fields(miniature.run.taught, output) if output else [],
        "is_checked": is_checked(miniature.run.task_version.spec),
    }


def marked_fields(spec: TaskSpec, output: dict[str, Any]) -> list[dict[str, Any]]:
    """Fields in schema order with their text cut at the marks; a text that has no fields is one part."""
    if output["fields"] is None:
        return [{"label": "", "role": "", "segments": cut_spans(output["text"]), "marks": []}]
    written, marks = output["fields"], output["marks"]
    shares = output.get("probabilities") or {}
    return [
        {**_shown(place, marks), "shares": _likeliest(shares.get(place.path, {}))} for place in _places(spec, written)
    ]


def is_checked(spec: TaskSpec) -> bool:
    """Return whether any check reads what a task writes; where values are all there is, passing says nothing."""
    return bool(spec.checks) or not all_values(spec)


def _likeliest(shares: dict[str, float]) -> list[tuple[str, float]]:
    named = ((_BOOLEANS.get(label, label), share) for label, share in shares.items())
    return sorted(named, key=lambda pair: -pair[1])[:LIKELIEST]


def _places(spec: TaskSpec, written: Fields) -> list[TextPlace]:
    places: list[TextPlace] = []
    for field in spec.output_schema:
        if field.value_type.is_value:
            places.append(TextPlace(field.name, field, field, as_text(written.get(field.name)), {}))
        else:
            places += paths.texts((field,), written)
    return places


def _shown(place: TextPlace, marks: list[dict[str, Any]]) -> dict[str, Any]:
    own = [mark for mark in marks if mark["field"] == place.path]
    name, *rest = place.path.split(".")
    label = f"{name} {int(rest[0]) + 1}" if rest and rest[0].isdecimal() else ".".join([name, *rest[:1]])
    return {
        "label": ", ".join([label, *rest[1:]]),
        "role": place.field.role,
        "segments": cut_spans(place.text, marks=own),
        "marks": own,
    }


def facts_of(job: Job) -> dict[str, Any]:
    """The facts a writing was ordered with, as a form takes them."""
    return facts_as_text(job.spec["records"][0])


def example_facts(miniature: Miniature) -> dict[str, Any]:
    """Facts of a validation record: the miniature was not trained on its company, and the test split stays unread."""
    records = Record.objects.filter(task_id=miniature.task_id, split=Split.VALIDATION, erased_at__isnull=True)
    record = records.order_by("created_at", "pk").first()
    return facts_as_text(record.facts) if record else {}


def facts_as_text(facts: dict[str, Any]) -> dict[str, str]:
    """Facts as a form takes them, each a text that reads back as the same value."""
    return {name: _fact_as_text(value) for name, value in facts.items()}


def _fact_as_text(value: Any) -> str:
    if not isinstance(value, list) or any(isinstance(part, dict) for part in value):
        return text_of(value)
    parts = [text_of(part) for part in value]
    return text_of(value) if any(map(_PARTED.search, parts)) else "; ".join(parts)
