"""Makes what an engine tells of a draft into a draft for the desk, with its prompt and its provenance. Writes no row."""

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


def drafts_of(order: Order, told: Sequence[dict[str, Any]]) -> list[NewDraft]:
    """Drafts with the prompts they were asked with: rendered again here rather than carried in every event."""
    if not told:
        return []
    records, asked = _records({one["record"] for one in told}), _asked_teachers(order)
    mix = resolve.engine_mix(order) if order.variety else Mix()
    found = []
    for one in told:
        if record := records.get(one["record"]):
            messages = _messages(order, mix, one, record, audience=asked[one.get("teacher", 0)].spec.audience)
            found.append(_draft(order, one, messages, asked[one.get("teacher", 0)]))
    return found


def draft_of(order: Order, told: dict[str, Any], messages: list[Message]) -> NewDraft:
    """One draft of an order with one teacher, asked for with these messages."""
    return _draft(order, told, messages, _asked_teachers(order)[0])


@dataclass(frozen=True)
class _AskedTeacher:
    """A teacher of an order as it was at launch, and the room that answers for it."""

    spec: TeacherSpec
    room: provided.TeacherProvider | None


def _draft(order: Order, told: dict[str, Any], messages: list[Message], asked: _AskedTeacher) -> NewDraft:
    teacher, room = asked.spec, asked.room
    is_campaign = order.purpose == Purpose.CAMPAIGN
    return NewDraft(
        record_id=UUID(told["record"]),
        fields=told["fields"],
        # Facts changed since they were sent would make these another prompt than the one that was answered.
        messages=messages if prompting.prompt_hash(messages) == told["prompt_hash"] else [],
        # A campaign's drafts come to the desk one by one, when the campaign puts them there.
        origin="campaign" if is_campaign else room.origin if room else "teacher",
        is_kept=is_campaign,
        round=room.round if room else 1,
        call_id=told["call_id"],
        teacher=f"{teacher.provider}:{teacher.model}",
        model=told["model"][:120],
        parameters=told["parameters"],
        prompt_hash=told["prompt_hash"],
        input_tokens=told["usage"]["input_tokens"],
        output_tokens=told["usage"]["output_tokens"],
        cost_usd=millionths(told["cost_usd"]),
        latency_s=told["latency_s"],
        labelled_defects=told["labelled_defects"],
        mean_log_prob=told.get("mean_log_prob"),
        thread=(order.threads or {}).get(told["record"], ()),
    )


def _messages(order: Order, mix: Mix, told: dict[str, Any], record: Record, *, audience: Audience) -> list[Message]:
    said = told["parameters"]
    company = company_of(record) if mix.shots else []
    variation = prompts.variation_of(mix, persona=said.get("persona", ""), angle=said.get("angle", ""), company=company)
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
    ids, found = sorted(record_ids), {}
    for chunk in chunked(ids, CHUNK):
        rows = Record.objects.filter(pk__in=chunk).only("facts", "group", "domain")
        found.update({str(row.pk): row for row in rows})
    return found
