"""The page of a judge's own order: it wrote no drafts, and none of it can be judged or recalled."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from generation.judges import launch
from generation.models import Call, Judging
from generation.states import CallState
from members.models import Member

pytestmark = pytest.mark.django_db


def test_an_order_without_drafts_gives_a_judge_nothing_to_read(
    judging: Judging, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    Call.objects.create(id=uuid4(), order=judging.order, state=CallState.ANSWERED, position=1)
    page = as_member(lead).get(f"/generation/{judging.order_id}/").content.decode()

    assert launch.of_order(judging.order).texts(10) == []
    assert "Have a judge read them" not in page and "Recall them" not in page
    assert "40 texts judged by Mistral-large" in page and "verdicts of 40" in page
    assert f"/judgings/{judging.pk}/" in page


@pytest.mark.slow
def test_calls_of_unknown_fate_are_told_as_texts_that_nobody_asks_again(
    judging: Judging, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    Call.objects.create(id=uuid4(), order=judging.order, state=CallState.UNCERTAIN, position=4)
    page = as_member(lead).get(f"/generation/{judging.order_id}/").content.decode()

    assert "1 uncertain call" in page and "Number 5" in page
    assert "have a judge read them again" in page and "pay for a draft twice" not in page and "Ask again" not in page
    assert "A few records" not in page
