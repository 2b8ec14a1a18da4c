"""The dearest call of a price is no cheaper than what the engine sets aside for any call of that order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from generation.diversity.request import MixRequest
from generation.engine import prompts
from generation.engine.budget import worst_case
from generation.engine.contracts import GenerationSpec
from generation.engine.plan import plan
from generation.models import Order, Teacher
from generation.orders import launch, run_spec
from members.models import Member
from review.models import Record, Source, Task
from review.spec.task_spec import TaskSpec
from tests.generation.variety.golds import approve


def set_aside_usd(order: Order) -> float:
    """Return the most that the engine sets aside for one call of an order."""
    assert order.job is not None
    spec = GenerationSpec.model_validate(run_spec.build(order.job))
    task = TaskSpec.model_validate(spec.task)
    return max(worst_case(spec.asked(call.teacher), prompts.prompt_of(spec, task, call))[2] for call in plan(spec))


@pytest.fixture
def ordered(task: Task, source: Source, paid: Teacher, lead: Member) -> Callable[..., Order]:
    def placed(**request: Any) -> Order:
        records = list(source.records.order_by("row_number").values_list("pk", flat=True))
        if bodies := request.pop("bodies", ()):
            threads = zip(records, bodies, strict=False)
            request["threads"] = {pk: [{"subject": "Hello", "body": body}] for pk, body in threads}
        return launch.launch(
            launch.OrderRequest(
                task, teacher=paid, count=len(records), by=lead, record_ids=records, max_cost_usd=Decimal(20), **request
            )
        )

    return placed


@pytest.mark.parametrize("bodies", [("Short. " * 90, "Короткий. " * 60), ("x" * 900, "y" * 500, "猫" * 700)])
def test_the_dearest_call_has_the_longest_of_several_threads_in_bytes(
    bodies: tuple[str, ...], ordered: Callable[..., Order]
) -> None:
    order = ordered(bodies=bodies)

    assert order.estimate["worst_call_usd"] >= set_aside_usd(order)


def test_a_thread_that_makes_a_call_long_makes_all_of_it_dearer(ordered: Callable[..., Order], paid: Teacher) -> None:
    Teacher.objects.filter(pk=paid.pk).update(model="gpt-5.6-luna")
    paid.refresh_from_db()
    Record.objects.update(facts={"company": "Co 0", "pain": "z" * 800_000})

    order = ordered(bodies=["x" * 400_000])

    priced, listed = order.estimate, launch.require_askable(paid)
    assert priced["input_tokens"] > 6 * 272_000
    usd = priced["input_tokens"] * listed.input_usd_per_million * 2
    usd += priced["output_tokens"] * listed.output_usd_per_million * 1.5
    assert priced["cost_usd"] == pytest.approx(usd / 1e6)
    assert priced["worst_call_usd"] >= set_aside_usd(order)


def test_the_thread_makes_the_one_call_dearer_that_only_it_makes_long(
    ordered: Callable[..., Order], paid: Teacher
) -> None:
    Teacher.objects.filter(pk=paid.pk).update(model="gpt-5.6-luna")
    paid.refresh_from_db()
    Record.objects.filter(row_number=0).update(facts={"company": "Co 0", "pain": "z" * 200_000})

    order = ordered(bodies=["x" * 100_000])

    assert order.estimate["worst_call_usd"] >= set_aside_usd(order)


def test_the_dearest_call_is_that_of_the_longest_record_in_bytes(ordered: Callable[..., Order]) -> None:
    Record.objects.filter(row_number=1).update(facts={"company": "Co 1", "pain": "late lorries" * 100})
    Record.objects.filter(row_number=4).update(facts={"company": "Co 4", "pain": "遅延" * 500})
    Record.objects.bulk_create(
        Record(
            task=row.task, source=row.source, row_number=100 + n, title=row.title, facts=row.facts, group=f"more {n}",
            split=row.split, content_hash=f"{100 + n:064d}",
        )
        for row in Record.objects.filter(row_number=0) for n in range(60)
    )  # fmt: skip

    order = ordered()

    assert order.estimate["worst_call_usd"] >= set_aside_usd(order)


def test_the_dearest_call_shows_the_longest_examples(task: Task, lead: Member, ordered: Callable[..., Order]) -> None:
    by_id = {str(decision.pk): decision for decision in approve(task, lead, count=3)}
    first, *_, last = ordered(mix=MixRequest(examples=2)).variety["examples"]
    Record.objects.filter(pk=by_id[last].draft.record_id).update(facts={"company": "Long", "pain": "long " * 500})
    Record.objects.filter(row_number=0).update(group=by_id[first].draft.record.group)

    order = ordered(mix=MixRequest(examples=2))

    assert order.estimate["worst_call_usd"] >= set_aside_usd(order)
