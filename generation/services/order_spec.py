"""Writes down what an attempt at an order must do. Reads rows; writes none; puts no secret into what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from generation import ports
from generation.engine.contracts import GenerationSpec, Limits, RecordIn, TeacherSpec
from generation.engine.diversity import choosing
from generation.engine.teaching import advice
from generation.models import Order, Teacher
from generation.selectors import announced, known_calls
from generation.selectors.teachers import Price
from generation.services import addresses, budgets, conversations
from generation.services.batches import collecting
from generation.services.batches import rows as batches
from generation.services.teaching import advising
from generation.services.variety import lineups, settling
from generation.services.variety.examples import company_of
from generation.states import COLLECT, Purpose, Stragglers, Way, address_of
from generation.variety import Variety
from jobs import secret_uses
from jobs.models import Job
from jobs.secret_uses import Use
from review.models import Record
from review.spec import TaskSpec
from web.errors import Refusal

KIND = "generation"
CHUNK = 500
MOST_AT_ONCE = 512


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
            "answers": teacher.answers,
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
        Order.DoesNotExist: The job belongs to no order.
    """
    order = Order.objects.select_related("task_version", "teacher").get(collecting.orders_of(job))
    is_closing = job.kind == COLLECT
    teacher = TeacherSpec.model_validate(order.teacher_spec)
    if room := ports.room_of(order.teacher):
        teacher = teacher.model_copy(update={"base_url": room.base_url()})
    elif teacher.base_url:
        addresses.check(teacher.base_url)
    known = known_calls.of_order(order)
    spec = GenerationSpec(
        order=str(order.pk),
        purpose="evaluation" if order.purpose == "evaluation" else "desk",
        task=_task(order).canonical(),
        teacher=teacher,
        mix=settling.mix_of(order),
        records=_records(order),
        count=order.count,
        # What closes batches asks for nothing that could pass a budget.
        budget_usd=None if is_closing else _float(budgets.hold_again(order)),
        call_usd=_call_usd(order),
        repairs_until_usd=_repairs_until_usd(order),
        seed=order.seed,
        uncertain="retry" if order.uncertain_policy == "retry" else "hold",
        way="collect" if is_closing else "batch" if order.way == Way.BATCH else "live",
        stragglers="leave" if order.stragglers == Stragglers.LEAVE else "ask",
        batches=batches.still_open(order),
        taken_in=batches.taken_in(order),
        limits=Limits(concurrency=_concurrency(order)),
        settled=known.settled,
        in_doubt=known.in_doubt,
        doubted=known.doubted,
        announced=[] if is_closing else announced.without_end(order),
    )
    return spec.model_dump(mode="json")


def secret_refs(job: Job) -> list[str]:
    """The secrets the engine needs: one a teacher that wants one, each once. The last look before a key is handed over.

    Raises:
        Refusal: A key may not (any more) be sent to its teacher's address.
    """
    order = Order.objects.get(collecting.orders_of(job))
    mixed = Variety.model_validate(order.variety).teachers
    specs = [one.teacher for one in mixed] or [TeacherSpec.model_validate(order.teacher_spec)]
    for spec in specs:
        if spec.secret_ref:
            address = address_of(spec.provider, spec.base_url)
            secret_uses.require(spec.secret_ref, use=Use.TEACHER, url=address, field="teacher")
    return list(dict.fromkeys(spec.secret_ref for spec in specs if spec.secret_ref))


def _call_usd(order: Order) -> float:
    said: dict[str, Any] = order.estimate
    return float(said.get("cost_usd", 0)) / max(1, int(said.get("calls", 1)))


def _repairs_until_usd(order: Order) -> float | None:
    """The estimate's upper end and one worst call, as the suggested budget has it; None for an order without one."""
    said: dict[str, Any] = order.estimate
    if "cost_high_usd" not in said:
        return None
    return float(said["cost_high_usd"]) + float(said.get("worst_call_usd", 0))


def _task(order: Order) -> TaskSpec:
    """What is asked for: the task itself, or what a judge or an adviser answers with."""
    if order.purpose == Purpose.JUDGING:
        return choosing.task()
    return advice.task() if order.purpose == Purpose.TEACHING else order.task_version.spec


def _concurrency(order: Order) -> int:
    """As many at once as the teachers allow together, where each has its share of them."""
    variety = Variety.model_validate(order.variety)
    if not variety.teachers:
        return order.teacher.concurrency
    allowed = dict(Teacher.objects.filter(slug__in=variety.slugs).values_list("slug", "concurrency"))
    whole = sum(mixed.share for mixed in variety.teachers)
    most = [
        allowed.get(slug, 1) * whole / mixed.share
        for slug, mixed in zip(variety.slugs, variety.teachers, strict=True)
    ]  # fmt: skip
    return max(1, min(MOST_AT_ONCE, int(min(most))))


def _records(order: Order) -> list[RecordIn]:
    record_ids: list[str] = order.record_ids
    known: dict[str, RecordIn] = {}
    variety = Variety.model_validate(order.variety)
    for start in range(0, len(record_ids), CHUNK):
        rows = Record.objects.filter(pk__in=record_ids[start : start + CHUNK]).only("facts", "title", "group", "domain")
        known.update((str(row.pk), _record(row, variety, order.threads or {})) for row in rows)
    if gone := [pk for pk in record_ids if pk not in known]:
        # Leaving one out would move every later call to another record.
        raise Refusal("record_gone", f"The record {gone[0]} is gone.", hint="Launch a new order without it.")
    if order.purpose == Purpose.REVISION:
        [record_id] = record_ids
        return [known[record_id].model_copy(update={"messages": conversations.of_order(order)})]
    if order.purpose == Purpose.TEACHING:
        [record_id] = record_ids
        return [known[record_id].model_copy(update={"messages": advising.conversation_of(order)})]
    if order.purpose == Purpose.JUDGING:
        asked = lineups.conversations(order, variety.lineups)
        return [known[pk].model_copy(update={"messages": asked[pk]}) for pk in record_ids]
    return [known[pk] for pk in record_ids]


def _record(row: Record, variety: Variety, threads: Mapping[str, list[dict[str, str]]]) -> RecordIn:
    return RecordIn(
        id=str(row.pk),
        facts=row.facts,
        title=row.title,
        company=company_of(row) if variety.examples else [],
        not_angle=variety.not_angles.get(str(row.pk), ""),
        thread=threads.get(str(row.pk), []),
    )
