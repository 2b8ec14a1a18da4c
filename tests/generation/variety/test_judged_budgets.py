"""The judge's part of an order's budget holds one of its calls, or the order is refused before a draft is paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from generation.diversity.request import MixRequest
from generation.models import BestOf, Order, Teacher
from generation.money.estimate import CENT_OF_A_CENT
from generation.money.figures import rounded_up
from generation.orders import launch
from members.models import Member
from review.models import Source, Task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MAIL = "Subject: Hello\n\nWe read that you opened a depot. Shall we talk on Monday?"


def judged_order(task: Task, lead: Member, writer: Teacher, judge: Teacher) -> launch.OrderRequest:
    mix = MixRequest(best_of="judge", judge=judge)
    return launch.OrderRequest(task, teacher=writer, count=6, per_record=2, by=lead, mix=mix)


@pytest.mark.parametrize("usd", [0.01, 100])
def test_a_budget_holds_one_call_of_the_judge_or_is_refused_before_any_draft(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None], usd: float
) -> None:
    writer, at_writer = serve("quill", lambda body: MAIL)
    judge, at_judge = serve("judge", lambda body: "A", usd=usd)
    request = judged_order(task, lead, writer, judge)
    quoted = launch.quote(request)
    least = quoted.least_budget_usd
    assert quoted.drafts is not None

    with pytest.raises(Refusal) as refused:
        launch.launch(replace(request, max_cost_usd=least - Decimal("0.000001")))
    calls = f"one call and one of the judge, which may cost up to ${rounded_up(least, CENT_OF_A_CENT)}."
    assert refused.value.code == "budget_too_small" and calls in refused.value.message
    assert not Order.objects.exists()

    order = launch.launch(replace(request, max_cost_usd=least + 5 * quoted.drafts.worst_usd))
    carry_out(order)
    carry_out(order.followers.get())

    assert at_writer.asked and at_judge.asked
    assert "judge" in {best.by for best in BestOf.objects.all()}


def test_drafts_that_cost_nothing_leave_the_judge_the_whole_budget(
    task: Task, source: Source, lead: Member, offline: Teacher, serve: Any
) -> None:
    judge, _ = serve("judge", lambda body: "A")
    request = judged_order(task, lead, offline, judge)

    with pytest.raises(Refusal) as refused:
        launch.launch(request)
    order = launch.launch_as_priced(request)

    assert refused.value.code == "budget_missing"
    assert order.max_cost_usd == 0
    assert order.variety["judge_budget_usd"] == float(launch.quote(request).suggested_budget_usd) > 0
