"""What one call cost, set by an admin: sums and budgets follow, what was booked stays readable."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from audit.models import AuditRow
from generation.calls import uncertain
from generation.kinds import GenerationKind
from generation.models import Call, CallCorrection, Order, SpendDay
from generation.money import budgets as queries
from generation.money import corrections, daily_sums
from generation.orders import earlier_calls
from generation.states import Settlement
from members.models import Member
from tests.generation.test_ingest import doubt, told
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]


@pytest.fixture
def lie(paid_order: Order) -> Call:
    """A call that was booked with $50,000 before answers were bounded."""
    GenerationKind().on_events(paid_order.job, [told(paid_order, "draft", cost_usd=50_000.0)])
    return Call.objects.get()


def correct(call: Call, by: Member, **over: Any) -> CallCorrection:
    said = {"cost_usd": Decimal("0.0042"), "reason": "Invoice of March, line 7.", **over}
    return corrections.correct(call.order, call.pk, **said, by=by)


def test_sums_and_budgets_follow_and_the_call_says_so(lie: Call, admin: Member) -> None:
    made = correct(lie, admin)

    lie.refresh_from_db()
    order = lie.order
    assert (lie.cost_usd, lie.cost_is_estimate, lie.is_corrected) == (Decimal("0.0042"), False, True)
    assert SpendDay.objects.get().cost_usd == queries.spent_by(order) == Decimal("0.0042")
    assert not daily_sums.differs(order)
    assert (made.was_usd, made.cost_usd, made.by) == (Decimal(50_000), Decimal("0.0042"), admin)


def test_who_corrected_what_stands_in_the_trail(lie: Call, admin: Member) -> None:
    correct(lie, admin)

    row = AuditRow.objects.get(act="call_corrected")
    assert (row.actor, row.subject_id) == (str(admin.pk), str(lie.order_id))
    assert row.detail == {
        "call": str(lie.pk), "was_usd": "50000.000000", "cost_usd": "0.0042", "reason": "Invoice of March, line 7.",
    }  # fmt: skip


def test_a_correction_never_changes_and_the_next_one_stands_beside_it(lie: Call, admin: Member) -> None:
    first = correct(lie, admin)
    second = correct(lie, admin, cost_usd=Decimal("0.005"), reason="It was line 8.")

    assert [each.was_usd for each in (first, second)] == [Decimal(50_000), Decimal("0.0042")]
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        CallCorrection.objects.filter(pk=first.pk).update(cost_usd=1)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        first.delete()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"cost_usd": Decimal("-1")}, "cost_usd"),
        ({"cost_usd": Decimal("NaN")}, "cost_usd"),
        ({"cost_usd": Decimal("Infinity")}, "cost_usd"),
        ({"cost_usd": Decimal(100_001)}, "cost_usd"),
        ({"cost_usd": Decimal("0.0000001")}, "cost_usd"),
        ({"cost_usd": Decimal(50_000)}, "cost_usd"),
        ({"reason": " \n "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
    ],
)
def test_a_mistake_is_said_by_field_and_changes_nothing(
    lie: Call, admin: Member, over: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        correct(lie, admin, **over)

    assert list(refused.value.errors) == [field]
    assert not CallCorrection.objects.exists()
    assert Call.objects.get().cost_usd == Decimal(50_000)


def test_only_an_admin_corrects(lie: Call, lead: Member) -> None:
    with pytest.raises(PermissionDenied):
        correct(lie, lead)


def test_a_call_without_an_end_is_settled_and_not_corrected(paid_order: Order, admin: Member) -> None:
    GenerationKind().on_events(paid_order.job, [doubt(paid_order)])

    with pytest.raises(Refusal, match="not known yet"):
        correct(Call.objects.get(), admin)


@pytest.mark.parametrize("settlement", [Settlement.PAID, Settlement.DROPPED, Settlement.RETRIED])
def test_a_call_settled_by_hand_is_corrected_by_the_invoice_and_in_doubt_no_more(
    paid_order: Order, admin: Member, lead: Member, settlement: Settlement
) -> None:
    GenerationKind().on_events(paid_order.job, [doubt(paid_order)])
    uncertain.settle(paid_order, settlement, call_ids=None, by=lead)
    call = Call.objects.get()

    correct(call, admin, cost_usd=Decimal(0))
    GenerationKind().on_events(paid_order.job, [told(paid_order, "draft")])

    assert corrections.may_correct(admin, paid_order)
    call.refresh_from_db()
    assert (call.state, call.cost_usd, call.possible_cost_usd) == ("answered", 0, 0)
    assert queries.spent_by(paid_order) == 0 and not daily_sums.differs(paid_order)


def test_another_orders_call_is_not_found(lie: Call, order: Order, admin: Member) -> None:
    with pytest.raises(Refusal) as refused:
        corrections.correct(order, lie.pk, cost_usd=Decimal(0), reason="No.", by=admin)

    assert refused.value.status == 404


@pytest.mark.parametrize("kind", ["draft", "failure"])
def test_what_an_engine_tells_again_does_not_bring_the_old_cost_back(
    paid_order: Order, admin: Member, kind: str
) -> None:
    event = told(paid_order, kind, cost_usd=50_000.0, code="truncated", message="Cut off.")
    GenerationKind().on_events(paid_order.job, [event])
    correct(Call.objects.get(), admin, cost_usd=Decimal(0))

    GenerationKind().on_events(paid_order.job, [event])

    assert Call.objects.get().cost_usd == 0
    assert earlier_calls.earlier_calls(paid_order).settled == {str(Call.objects.get().pk): 0.0}


def test_a_count_that_cannot_be_is_shown_with_what_is_booked_and_goes_once_corrected(
    paid_order: Order, admin: Member, lead: Member, as_member: SignIn
) -> None:
    lie = told(paid_order, "draft", cost_usd=0.01, claimed_cost_usd=750_000.0, cost_is_estimate=True)
    GenerationKind().on_events(paid_order.job, [lie])
    call, address = Call.objects.get(), reverse("generation:detail", args=[paid_order.pk])

    before = as_member(admin).get(address).content.decode()
    as_member(admin).post(
        reverse("generation:correct", args=[paid_order.pk]),
        {"call": str(call.pk), "cost_usd": "$0.0042", "reason": "Invoice of <March>."},
    )
    after = as_member(lead).get(address).content.decode()

    assert "1 call with an impossible token count" in before
    assert "$750,000" in before
    assert "that cannot be" not in after
    assert "Invoice of &lt;March&gt;." in after
    assert "Correct a call's cost in the ledger" not in after
    assert Call.objects.get().cost_usd == Decimal("0.0042")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"call": "nothing", "cost_usd": "1", "reason": "x"}, "no such call"),
        ({"cost_usd": "much", "reason": "x"}, "between 0 and 100,000"),
        ({"cost_usd": "1", "reason": ""}, "Give a reason"),
    ],
)
def test_the_page_says_what_is_wrong(
    lie: Call, admin: Member, as_member: SignIn, form: dict[str, str], said: str
) -> None:
    answer = as_member(admin).post(
        reverse("generation:correct", args=[lie.order_id]), {"call": str(lie.pk), **form}, follow=True
    )

    page = answer.content.decode()
    assert said in page
    assert f'value="{form["cost_usd"]}"' in page and '<details class="panel" id="correct" open>' in page
    assert not CallCorrection.objects.exists()


def test_programs_of_admins_correct(lie: Call, admin: Member, lead: Member, as_member: SignIn) -> None:
    address = reverse("api-order-call-cost", args=[lie.order_id, lie.pk])
    body = {"cost_usd": "0.0042", "reason": "Invoice."}

    refused = as_member(lead).post(address, body, content_type="application/json")
    made = as_member(admin).post(address, body, content_type="application/json")

    assert (refused.status_code, made.status_code) == (403, 200)
    assert (made.json()["was_usd"], made.json()["cost_usd"]) == ("50000.000000", "0.004200")
    assert as_member(admin).post(address, body, content_type="application/json").status_code == 422
