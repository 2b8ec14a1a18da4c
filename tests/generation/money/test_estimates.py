from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from generation.engine.contracts import TeacherSpec
from generation.engine.repairs import repair_id
from generation.models import Call, Order, PriceEntry, Teacher
from generation.money import estimate
from generation.orders import launch, run_spec
from generation.orders.way import WayRequest
from generation.states import Way
from generation.teachers.queries import price_of
from members.models import Member
from review.models import Task
from review.spec.starters import STARTERS
from review.tasks.queries import latest_version
from web.errors import Refusal


def answered(order: Order, n: int, **tokens: int) -> None:
    for number in range(n):
        Call.objects.create(
            id=UUID(int=number), order=order, record_id=order.record_ids[0], state="answered",
            input_tokens=1000, output_tokens=100, cost_usd=Decimal("0.002"), **tokens,
        )  # fmt: skip


def test_an_estimate_knows_how_much_the_cache_knew(paid_order: Order, task: Task, paid: Teacher, lead: Member) -> None:
    PriceEntry.objects.filter(model="gpt-4o").update(cached_input_usd_per_million=Decimal("1.25"))
    answered(paid_order, 12, cached_tokens=800)

    told = launch.quote(launch.OrderRequest(task, teacher=paid, count=10, by=lead)).estimate

    # Ten calls of 200 plain and 800 cached tokens, and 100 answered.
    assert told.cost_usd == pytest.approx(10 * (200 * 2.5 + 800 * 1.25 + 100 * 10) / 1e6)


@pytest.mark.parametrize(("way", "cached_tokens"), [("live", 0), ("batch", 800)])
def test_a_batch_is_priced_with_the_cache_that_batches_had(
    way: str, cached_tokens: int, paid_order: Order, task: Task, paid: Teacher, lead: Member
) -> None:
    PriceEntry.objects.filter(model="gpt-4o").update(cached_input_usd_per_million=Decimal("1.25"))
    answered(paid_order, 24, cached_tokens=800)
    Call.objects.filter(pk__in=[UUID(int=number) for number in range(12)]).update(way=way)

    told = launch.quote(launch.OrderRequest(task, teacher=paid, count=10, by=lead, wish=WayRequest(Way.BATCH))).estimate

    plain_usd = (1000 - cached_tokens) * 2.5 + cached_tokens * 1.25 + 100 * 10
    assert told.cost_usd == pytest.approx(10 * plain_usd / 1e6 / 2)


def test_an_estimate_knows_what_was_paid_for_failures_and_repairs(
    paid_order: Order, task: Task, paid: Teacher, lead: Member
) -> None:
    answered(paid_order, 20)
    Call.objects.filter(pk__in=[UUID(int=number) for number in range(5)]).update(state="failed", error_code="declined")
    flawed = [UUID(int=number) for number in range(5, 10)]
    Call.objects.filter(pk__in=flawed).update(state="failed", error_code="flawed")
    usage = {"input_tokens": 1400, "output_tokens": 100, "cost_usd": Decimal("0.004"), "is_repair": True}
    for first in flawed:
        Call.objects.create(id=repair_id(str(first)), order=paid_order, state="answered", **usage)
    for _ in range(20):
        Call.objects.create(id=uuid4(), order=paid_order, state="failed", error_code="rate_limited")

    told = launch.quote(launch.OrderRequest(task, teacher=paid, count=4, by=lead)).estimate

    # Of four planned calls one is repaired; a call that was not paid says nothing.
    assert (told.input_tokens, told.output_tokens) == (4 * 1000 + 1400, 4 * 100 + 100)
    # Where one in four is repaired, the ninth tenth is: three times what a call without costs.
    assert told.cost_high_usd == pytest.approx(told.cost_usd * 0.006 / 0.003)


def test_the_dearest_call_reckons_with_tokens_written_into_a_cache(
    task: Task, paid: Teacher, lead: Member, source: object
) -> None:
    plain = launch.quote(launch.OrderRequest(task, teacher=paid, count=1, by=lead)).estimate.worst_call_usd
    PriceEntry.objects.filter(model="gpt-4o").update(cache_write_usd_per_million=Decimal("25"))

    dear = launch.quote(launch.OrderRequest(task, teacher=paid, count=1, by=lead)).estimate.worst_call_usd

    answer_usd = 400 * 10 / 1e6
    assert dear - answer_usd == pytest.approx(10 * (plain - answer_usd))


@pytest.mark.parametrize(
    ("provider", "model", "usd"),
    [
        ("anthropic", "m", 2.5), ("openai", "gpt-5.6-luna", 2.5), ("openai", "gpt-6.1-terra", 2.5),
        ("openai-compatible", "openai/gpt-6-sol", 2.5), ("openai", "gpt-5.5", None), ("openai", "gpt-4o", None),
        ("openai-compatible", "m", None),
    ],
)  # fmt: skip
def test_what_is_written_into_a_cache_costs_what_the_provider_takes_where_no_price_is_entered(
    provider: str, model: str, usd: float | None, paid: Teacher
) -> None:
    entry = PriceEntry(
        provider=provider, model=model, input_usd_per_million=2, output_usd_per_million=10, as_of=date(2026, 1, 2)
    )
    PriceEntry.objects.filter(provider=provider, model=model).delete()
    entry.save()
    teacher = Teacher(slug="x", name="X", provider=provider, model=model)

    price = price_of(teacher)

    assert price is not None
    assert run_spec.teacher_spec(teacher, price).cache_write_usd_per_million == usd


def test_no_price_and_no_order(task: Task, paid: Teacher, lead: Member, source: object) -> None:
    PriceEntry.objects.filter(model="gpt-4o").delete()

    with pytest.raises(Refusal) as refused:
        launch.quote(launch.OrderRequest(task, teacher=paid, count=1, by=lead))

    assert refused.value.code == "price_unknown"


def test_the_dearest_call_is_that_of_the_longest_record_wherever_it_stands(
    task: Task, paid: Teacher, lead: Member
) -> None:
    facts = [{"company": f"Co {n}", "pain": "late lorries"} for n in range(60)]
    spec, version = launch.require_askable(paid), latest_version(task)
    short = estimate.estimate(version, facts, teacher=paid, spec=spec, count=60)
    facts[1] = {"company": "Co 1", "pain": "f3a9" * 2500}

    told = estimate.estimate(version, facts, teacher=paid, spec=spec, count=60)

    assert told.worst_call_usd - short.worst_call_usd == pytest.approx(10_000 * 2.5 / 1e6, rel=0.01)
    assert told.cost_usd == short.cost_usd


def test_an_answer_of_values_is_priced_as_the_few_tokens_it_is() -> None:
    values = [field for field in STARTERS["ticket-triage"].spec.output_schema if field.role != "reasoning"]
    alone = [field for field in values if field.type == "boolean"]

    assert 15 < estimate.answer_tokens(values) < 40
    assert estimate.answer_tokens(alone) == 1
    assert estimate.answer_tokens(STARTERS["blank"].spec.output_schema) == pytest.approx(150 * 1.4)


def with_model(teacher: Teacher, model: str, **parameters: object) -> TeacherSpec:
    return launch.require_askable(teacher).model_copy(
        update={"model": model, "parameters": {"max_tokens": 4000, **parameters}}
    )


@pytest.mark.parametrize(
    ("model", "parameters", "tokens"),
    [
        ("gpt-4o", {}, 0),
        ("gpt-5.6-luna", {}, 1000),
        ("gpt-5-chat-latest", {}, 0),
        ("openai/o4-mini", {}, 1000),
        ("gpt-5.6-luna", {"reasoning_effort": "none"}, 0),
        ("gpt-5.6-luna", {"reasoning_effort": "high"}, 3000),
        ("gpt-4o", {"reasoning": {"effort": "low"}}, 300),
        ("claude-sonnet-4-6", {}, 0),
        ("claude-sonnet-4-6", {"output_config": {"effort": "low"}}, 0),
        ("claude-opus-4-8", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, 300),
        ("claude-sonnet-5", {}, 3000),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}, 0),
        ("claude-opus-5-5", {}, 1000),
        ("anthropic/claude-haiku-5.5", {}, 1000),
        ("claude-opus-5-5", {"output_config": {"effort": "low"}}, 300),
        ("claude-haiku-5-5", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, 3000),
        ("claude-sonnet-5", {"thinking": {"type": "enabled", "budget_tokens": 3000}}, 1000),
        ("claude-sonnet-5", {"thinking": {"type": "disabled"}}, 0),
        ("Qwen/Qwen3-8B", {}, 1000),
        ("Qwen/Qwen3-8B", {"chat_template_kwargs": {"enable_thinking": False}}, 0),
        ("qwen3-30b-instruct", {}, 0),
        ("gemini-2.5-flash", {}, 1000),
        ("mistral-large-2512", {}, 0),
        ("demo-o11y", {}, 0),
    ],
)
def test_reasoning_is_in_the_estimate_of_a_model_that_reasons(
    model: str, parameters: dict[str, object], tokens: int, paid: Teacher, task: Task
) -> None:
    spec, version = with_model(paid, model, **parameters), latest_version(task)
    facts = [{"company": "Co", "pain": "late lorries"}]
    plain = estimate.estimate(version, facts, teacher=paid, spec=with_model(paid, "gpt-4o"), count=10)

    told = estimate.estimate(version, facts, teacher=paid, spec=spec, count=10)

    assert told.output_tokens - plain.output_tokens == tokens * 10
    assert told.cost_low_usd < told.cost_usd < told.cost_high_usd
    assert ("reasoning" in told.basis) == bool(tokens)


def test_reasoning_never_goes_beyond_the_length_that_is_paid_for(paid: Teacher, task: Task) -> None:
    spec, version = with_model(paid, "gpt-5.6-luna", reasoning_effort="high", max_tokens=500), latest_version(task)

    told = estimate.estimate(version, [{"company": "Co", "pain": "x"}], teacher=paid, spec=spec, count=10)

    assert told.output_tokens == 5000
    assert told.cost_high_usd <= 10 * told.worst_call_usd
