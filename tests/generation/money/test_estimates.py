from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from generation.models import Call, GenerationJob, PriceEntry, Teacher
from generation.services import orders
from members.models import Member
from review.models import Task
from web.errors import Refusal


def answered(order: GenerationJob, n: int, **tokens: int) -> None:
    for number in range(n):
        Call.objects.create(
            id=UUID(int=number), generation_job=order, record_id=order.record_ids[0], state="answered",
            input_tokens=1000, output_tokens=100, cost_usd=Decimal("0.002"), **tokens,
        )  # fmt: skip


def test_an_estimate_knows_how_much_the_cache_knew(
    paid_order: GenerationJob, task: Task, paid: Teacher, lead: Member
) -> None:
    PriceEntry.objects.filter(model="gpt-4o").update(cached_input_usd_per_million=Decimal("1.25"))
    answered(paid_order, 12, cached_tokens=800)

    told = orders.quote(task, teacher=paid, count=10, by=lead).estimate

    # Ten calls of 200 plain and 800 cached tokens, and 100 answered.
    assert told.cost_usd == pytest.approx(10 * (200 * 2.5 + 800 * 1.25 + 100 * 10) / 1e6)


def test_the_dearest_call_reckons_with_tokens_written_into_a_cache(
    task: Task, paid: Teacher, lead: Member, source: object
) -> None:
    plain = orders.quote(task, teacher=paid, count=1, by=lead).estimate.worst_call_usd
    PriceEntry.objects.filter(model="gpt-4o").update(cache_write_usd_per_million=Decimal("25"))

    dear = orders.quote(task, teacher=paid, count=1, by=lead).estimate.worst_call_usd

    answer_usd = 400 * 10 / 1e6
    assert dear - answer_usd == pytest.approx(10 * (plain - answer_usd))


def test_no_price_and_no_order(task: Task, paid: Teacher, lead: Member, source: object) -> None:
    PriceEntry.objects.filter(model="gpt-4o").delete()

    with pytest.raises(Refusal) as refused:
        orders.quote(task, teacher=paid, count=1, by=lead)

    assert refused.value.code == "price_unknown"
