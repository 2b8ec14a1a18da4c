"""What a share-out would do: an even split, each one's pace beside it, and requests that do not fit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from members.models import Member
from review.adjudication.share_outs import plan, share
from review.desk import deck
from review.models import Draft, SharePart, Task
from review.states import Role
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("count", "among", "parts"), [(500, 3, [167, 167, 166]), (2, 3, [1, 1, 0]), (0, 2, [0, 0]), (9, 1, [9])]
)
def test_a_split_is_even_to_one_card(count: int, among: int, parts: list[int]) -> None:
    assert plan.even_split(count, among) == parts


def test_requests_that_do_not_fit_name_each_mistake(
    task: Task, lead: Member, expert: Member, make_member: Any, ask: Any
) -> None:
    today = timezone.now().date()
    stranger = make_member("stella")
    factories.join(make_member("victor"), task, Role.VIEWER)

    def refused(**values: Any) -> set[str]:
        with pytest.raises(Refusal) as refusal:
            plan.read_request(task, by=lead, **values)
        return set(refusal.value.errors or {})

    assert refused(members=[], count=0, until=today - timedelta(days=1)) == {"members", "count", "until"}
    assert refused(members=["stella"], count=1, until=today) == {"members"}
    assert refused(members=["victor"], count=10_001, until=None) == {"members", "count"} | {"until"}
    assert refused(members=["nobody"], count=1, until=today) == {"member"}
    with pytest.raises(PermissionDenied):
        plan.read_request(task, by=stranger, members=[expert.username], count=1, until=today)
    with pytest.raises(PermissionDenied):
        share.share_out(task, ask(expert), by=expert, id=uuid4())


def test_a_preview_sets_each_ones_pace_beside_the_split_and_writes_nothing(
    task: Task, expert: Member, other: Member, ask: Any
) -> None:
    for card in deck.deal(other, task, count=2):
        judge(card, by=other)

    shown = plan.preview(task, ask(expert, other, count=5, days=0))

    assert (shown.found, shown.days) == (5, 1)
    assert [(part.member, part.cards, part.has, part.needed_a_day) for part in shown.parts] == [
        (expert, 3, 0, 3.0), (other, 2, 0, 2.0),
    ]  # fmt: skip
    assert [(part.pace.decisions, part.is_beyond_pace) for part in shown.parts] == [(0, False), (2, True)]
    assert not SharePart.objects.exists() and not Draft.objects.filter(for_reviewer__isnull=False).exists()
