"""Orders records that a teacher makes up: priced first, its money held like any order's, a few records a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import fmean
from uuid import UUID, uuid5

from django.db import transaction
from pydantic import ValidationError

from audit import trail
from generation.engine.budget import worst_case
from generation.engine.structured import paid_messages
from generation.models import Order, Synthesis, Teacher
from generation.money.estimate import CHARS_PER_TOKEN, guessed_usage, of_usage
from generation.orders import launch as orders
from generation.orders.launch import OrderRequest, Quote
from generation.states import Purpose
from generation.synthetic import plan
from generation.synthetic.plan import Attributes
from members.models import Member
from review.models import Record, Task, TaskVersion
from review.spec.prompting import Message
from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec
from review.states import Role, Split
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

LEAST, MOST = 10, 2_000
MOST_SEEDS, MOST_PER_CALL = 20, 5
MOST_ATTRIBUTES, MOST_VALUES, VALUE_CHARS, ABOUT_CHARS = 12, 60, 200, 4_000
# Answers may be so much longer than the guess before they are cut off.
_ROOM = 0.6
# What a fact takes where no example tells it, in tokens.
_TOKENS = {"text": 40, "list": 30, "object": 60, "conversation": 250, "document": 600, "url": 15}
_TOKENS_OF_A_VALUE, _TOKENS_OF_A_KEY = 6, 4


@dataclass(frozen=True)
class SyntheticRequest:
    """Request for synthetic records.

    Attributes:
        count: Records in all, 10 to 2,000.
        about: What they are about, beside what the task says.
        attributes: What varies: values by name, at least two each; one that is called like a fact decides that fact.
        max_cost_usd: The budget. Needed when the teacher costs anything.
    """

    count: int
    about: str = ""
    attributes: Attributes = field(default_factory=dict)
    max_cost_usd: Decimal | None = None


@dataclass(frozen=True)
class SyntheticQuote:
    """An order for records that could be launched as it is, with its price."""

    order: Quote
    seeds: list[str]
    number: int
    per_call: int


def quote(task: Task, request: SyntheticRequest, *, teacher: Teacher, by: Member) -> SyntheticQuote:
    """Check an order for records and price it; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `count`, `attributes`, `about`, `teacher_cannot`, `shape_unknown`, or as a teacher that cannot be asked
            is refused.
    """
    permissions.require(by, task, Role.LEAD)
    _check(request, teacher)
    spec, version = orders.require_askable(teacher), latest_version(task)
    seeds = seeds_of(task)
    facts = [record_facts for _, record_facts in seeds]
    record_task = _record_task(version.spec, facts)
    tokens = _tokens_of_record(version.spec.input_schema, facts)
    per_call = max(1, min(MOST_PER_CALL, int(_ROOM * spec.max_tokens / tokens)))
    number = Synthesis.objects.filter(task=task).count() + 1
    conversations = [
        paid_messages(spec, record_task, messages)
        for messages in _conversations(version, facts, request, _key(task, number), per_call)
    ]
    calls = len(conversations)
    sent = sum(len(message["content"]) for messages in conversations for message in messages) / CHARS_PER_TOKEN
    basis = f"guessed from the calls as they would be sent, {per_call} record{'' if per_call == 1 else 's'} each"
    usage = replace(guessed_usage(spec, sent / calls, tokens * request.count / calls, basis=""), basis=basis)
    worst_usd = max(worst_case(spec, messages)[2] for messages in conversations)
    estimate = of_usage(usage, spec, calls=calls, worst_usd=worst_usd, concurrency=teacher.concurrency)
    places = [str(uuid5(task.pk, f"synthetic {number} {place}")) for place in range(calls)]
    return SyntheticQuote(Quote(version, places, spec, estimate), [pk for pk, _ in seeds], number, per_call)


@transaction.atomic
def launch(task: Task, request: SyntheticRequest, *, teacher: Teacher, by: Member) -> Synthesis:
    """Order records; they become a source of the task once the job has ended.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    # Two at once would have one number, and so one plan.
    Task.objects.select_for_update().get(pk=task.pk)
    quoted = quote(task, request, teacher=teacher, by=by)
    order = orders.place(
        OrderRequest(
            task,
            teacher=teacher,
            count=quoted.order.estimate.calls,
            by=by,
            max_cost_usd=request.max_cost_usd,
            purpose=Purpose.SYNTHETIC,
        ),
        quoted.order,
        title=f"{request.count:,} synthetic records by {teacher.name}"[:160],
    )
    made = Synthesis.objects.create(
        task=task,
        order=order,
        number=quoted.number,
        count=request.count,
        per_call=quoted.per_call,
        about=request.about.strip(),
        attributes={name: list(values) for name, values in request.attributes.items()},
        seeds=quoted.seeds,
        created_by=by,
    )
    trail.record("synthetic_records_ordered", by=by, about=order, task=task.slug, count=made.count)
    return made


def conversations(order: Order) -> dict[str, list[Message]]:
    """The conversations of an order for records, by the made-up ids of its calls; the same in every attempt."""
    synthesis = Synthesis.objects.get(order=order)
    request = SyntheticRequest(synthesis.count, synthesis.about, synthesis.attributes)
    messages = _conversations(
        order.task_version, _facts(synthesis.seeds), request, _key(order.task, synthesis.number), synthesis.per_call
    )
    return dict(zip(order.record_ids, messages, strict=True))


def answer_task(order: Order) -> TaskSpec:
    made = Synthesis.objects.get(order=order)
    return _record_task(order.task_version.spec, _facts(made.seeds))


def seeds_of(task: Task) -> list[tuple[str, Facts]]:
    """Up to twenty records of the training split that came from outside, in an order that follows no file's."""
    rows = Record.objects.filter(
        task=task, split=Split.TRAIN, erased_at__isnull=True, source__synthetic_job__isnull=True
    )
    return [(str(pk), facts) for pk, facts in rows.order_by("content_hash").values_list("pk", "facts")[:MOST_SEEDS]]


def _facts(seeds: Sequence[str]) -> list[Facts]:
    """Facts of these records in their order; an erased record is no example any more."""
    rows = Record.objects.filter(pk__in=[UUID(pk) for pk in seeds], erased_at__isnull=True)
    facts = {str(pk): record_facts for pk, record_facts in rows.values_list("pk", "facts")}
    return [facts[pk] for pk in seeds if pk in facts]


def _conversations(
    version: TaskVersion, seeds: Sequence[Facts], request: SyntheticRequest, key: str, per_call: int
) -> list[list[Message]]:
    return [
        plan.conversation(
            version.spec,
            seeds,
            about=request.about.strip(),
            attributes=request.attributes,
            key=key,
            first=first,
            count=min(per_call, request.count - first),
        )
        for first in range(0, request.count, per_call)
    ]


def _key(task: Task, number: int) -> str:
    return f"{task.pk}:{number}"


def _record_task(spec: TaskSpec, seeds: Sequence[Facts]) -> TaskSpec:
    try:
        return plan.record_task(spec, seeds)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    except ValueError as error:
        reason = str(error)
    hint = "Import a few records of the training split that show what it holds."
    raise Refusal(
        "shape_unknown", f"The shape of a record is unknown, so no teacher can write one: {reason}.", hint=hint
    )


def _check(request: SyntheticRequest, teacher: Teacher) -> None:
    if not LEAST <= request.count <= MOST:
        message = f"Order between {LEAST} and {MOST:,} records."
        raise Refusal("count", message, errors={"count": [message]})
    if not teacher.follows_instructions:
        message = f"{teacher.name} only writes drafts for existing records."
        raise Refusal("teacher_cannot", message, hint="Choose another teacher.", errors={"teacher": [message]})
    if len(request.about) > ABOUT_CHARS:
        message = f"At most {ABOUT_CHARS:,} characters."
        raise Refusal("about", message, errors={"about": [message]})
    if flaw := _flaw_of(request.attributes):
        raise Refusal("attributes", flaw, errors={"attributes": [flaw]})


def _flaw_of(attributes: Attributes) -> str:
    if len(attributes) > MOST_ATTRIBUTES:
        return f"{len(attributes)} attributes; at most {MOST_ATTRIBUTES} can vary."
    for name, values in attributes.items():
        if not 2 <= len(values) <= MOST_VALUES:
            return f"'{name[:40]}' has {len(values)} values; give from 2 to {MOST_VALUES}."
        if any(not value.strip() or len(value) > VALUE_CHARS or "\0" in value for value in (name, *values)):
            name = name.replace("\0", "")
            return f"Names and values of '{name[:40]}' need 1 to {VALUE_CHARS} characters, and no NUL among them."
    return ""


def _tokens_of_record(schema: Sequence[InputField], seeds: Sequence[Facts]) -> float:
    if seeds:
        return fmean(len(json.dumps(facts, ensure_ascii=False)) for facts in seeds) / CHARS_PER_TOKEN + 1
    return sum(_TOKENS.get(field.type, _TOKENS_OF_A_VALUE) + _TOKENS_OF_A_KEY for field in schema)
