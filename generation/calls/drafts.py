"""Makes what an engine tells of a draft into a draft for the desk, with its prompt and its provenance.

Writes no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from generation.diversity import resolve
from generation.diversity.examples import company_of
from generation.diversity.mix import MixSettings
from generation.engine import prompts
from generation.engine.contracts import Mix, TeacherSpec
from generation.models import Order, Teacher
from generation.money.figures import millionths
from generation.states import Purpose
from generation.teachers import provided
from review.drafts.intake import NewDraft
from review.models import Record
from review.spec import prompting
from review.spec.prompting import Audience, Message
from web.db.chunks import chunked

CHUNK = 500


def drafts_of(order: Order, payloads: Sequence[dict[str, Any]]) -> list[NewDraft]:
    """Drafts with the prompts they were asked with: rendered again here rather than carried in every event."""
    if not payloads:
        return []
    records, asked_teachers = _records({payload["record"] for payload in payloads}), _asked_teachers(order)
    mix = resolve.engine_mix(order) if order.variety else Mix()
    drafts = []
    for payload in payloads:
        if record := records.get(payload["record"]):
            messages = _messages(
                order, mix, payload, record, audience=asked_teachers[payload.get("teacher", 0)].spec.audience
            )
            drafts.append(_draft(order, payload, messages, asked_teachers[payload.get("teacher", 0)]))
    return drafts


def draft_of(order: Order, payload: dict[str, Any], messages: list[Message]) -> NewDraft:
    """One draft of an order with one teacher, asked for with these messages."""
    return _draft(order, payload, messages, _asked_teachers(order)[0])


@dataclass(frozen=True)
class _AskedTeacher:
    """A teacher of an order as it was at launch, and the room that answers for it."""

    spec: TeacherSpec
    room: provided.TeacherProvider | None


def _draft(order: Order, payload: dict[str, Any], messages: list[Message], asked_teacher: _AskedTeacher) -> NewDraft:
    teacher, room = asked_teacher.spec, asked_teacher.room
    is_campaign = order.purpose == Purpose.CAMPAIGN
    return NewDraft(
        record_id=UUID(payload["record"]),
        fields=payload["fields"],
        # Facts changed since they were sent would make these another prompt than the one that was answered.
        messages=messages if prompting.prompt_hash(messages) == payload["prompt_hash"] else [],
        # A campaign's drafts come to the desk one by one, when the campaign puts them there.
        origin="campaign" if is_campaign else room.origin if room else "teacher",
        is_kept=is_campaign,
        round=room.round if room else 1,
        call_id=payload["call_id"],
        teacher=f"{teacher.provider}:{teacher.model}",
        model=payload["model"][:120],
        parameters=payload["parameters"],
        prompt_hash=payload["prompt_hash"],
        input_tokens=payload["usage"]["input_tokens"],
        output_tokens=payload["usage"]["output_tokens"],
        cost_usd=millionths(payload["cost_usd"]),
        latency_s=payload["latency_s"],
        labelled_defects=payload["labelled_defects"],
        mean_log_prob=payload.get("mean_log_prob"),
        thread=(order.threads or {}).get(payload["record"], ()),
    )


def _messages(order: Order, mix: Mix, payload: dict[str, Any], record: Record, *, audience: Audience) -> list[Message]:
    parameters = payload["parameters"]
    company = company_of(record) if mix.shots else []
    variation = prompts.variation_of(
        mix, persona=parameters.get("persona", ""), angle=parameters.get("angle", ""), company=company
    )
    thread = (order.threads or {}).get(str(record.pk), ())
    return prompting.messages(
        order.task_version.spec, record.facts, audience=audience, variation=variation, thread=thread
    )


def _asked_teachers(order: Order) -> list[_AskedTeacher]:
    variety = MixSettings.model_validate(order.variety)
    if not variety.teachers:
        return [_AskedTeacher(TeacherSpec.model_validate(order.teacher_spec), provided.provider_of(order.teacher))]
    rows = {teacher.slug: teacher for teacher in Teacher.objects.filter(slug__in=variety.slugs)}
    return [
        _AskedTeacher(mixed.teacher, provided.provider_of(rows[slug]) if slug in rows else None)
        for slug, mixed in zip(variety.slugs, variety.teachers, strict=True)
    ]


def _records(record_ids: set[str]) -> dict[str, Record]:
    ids, records = sorted(record_ids), {}
    for chunk in chunked(ids, CHUNK):
        rows = Record.objects.filter(pk__in=chunk).only("facts", "group", "domain")
        records.update({str(row.pk): row for row in rows})
    return records
