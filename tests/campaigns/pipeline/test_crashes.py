from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import Campaign, Message, WriteOrder
from campaigns.sending import send, tick
from campaigns.writing import approval, order_drafts
from jobs.models import Job
from members.models import Member
from review.models import Draft, Task
from tests.at_once import at_once
from tests.campaigns.pipeline.conftest import (
    answer_orders,
    judge,
    sent_before,
    states,
    two_steps,
)

db = pytest.mark.django_db


class Crash(Exception):
    """Stands for a worker killed at this very place."""


# Each entry: where a tick dies, by the function whose work is done and then lost.
PLACES = [
    (order_drafts, "_move"), (order_drafts, "_assign_draft"), (approval, "_mark"), (approval, "_move"),
    (approval, "_approve"), (tick, "_plan"), (tick, "_send"),
]  # fmt: skip


@pytest.mark.slow(after_first=True)
@db
@pytest.mark.parametrize(("module", "name"), PLACES, ids=lambda value: getattr(value, "__name__", value))
def test_a_tick_that_dies_anywhere_is_healed_by_the_next(
    task: Task, people: None, lead: Member, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    campaign = two_steps(task, lead)
    real, died = getattr(module, name), []

    def dies(*args: Any, **more: Any) -> Any:
        real(*args, **more)
        died.append(name)
        if len(died) <= 2:
            raise Crash

        return real(*args, **more)

    for _ in range(8):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, dies)
            tick.advance_all()
        tick.advance_all()
        answer_orders()
        for draft in Draft.objects.filter(state="pending"):
            judge(draft, lead, "accept")
        sent_before(campaign, hours_ago=2) if _approved(campaign, 1) == 6 else None

    assert died
    assert states(campaign) == {"sent": 6, "approved": 6}
    assert Message.objects.filter(step__number=2).count() == 6
    assert Draft.objects.count() == 6
    assert WriteOrder.objects.count() == 1


def _approved(campaign: Campaign, step: int) -> int:
    return Message.objects.filter(campaign=campaign, step__number=step, state="approved").count()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_come_to_the_same_end(task: Task, people: None, lead: Member) -> None:
    campaign = two_steps(task, lead)

    def ticks() -> None:
        for _ in range(3):
            tick.advance_all()

    for _ in range(2):
        at_once(*[ticks] * 4)
        answer_orders()
    tick.advance_all()
    for draft in Draft.objects.filter(state="pending"):
        judge(draft, lead, "accept")
    tick.advance_all()

    assert states(campaign) == {"approved": 6}
    assert WriteOrder.objects.count() == 1
    assert Job.objects.filter(kind=send.KIND).count() == 1
