"""The offline teacher: deterministic drafts from a record and an offer, some with labelled defects.

The stand-in for a paid model on a machine without a network. Knows nothing of prices, calls or prompts.
"""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from generation.engine.offline import defects, sheets
from generation.engine.offline.draft import FieldValue, OfflineDraft
from generation.engine.offline.mail import Mail, compose

DEFECT_RATE = 0.25


def write(
    *,
    facts: Mapping[str, str],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    seed: int,
    defect_rate: float = DEFECT_RATE,
) -> OfflineDraft:
    """Compose one draft; the same arguments give the same draft in any process.

    Args:
        facts: The record, by key; blank values count as missing.
        offer: The task's offer (`seller`, `product`, `description`, `claims`, `forbidden_phrases`, `signature`); may be
            empty.
        output_fields: The output schema: `{"name", "type": "text" | "list", "items": [names]}` each. A schema with
            `subject` and `body` gets a mail.
        seed: Draws another draft for the same record.
        defect_rate: The share of drafts, 0 to 1, that get one or two faults.

    Raises:
        ValueError: If the schema names no field.
    """
    if not output_fields:
        raise ValueError("The output schema names no field to write.")
    known = {key: str(value).strip() for key, value in facts.items() if value and str(value).strip()}
    rng = _chance(known, offer, output_fields, seed)
    is_faulty = rng.random() < defect_rate
    names = [str(schema["name"]) for schema in output_fields]
    if {"subject", "body"} <= set(names):
        return _mail_draft(known, offer, output_fields, rng, is_faulty)
    return _sheet_draft(known, offer, output_fields, rng, is_faulty)


def _chance(
    facts: Mapping[str, str], offer: Mapping[str, Any], output_fields: Sequence[Mapping[str, Any]], seed: int
) -> random.Random:
    key = json.dumps([dict(facts), dict(offer), [dict(field) for field in output_fields], seed], sort_keys=True)
    return random.Random(hashlib.sha256(key.encode()).digest())


def _mail_draft(
    facts: Mapping[str, str],
    offer: Mapping[str, Any],
    output_fields: Sequence[Mapping[str, Any]],
    rng: random.Random,
    is_faulty: bool,
) -> OfflineDraft:
    mail = compose(facts, offer, rng)
    done = defects.spoil(mail, facts, offer, rng) if is_faulty else ()
    written = {"subject": mail.subject, "body": mail.body}
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
    texts = [str(schema["name"]) for schema in output_fields if schema.get("type") != "list"]
    fields = {str(schema["name"]): _field(schema, facts, rng) for schema in output_fields}
    if not is_faulty or not texts:
        return OfflineDraft(fields)
    # The longest text is the one a reader judges.
    spoilt = max(texts, key=lambda name: len(fields[name]))
    sheet = Mail("", [sheets.sentences_for(spoilt, facts, rng)], "")
    done = defects.spoil(sheet, facts, offer, rng, among=defects.TEXT_FAULTS)
    return OfflineDraft(fields | {spoilt: sheets.joined(sheet.sentences)}, done)


def _field(schema: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> FieldValue:
    if schema.get("type") == "list":
        return sheets.items_for(schema.get("items") or ("text",), facts, rng)
    return sheets.joined(sheets.sentences_for(str(schema["name"]), facts, rng))
