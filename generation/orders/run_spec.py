"""Writes down what an attempt at an order must do. Reads rows; writes none; puts no secret into what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from generation.diversity import resolve
from generation.diversity.examples import company_of
from generation.diversity.mix import MixSettings
from generation.engine.clients.parameters import dearer_than_listed
from generation.engine.contracts import GenerationSpec, Limits, RecordIn, TeacherSpec
from generation.models import Order, PriceEntry, Teacher
from generation.money import limits
from generation.orders import batches as orders_batches
from generation.orders import earlier_calls, purposes
from generation.states import COLLECT, Stragglers, Way, address_of
from generation.teachers import addresses, provided
from generation.teachers.queries import price_of
from jobs.models import Job
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from review.desk.revisions import revision_requests
from review.models import Record, RevisionRequest
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec
from web.db.chunks import chunked
from web.errors import Refusal
from web.net import allowed_hosts


def revision_conversation(order: Order) -> list[Message]:
    """The conversation of an order for one revision.

    Raises:
        Refusal: `request_gone`, the revision was withdrawn.
    """
    requests = RevisionRequest.objects.select_related("draft__record", "draft__task_version")
    request = requests.filter(job_id=order.job_id, draft__erased_at__isnull=True).first()
    if request is None:
        raise Refusal("request_gone", "This revision is no longer requested.", hint="Request it again on the draft.")
    return revision_requests.conversation(request.draft, request.instruction)


def revision_conversations(order: Order) -> dict[str, list[Message]]:
    """The conversation of an order for one revision, by its one record."""
    [record_id] = order.record_ids
    return {record_id: revision_conversation(order)}


KIND = "generation"
CHUNK = 500
MOST_AT_ONCE = 512
SLOW_TOKENS_PER_S, LONGEST_CALL_S = 20, 900.0


def teacher_spec(teacher: Teacher, price: PriceEntry, *, is_price_assumed: bool = False) -> TeacherSpec:
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
            "is_price_assumed": is_price_assumed,
            **price.token_prices.model_dump(),
        }
    )


def require_askable(teacher: Teacher, *, unpriced: PriceEntry | None = None) -> TeacherSpec:
    """Return the teacher with its price, or with the one that is assumed.

    Args:
        unpriced: What a teacher is counted at that has no price; without it, such a teacher is refused.

    Raises:
        Refusal: `teacher_off`, `price_unknown`, `secret_missing`, `secret_not_allowed`, `base_url` or
            `teacher_invalid`: why it cannot be asked.
    """
    if not teacher.is_active:
        raise Refusal(
            "teacher_off", f"{teacher.name} is out of use.", errors={"teacher": ["This teacher is out of use."]}
        )
    entered = price_of(teacher)
    price = entered or unpriced
    if price is None:
        raise Refusal(
            "price_unknown",
            f"The price table has no price for {teacher.model} of {teacher.provider}.",
            hint="Have an admin add it under Teachers, Prices; 0 for a server of your own.",
        )
    if teacher.secret_ref:
        address = address_of(teacher.provider, teacher.base_url)
        allow_list.require(teacher.secret_ref, use=SecretUse.TEACHER, url=address, field="teacher")
        store.resolve(teacher.secret_ref)
    if teacher.base_url:
        addresses.check(teacher.base_url)
    return require_listed_price(teacher_spec(teacher, price, is_price_assumed=entered is None))


def require_listed_price(teacher: TeacherSpec) -> TeacherSpec:
    """Return a teacher whose calls cost what is counted; an earlier release took any.

    Raises:
        Refusal: `teacher_invalid`, a parameter makes them dearer.
    """
    if wrong := dearer_than_listed(teacher.parameters):
        hint = f"Have an admin change the parameters of {teacher.name} under Teachers, then place a new order."
        raise Refusal("teacher_invalid", wrong, hint=hint, errors={"teacher": [wrong]})
    return teacher


def build(job: Job) -> dict[str, Any]:
    """Body of `spec.json` for the next attempt of a generation job.

    Raises:
        Refusal: The teacher's address is no longer allowed, its calls are dearer than is counted, a record is gone, or
            budgets leave nothing.
        Order.DoesNotExist: The job belongs to no order.
    """
    order = Order.objects.select_related("task_version", "teacher").get(orders_batches.order_of_job(job))
    is_closing = job.kind == COLLECT
    teacher = TeacherSpec.model_validate(order.teacher_spec)
    if room := provided.provider_of(order.teacher):
        teacher = teacher.model_copy(update={"base_url": room.base_url()})
    elif teacher.base_url:
        addresses.check(teacher.base_url)
    earlier, mix = earlier_calls.earlier_calls(order), resolve.engine_mix(order)
    if not is_closing:
        for each in (teacher, *(mixed.teacher for mixed in mix.teachers)):
            require_listed_price(each)
    spec = GenerationSpec(
        order=str(order.pk),
        purpose="evaluation" if order.purpose == "evaluation" else "desk",
        task=_task(order).canonical(),
        teacher=teacher,
        mix=mix,
        records=_records(order),
        count=order.count,
        # What closes batches asks for nothing that could pass a budget.
        budget_usd=None if is_closing else _budget_usd(order),
        call_usd=_call_usd(order),
        repairs_until_usd=_repairs_until_usd(order),
        seed=order.seed,
        uncertain="retry" if order.uncertain_policy == "retry" else "hold",
        way="collect" if is_closing else "batch" if order.way == Way.BATCH else "live",
        stragglers="leave" if order.stragglers == Stragglers.LEAVE else "ask",
        batches=orders_batches.batches_for_engine(order),
        taken_in=orders_batches.collected_batch_ids(order),
        limits=Limits(
            concurrency=_concurrency(order),
            timeout_s=_timeout_s([mixed.teacher for mixed in mix.teachers] or [teacher]),
            private_hosts=_private_hosts(order),
        ),
        local_clients={"offline": settings.OFFLINE_TEACHER},
        settled=earlier.settled,
        in_doubt=earlier.in_doubt,
        doubted=earlier.doubted,
        announced=[] if is_closing else earlier_calls.announced_without_end(order),
    )
    return spec.model_dump(mode="json")


def secret_refs(job: Job) -> list[str]:
    """The secrets the engine needs: one a teacher that wants one, each once. The last look before a key is handed over.

    Raises:
        Refusal: A key may not (any more) be sent to its teacher's address.
    """
    order = Order.objects.get(orders_batches.order_of_job(job))
    mixed = MixSettings.model_validate(order.variety).teachers
    specs = [entry.teacher for entry in mixed] or [TeacherSpec.model_validate(order.teacher_spec)]
    for spec in specs:
        if spec.secret_ref:
            address = address_of(spec.provider, spec.base_url)
            allow_list.require(spec.secret_ref, use=SecretUse.TEACHER, url=address, field="teacher")
    return list(dict.fromkeys(spec.secret_ref for spec in specs if spec.secret_ref))


def _budget_usd(order: Order) -> float | None:
    held_usd = limits.hold_again(order)
    return None if held_usd is None else float(held_usd)


def _call_usd(order: Order) -> float:
    estimate: dict[str, Any] = order.estimate
    return float(estimate.get("cost_usd", 0)) / max(1, int(estimate.get("calls", 1)))


def _repairs_until_usd(order: Order) -> float | None:
    """The estimate's upper end and one worst call, as the suggested budget has it; None for an order without one."""
    estimate: dict[str, Any] = order.estimate
    if "cost_high_usd" not in estimate:
        return None
    return float(estimate["cost_high_usd"]) + float(estimate.get("worst_call_usd", 0))


def _task(order: Order) -> TaskSpec:
    """Task that answers are read by: the order's own, or that of a judge or an adviser."""
    special = purposes.special_purpose(order)
    return special.answer_task(order) if special and special.answer_task else order.task_version.spec


def _concurrency(order: Order) -> int:
    """Sum the shares where each teacher has its own."""
    variety = MixSettings.model_validate(order.variety)
    if not variety.teachers:
        return order.teacher.concurrency
    allowed = dict(Teacher.objects.filter(slug__in=variety.slugs).values_list("slug", "concurrency"))
    whole = sum(mixed.share for mixed in variety.teachers)
    most = [
        allowed.get(slug, 1) * whole / mixed.share for slug, mixed in zip(variety.slugs, variety.teachers, strict=True)
    ]
    return max(1, min(MOST_AT_ONCE, int(min(most))))


def _timeout_s(teachers: Sequence[TeacherSpec]) -> float:
    """Leave a slow model time for its longest answer, reasoning included: one that is broken off may be paid."""
    longest_s = max(teacher.max_tokens for teacher in teachers) / SLOW_TOKENS_PER_S
    return max(Limits().timeout_s, min(longest_s, LONGEST_CALL_S))


def _private_hosts(order: Order) -> list[str]:
    slugs = MixSettings.model_validate(order.variety).slugs
    rooms = {
        id(room): room
        for teacher in [order.teacher, *Teacher.objects.filter(slug__in=slugs)]
        if (room := provided.provider_of(teacher))
    }
    own = [allowed_hosts.place_name(room.base_url()) for room in rooms.values()]
    return [*addresses.private_hosts(), *own]


def _records(order: Order) -> list[RecordIn]:
    record_ids: list[str] = order.record_ids
    special = purposes.special_purpose(order)
    if special and not special.has_records:
        conversations = special.conversations(order)
        return [RecordIn(id=pk, facts={}, messages=conversations[pk]) for pk in record_ids]
    records_by_id: dict[str, RecordIn] = {}
    variety = MixSettings.model_validate(order.variety)
    for chunk in chunked(record_ids, CHUNK):
        rows = Record.objects.filter(pk__in=chunk).only("facts", "title", "group", "domain")
        records_by_id.update((str(row.pk), _record(row, variety, order.threads or {})) for row in rows)
    if gone := [pk for pk in record_ids if pk not in records_by_id]:
        # Leaving one out would move every later call to another record.
        raise Refusal("record_gone", f"The record {gone[0]} is gone.", hint="Launch a new order without it.")
    if special:
        conversations = special.conversations(order)
        return [records_by_id[pk].model_copy(update={"messages": conversations[pk]}) for pk in record_ids]
    return [records_by_id[pk] for pk in record_ids]


def _record(row: Record, variety: MixSettings, threads: Mapping[str, list[dict[str, str]]]) -> RecordIn:
    return RecordIn(
        id=str(row.pk),
        facts=row.facts,
        title=row.title,
        company=company_of(row) if variety.examples else [],
        not_angle=variety.not_angles.get(str(row.pk), ""),
        thread=threads.get(str(row.pk), []),
    )
