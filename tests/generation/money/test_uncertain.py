from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from audit.models import AuditRow
from generation.calls import uncertain
from generation.models import Call, Order, SpendDay
from generation.orders import run_spec
from generation.states import Settlement
from members.models import Member
from tests.generation.money.tellings import doubt, take_in, told
from web.errors import Refusal

Browse = Callable[[Member], Client]


@pytest.fixture
def doubted(paid_order: Order) -> Order:
    take_in(paid_order, *(doubt(paid_order, n) for n in (1, 2, 3)))
    return paid_order


def books() -> tuple[Decimal, Decimal]:
    day = SpendDay.objects.get()
    return day.cost_usd, day.possible_usd


@pytest.mark.parametrize(
    ("verb", "state", "after"),
    [
        ("paid", "paid", ("0.012", "0")),
        ("not-paid", "not-paid", ("0", "0")),
        ("drop", "dropped", ("0", "0.012")),
    ],
)
def test_settled_by_hand_the_books_say_so(
    doubted: Order, lead: Member, as_member: Browse, verb: str, state: str, after: tuple[str, str]
) -> None:
    as_member(lead).post(reverse("generation:settle", args=[doubted.pk]), {"verb": verb})

    assert set(Call.objects.values_list("settlement", flat=True)) == {state}
    assert books() == (Decimal(after[0]), Decimal(after[1]))
    [row] = AuditRow.objects.filter(act="calls_settled")
    assert (row.detail["settlement"], row.detail["count"], row.detail["possible_usd"]) == (state, 3, "0.012000")


def test_one_is_settled_and_the_others_stay_open(doubted: Order, lead: Member, as_member: Browse) -> None:
    chosen = Call.objects.get(position=2)

    answer = as_member(lead).post(
        f"/api/v1/orders/{doubted.pk}/settle/",
        {"verb": "paid", "calls": [str(chosen.pk)]},
        content_type="application/json",
        headers={"idempotency-key": "a1"},
    )

    assert answer.json() == {"settled": 1, "id": None, "job": None}
    chosen.refresh_from_db()
    assert (chosen.cost_usd, chosen.cost_is_estimate, chosen.possible_cost_usd) == (Decimal("0.004"), True, 0)
    assert books() == (Decimal("0.004"), Decimal("0.008"))


def test_nobody_settles_a_call_twice(doubted: Order, lead: Member) -> None:
    uncertain.settle(doubted, Settlement.PAID, call_ids=None, by=lead)

    with pytest.raises(Refusal, match="None of these calls is still open"):
        uncertain.settle(doubted, Settlement.NOT_PAID, call_ids=None, by=lead)

    assert books() == (Decimal("0.012"), 0)


def test_a_viewer_settles_nothing(doubted: Order, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        uncertain.settle(doubted, Settlement.PAID, call_ids=None, by=viewer)


def test_a_settled_call_is_neither_asked_nor_doubted_again(doubted: Order, lead: Member) -> None:
    uncertain.settle(doubted, Settlement.PAID, call_ids=[Call.objects.get(position=1).pk], by=lead)
    uncertain.settle(doubted, Settlement.NOT_PAID, call_ids=[Call.objects.get(position=2).pk], by=lead)

    spec: dict[str, Any] = run_spec.build(doubted.job)
    take_in(doubted, doubt(doubted, 1))

    assert sorted(spec["settled"].values()) == [0.0, 0.004]
    assert len(spec["in_doubt"]) == 1
    assert books() == (Decimal("0.004"), Decimal("0.004"))


def test_an_answer_that_turns_up_later_replaces_what_was_taken(doubted: Order, lead: Member) -> None:
    uncertain.settle(doubted, Settlement.PAID, call_ids=None, by=lead)

    take_in(doubted, told(doubted, "draft", 1))

    assert Call.objects.get(position=1).cost_usd == Decimal("0.001001")
    assert books() == (Decimal("0.009001"), 0)
