"""Writes down what an attempt at an order must do. Reads rows; writes none; puts no secret into what it writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from generation import ports
from generation.engine.contracts import GenerationSpec, Limits, RecordIn, TeacherSpec
from generation.models import Call, GenerationJob, Teacher
from generation.selectors.teachers import Price
from generation.services import addresses, budgets, conversations
from generation.states import CallState, Purpose
from jobs.models import Job
from review.models import Record
from web.errors import Refusal

KIND = "generation"
CHUNK = 500


def teacher_spec(teacher: Teacher, price: Price) -> TeacherSpec:
    """The teacher as an engine needs to know it."""
    return TeacherSpec.model_validate(
        {
            "name": teacher.name,
            "provider": teacher.provider,
            "model": teacher.model,
            "base_url": teacher.base_url,
            "parameters": teacher.parameters,
            "secret_ref": teacher.secret_ref,
            "audience": "student" if teacher.provided_by else "teacher",
            "input_usd_per_million": float(price.input_usd_per_million),
            "output_usd_per_million": float(price.output_usd_per_million),
            "cached_input_usd_per_million": _float(price.cached_input_usd_per_million),
            "cache_write_usd_per_million": _float(price.cache_write_usd_per_million),
            "batch_factor": float(price.batch_factor),
        }
    )


def _float(usd: Decimal | None) -> float | None:
    return None if usd is None else float(usd)


def build(job: Job) -> dict[str, Any]:
    """Body of `spec.json` for the next attempt of a generation job.

    Raises:
        Refusal: The teacher's address is no longer allowed, a record is gone, or budgets leave nothing.
        GenerationJob.DoesNotExist: The job belongs to no order.
    """
    order = GenerationJob.objects.select_related("task_version", "teacher").get(job=job)
    teacher = TeacherSpec.model_validate(order.teacher_spec)
    if room := ports.room_of(order.teacher):
        teacher = teacher.model_copy(update={"base_url": room.base_url()})
    elif teacher.base_url:
        addresses.check(teacher.base_url)
    settled, in_doubt = _known_calls(order)
    spec = GenerationSpec(
        order=str(order.pk),
        purpose="evaluation" if order.purpose == "evaluation" else "desk",
        task=order.task_version.spec.canonical(),
        teacher=teacher,
        records=_records(order),
        count=order.count,
        budget_usd=_float(budgets.hold_again(order)),
        seed=order.seed,
        uncertain="retry" if order.uncertain_policy == "retry" else "hold",
        limits=Limits(concurrency=order.teacher.concurrency),
        settled=settled,
        in_doubt=in_doubt,
    )
    return spec.model_dump(mode="json")


def secret_refs(job: Job) -> list[str]:
    """The one secret the engine needs, if any."""
    spec = GenerationJob.objects.values_list("teacher_spec", flat=True).get(job=job)
    return [spec["secret_ref"]] if spec.get("secret_ref") else []


def _known_calls(order: GenerationJob) -> tuple[dict[str, float], list[str]]:
    """Calls whose paid end is known, with their cost; and calls that were on the wire when last heard of."""
    settled: dict[str, float] = {}
    in_doubt: list[str] = []
    calls = Call.objects.filter(generation_job=order)
    for pk, state, cost, possible, settlement in calls.values_list(
        "pk", "state", "cost_usd", "possible_cost_usd", "settlement"
    ):
        if state == CallState.ANSWERED or (state == CallState.FAILED and cost > 0):
            settled[str(pk)] = float(cost + possible)
        elif settlement:
            # A person has settled it; what it cost, or may have cost, still counts against the budget.
            settled[str(pk)] = float(cost + possible)
        elif state in (CallState.SENT, CallState.UNCERTAIN):
            in_doubt.append(str(pk))
    return settled, in_doubt


def _records(order: GenerationJob) -> list[RecordIn]:
    record_ids: list[str] = order.record_ids
    known: dict[str, RecordIn] = {}
    for start in range(0, len(record_ids), CHUNK):
        rows = Record.objects.filter(pk__in=record_ids[start : start + CHUNK]).values_list("pk", "facts", "title")
        known.update((str(pk), RecordIn(id=str(pk), facts=facts, title=title)) for pk, facts, title in rows)
    if gone := [pk for pk in record_ids if pk not in known]:
        # Leaving one out would move every later call to another record.
        raise Refusal("record_gone", f"The record {gone[0]} is gone.", hint="Launch a new order without it.")
    if order.purpose == Purpose.REVISION:
        [record_id] = record_ids
        return [known[record_id].model_copy(update={"messages": conversations.of_order(order)})]
    return [known[pk] for pk in record_ids]
