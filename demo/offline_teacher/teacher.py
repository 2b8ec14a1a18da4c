"""Offline teacher: deterministic drafts from a record and an offer, some with labelled faults.

Replaces a paid model.
"""

import hashlib
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.offline_teacher import defects, sheets, values
from demo.offline_teacher.mail import Mail, compose, follow_up

FieldValue = Any


@dataclass(frozen=True)
class OfflineDraft:
    """Composed draft.

    Attributes:
        fields: Values by the names of the output schema; a `list` field holds dicts of its items.
        defects: Names of the deliberate faults in order; empty for a clean draft.
    """

    fields: dict[str, FieldValue]
    defects: tuple[str, ...] = ()


def tokens(text: str) -> int:
    """Estimate the tokens of a text: a quarter of its characters, rounded up."""
    return math.ceil(len(text) / 4)


DEFECT_RATE = 0.25
_MAIL_PARTS = ("subject", "body")


def write(
    *,
    facts: Mapping[str, Any],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    seed: int,
    defect_rate: float = DEFECT_RATE,
    thread: Sequence[Mapping[str, str]] = (),
) -> OfflineDraft:
    """Compose one draft; the same arguments give the same draft in any process.

    Args:
        facts: Facts of the record by key; blank values count as missing, lists as their elements.
        offer: The task's offer (`seller`, `product`, `description`, `claims`, `forbidden_phrases`, `signature`); may be
            empty.
        output_fields: Output schema, one dict for each field: `name`, `type` (of `OutputField`), `items` (names, or
            dicts with a `name`), and optionally `role`, `max_words`, `max_chars`. Fields with the roles or names
            `subject` and `body` make it a mail.
        seed: Seed; another one gives another draft of the record.
        defect_rate: Share of drafts, 0 to 1, with one or two faults.
        thread: `subject` and `body` of each earlier mail; with any, the mail is a follow-up.

    Raises:
        ValueError: If the schema names no field.
    """
    if not output_fields:
        raise ValueError("The output schema names no field to write.")
    stated_facts = {key: text for key, value in facts.items() if (text := _as_text(value))}
    rng = _chance(stated_facts, offer, output_fields, seed, thread)
    is_faulty = rng.random() < defect_rate
    parts = {part: name for schema in output_fields for part in _MAIL_PARTS if (name := _named(schema, part))}
    if len(parts) == len(_MAIL_PARTS):
        return _mail_draft(stated_facts, offer, output_fields, rng, is_faulty, parts, thread)
    return _sheet_draft(stated_facts, offer, output_fields, rng, is_faulty)


def _as_text(value: object) -> str:
    parts = value if isinstance(value, list | tuple) else ["" if value is None else value]
    return ", ".join(str(part).strip() for part in parts)


def _named(schema: Mapping[str, Any], part: str) -> str:
    """Return the field's name where it is that part of a mail, by its role or else its name."""
    name = str(schema["name"])
    return name if (schema.get("role") or name) == part else ""


def _chance(
    facts: Mapping[str, str],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    seed: int,
    thread: Sequence[Mapping[str, str]],
) -> random.Random:
    asked: list[Any] = [dict(facts), dict(offer), [dict(field) for field in output_fields], seed]
    if thread:
        # Not in the key of a first mail, so that old first mails stay the same.
        asked.append([dict(mail) for mail in thread])
    key = json.dumps(asked, sort_keys=True)
    return random.Random(hashlib.sha256(key.encode()).digest())


def _mail_draft(
    facts: Mapping[str, str],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    rng: random.Random,
    is_faulty: bool,
    parts: Mapping[str, str],
    thread: Sequence[Mapping[str, str]],
) -> OfflineDraft:
    mail = follow_up(facts, offer, rng, thread) if thread else compose(facts, offer, rng)
    done = defects.spoil(mail, facts, offer, rng) if is_faulty else ()
    written = {parts["subject"]: mail.subject, parts["body"]: mail.body}
    fields: dict[str, FieldValue] = {}
    for schema in output_fields:
        name = str(schema["name"])
        fields[name] = written.get(name) or _field(schema, facts, rng)
    return OfflineDraft(fields, done)


def _sheet_draft(
    facts: Mapping[str, str],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    rng: random.Random,
    is_faulty: bool,
) -> OfflineDraft:
    texts = [str(schema["name"]) for schema in output_fields if schema.get("type", "text") == "text"]
    fields = {str(schema["name"]): _field(schema, facts, rng) for schema in output_fields}
    if is_faulty and (done := values.spoil(fields, output_fields, rng)):
        return OfflineDraft(fields, done)
    if not is_faulty or not texts:
        return OfflineDraft(fields)
    # Readers judge the longest text.
    spoilt = max(texts, key=lambda name: len(fields[name]))
    schema = next(schema for schema in output_fields if schema["name"] == spoilt)
    sheet = Mail("", [sheets.sentences_for(schema, facts, rng)], "")
    done = defects.spoil(sheet, facts, offer, rng, among=defects.TEXT_FAULTS)
    return OfflineDraft(fields | {spoilt: sheets.joined(sheet.sentences)}, done)


def _field(schema: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> FieldValue:
    if schema.get("type", "text") not in values.COMPOSED:
        return values.value_for(schema, facts, rng)
    if schema.get("type") == "list" and any(isinstance(item, Mapping) and "type" in item for item in schema["items"]):
        return [{item["name"]: values.part_for(item, facts, rng) for item in schema["items"]}]
    if schema.get("type") == "list" and not schema["items"]:
        return sheets.sentences_for(schema, facts, rng)[:3]
    if schema.get("type") == "list":
        return sheets.items_for(schema, facts, rng)
    return sheets.joined(sheets.sentences_for(schema, facts, rng))
