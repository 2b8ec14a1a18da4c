"""JSON schemas of the desk's answers, for the API's description. Shapes only."""

from __future__ import annotations

from typing import Any


def object_of(**properties: Any) -> dict[str, Any]:
    """The schema of an object with these properties."""
    return {"type": "object", "properties": properties}


_object = object_of


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
# Who wrote a draft, with what and for how much: null until the caller judged it, but never for leads.
TOLD_TEXT = {"type": ["string", "null"]}
TOLD_NUMBER = {"type": ["number", "null"]}
TOLD_COUNT = {"type": ["integer", "null"]}
ID = {"type": "string", "format": "uuid"}
CURSOR = {"type": ["string", "null"]}
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}

MARK = _object(
    check=TEXT, field=TEXT, start={"type": "integer"}, end={"type": "integer"}, message=TEXT, severity=TEXT, mend=TEXT
)
RECORD = _object(id=ID, title=TEXT)
PACE = _object(
    left={"type": "integer"}, left_is_at_least={"type": "boolean"}, seconds_per_card={"type": ["number", "null"]}
)
CARD = _object(
    id=ID,
    etag=TEXT,
    leased_until={"type": "string", "format": "date-time"},
    task_version={"type": "integer"},
    record=_object(id=ID, title=TEXT, facts=ANY),
    fields=ANY,
    marks={"type": "array", "items": MARK},
    unfinished={"type": ["object", "null"]},
    note=TEXT,
    output_schema={"type": "array", "items": ANY},
    rubric={"type": "array", "items": ANY},
    reasons={"type": "array", "items": ANY},
    guideline=TEXT,
    is_sent_back={"type": "boolean"},
    has_comments={"type": "boolean"},
    goes_to=TEXT,
    thread={"type": "array", "items": _object(subject=TEXT, body=TEXT)},
)
DECISION = _object(
    id=ID,
    draft=ID,
    reviewer=TEXT,
    verdict=TEXT,
    fields={"type": ["object", "null"]},
    reasons={"type": "array", "items": TEXT},
    ratings=ANY,
    note=TEXT,
    seconds=NUMBER,
    is_late={"type": "boolean"},
    edit_size={"type": ["number", "null"]},
    edit_kinds={"type": "array", "items": TEXT},
    ruled={"type": ["string", "null"]},
    retracts={"type": ["string", "null"]},
    created_at={"type": "string", "format": "date-time"},
)
CARDS = {"type": "array", "items": CARD}
DECK = _object(cards=CARDS, left={"type": "integer"}, pace=PACE)
DECISION_REPLY = _object(decision=DECISION, state=TEXT, next=CARDS, left={"type": ["integer", "null"]}, pace=PACE)
DECISIONS = _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": DECISION})
KEYS = _object(keys={"type": "object", "additionalProperties": TEXT}, on={"type": "boolean"})
RELEASED = _object(released={"type": "integer"})
SUMMARY = _object(
    id=ID,
    task=TEXT,
    task_version={"type": "integer"},
    record=RECORD,
    source=TEXT,
    split=TEXT,
    state=TEXT,
    verdict={"type": ["string", "null"]},
    marks_count={"type": "integer"},
    origin=TOLD_TEXT,
    provenance=TOLD_TEXT,
    teacher=TOLD_TEXT,
    model=TOLD_TEXT,
    cost_usd=TOLD_TEXT,
    created_at={"type": "string", "format": "date-time"},
)
SUMMARIES = _object(next=CURSOR, previous=CURSOR, results={"type": "array", "items": SUMMARY})
DRAFT = _object(
    **SUMMARY["properties"],
    fields=ANY,
    marks={"type": "array", "items": MARK},
    facts=ANY,
    etag=TEXT,
    prompt_hash=TOLD_TEXT,
    parameters={**ANY, "type": ["object", "null"]},
    input_tokens=TOLD_COUNT,
    output_tokens=TOLD_COUNT,
    latency_s=TOLD_NUMBER,
    round={"type": "integer"},
    labelled_defects={"type": ["array", "null"], "items": TEXT},
)
PROBLEM = _object(type=TEXT, title=TEXT, status={"type": "integer"}, code=TEXT, hint=TEXT, errors=ANY, state=ANY)
RULING = _object(
    id=ID,
    draft=ID,
    kind=TEXT,
    decision={"type": ["string", "null"]},
    lead=TEXT,
    note=TEXT,
    state=TEXT,
    created_at={"type": "string", "format": "date-time"},
)
SIDE = _object(
    decision=ID,
    reviewer=TEXT,
    verdict=TEXT,
    fields={"type": ["object", "null"]},
    reasons={"type": "array", "items": TEXT},
    note=TEXT,
    is_late={"type": "boolean"},
    against=TEXT,
    difference={"type": "array", "items": _object(kind=TEXT, text=TEXT)},
    changes={"type": "array", "items": _object(kind=TEXT, text=TEXT)},
    ratings=ANY,
)
SIDES = _object(etag=TEXT, state=TEXT, results={"type": "array", "items": SIDE})
STANDING = _object(draft=ID, state=TEXT)
