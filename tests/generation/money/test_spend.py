from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from generation.calls import close, uncertain
from generation.engine.contracts import TeacherSpec
from generation.models import Call, Order, SpendDay
from generation.money import daily_sums
from generation.money.figures import millionths
from generation.orders import queries as selectors
from generation.states import Settlement
from members.models import Member
from tests.generation.money.tellings import doubt, take_in, told

COLUMNS = ("day", "teacher_name", "way", *daily_sums.AMOUNTS)


def sums() -> list[tuple[object, ...]]:
    return list(SpendDay.objects.filter(calls__gt=0).order_by("day", "teacher_name", "way").values_list(*COLUMNS))


def test_the_sum_of_a_day_moves_with_the_calls(paid_order: Order) -> None:
    take_in(paid_order, told(paid_order, "draft", 1), told(paid_order, "draft", 2, cost_usd=0.25))
    take_in(paid_order, doubt(paid_order, 3))

    [day] = SpendDay.objects.all()

    assert (day.calls, day.input_tokens, day.output_tokens) == (3, 200, 80)
    assert (day.cost_usd, day.possible_usd) == (Decimal("0.251001"), Decimal("0.004"))
    assert (day.day, day.teacher_name, day.way) == (timezone.localdate(), "GPT-4o", "live")


def test_a_call_told_twice_counts_once(paid_order: Order) -> None:
    take_in(paid_order, told(paid_order, "draft"))
    before = sums()

    take_in(paid_order, told(paid_order, "draft"))

    assert sums() == before


def test_teachers_ways_and_days_have_sums_of_their_own(paid_order: Order) -> None:
    take_in(
        paid_order,
        told(paid_order, "draft", 1),
        told(paid_order, "draft", 2, way="batch", usage={"input_tokens": 9, "output_tokens": 1, "cached_tokens": 5}),
        told(paid_order, "draft", 3, teacher_name="Another"),
    )

    assert [row[1:5] for row in sums()] == [
        ("Another", "live", 1, 100),
        ("GPT-4o", "batch", 1, 9),
        ("GPT-4o", "live", 1, 100),
    ]
    assert SpendDay.objects.get(way="batch").cached_tokens == 5


def test_a_call_stays_with_the_day_it_was_first_heard_of(paid_order: Order) -> None:
    take_in(paid_order, doubt(paid_order))
    yesterday = timezone.now() - timedelta(days=1)
    Call.objects.update(created_at=yesterday)
    daily_sums.rebuild(paid_order)

    take_in(paid_order, told(paid_order, "draft"))

    [day] = SpendDay.objects.filter(calls__gt=0)
    assert day.day == timezone.localdate(yesterday)
    assert (day.cost_usd, day.possible_usd) == (Decimal("0.001001"), 0)


def test_rebuilt_from_the_calls_the_sums_are_the_same(paid_order: Order, lead: Member) -> None:
    take_in(paid_order, *(told(paid_order, "draft", n, cost_usd=0.000_001 * n) for n in range(1, 40)))
    take_in(paid_order, *(doubt(paid_order, n) for n in range(40, 44)))
    take_in(paid_order, told(paid_order, "failure", 44, code="malformed", message="No JSON.", excerpt=""))
    uncertain.settle(paid_order, Settlement.PAID, call_ids=[Call.objects.get(position=40).pk], by=lead)
    uncertain.settle(paid_order, Settlement.NOT_PAID, call_ids=[Call.objects.get(position=41).pk], by=lead)
    told_at_its_time = sums()

    call_command("rebuild_ledger", "--check", verbosity=0)
    SpendDay.objects.all().delete()
    with pytest.raises(CommandError, match="1 of 1 orders differ"):
        call_command("rebuild_ledger", "--check", verbosity=0)
    call_command("rebuild_ledger", verbosity=0)

    assert sums() == told_at_its_time
    assert SpendDay.objects.aggregate(n=Sum("cost_usd"))["n"] == Call.objects.aggregate(n=Sum("cost_usd"))["n"]


def test_calls_on_the_wire_when_an_engine_dies_are_shown_with_what_they_may_have_cost(
    paid_order: Order,
) -> None:
    sent = told(
        paid_order,
        "sent",
        calls=[{"call_id": told(paid_order, "x").payload["call_id"], "record": paid_order.record_ids[0]}],
    )
    take_in(paid_order, sent)

    close.close(paid_order.job)

    [call] = Call.objects.all()
    assert call.state == "uncertain"
    assert call.possible_cost_usd == millionths(paid_order.estimate["worst_call_usd"]) > 0
    assert SpendDay.objects.get().possible_usd == call.possible_cost_usd


def test_a_held_call_that_was_answered_after_all_may_have_cost_no_more(paid_order: Order) -> None:
    take_in(paid_order, doubt(paid_order))

    take_in(paid_order, told(paid_order, "draft"))

    assert SpendDay.objects.get().possible_usd == 0


def test_a_lost_try_of_a_call_asked_again_stays_beside_its_cost(paid_order: Order, admin: Member) -> None:
    Order.objects.update(uncertain_policy="retry")
    take_in(paid_order, doubt(paid_order))

    take_in(paid_order, told(paid_order, "draft", possible_cost_usd=0.004))

    assert SpendDay.objects.get().possible_usd == Decimal("0.004")
    assert selectors.get(admin, paid_order.pk).possible_cost_usd == Decimal("0.004")


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [
        ({}, 1000 * 2 + 100 * 10),
        ({"cached_tokens": 600}, 400 * 2 + 600 * 0.2 + 100 * 10),
        ({"cached_tokens": 100, "cache_write_tokens": 600}, 300 * 2 + 100 * 0.2 + 600 * 2.5 + 100 * 10),
        ({"cached_tokens": 600, "is_batch": True}, (400 * 2 + 600 * 0.2 + 100 * 10) / 2),
    ],
)
def test_a_call_is_priced_by_what_the_cache_knew_and_the_way_it_went(tokens: dict[str, int], usd: float) -> None:
    teacher = TeacherSpec(
        name="T", provider="anthropic", model="m", input_usd_per_million=2, output_usd_per_million=10,
        cached_input_usd_per_million=0.2, cache_write_usd_per_million=2.5, batch_factor=0.5,
    )  # fmt: skip

    assert teacher.cost_usd(1000, 100, **tokens) == pytest.approx(usd / 1e6)


def test_a_server_that_counts_its_cache_apart_makes_no_call_cheaper() -> None:
    teacher = TeacherSpec(
        name="T", provider="openai-compatible", model="m", input_usd_per_million=2, output_usd_per_million=10,
        cached_input_usd_per_million=0.2,
    )  # fmt: skip

    cost_usd = teacher.cost_usd(100, 100, cached_tokens=5000)

    assert cost_usd == pytest.approx((5000 * 0.2 + 100 * 10) / 1e6)


def test_where_no_cache_price_is_known_cached_input_is_priced_as_plain() -> None:
    teacher = TeacherSpec(name="T", provider="openai", model="m", input_usd_per_million=2, output_usd_per_million=10)

    assert teacher.cost_usd(1000, 0, cached_tokens=900) == teacher.cost_usd(1000, 0)
