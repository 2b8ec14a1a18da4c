"""Uncertain calls of a mixed order: asked again of the same mix; a judge's are only dropped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from generation.calls import uncertain
from generation.diversity.request import MixRequest, TeacherRequest
from generation.models import Order, Teacher
from generation.orders import launch
from generation.states import Purpose
from members.models import Member
from review.models import Source, Task
from tests.generation.conftest import uncertain_call
from tests.generation.variety.golds import approve
from tests.training.conftest import freeze
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(task: Task, source: Source, lead: Member, serve: Any) -> Order:
    ann, _ = serve("ann", lambda body: "")
    bob, _ = serve("bob", lambda body: "")
    mix = MixRequest((TeacherRequest(ann, 3, (0.5,)), TeacherRequest(bob)), near_duplicates="keep_out")
    return launch.launch(launch.OrderRequest(task, teacher=ann, count=4, by=lead, max_cost_usd=Decimal(1), mix=mix))


def test_they_are_asked_again_of_the_same_mix(mixed: Order, lead: Member) -> None:
    uncertain_call(mixed)

    again = uncertain.ask_again(mixed, call_ids=None, by=lead)

    assert again.variety["slugs"] == ["ann", "bob"]
    assert again.variety["teachers"] == mixed.variety["teachers"]
    assert again.variety["near_duplicates"] == "keep_out"


@pytest.mark.parametrize("purpose", [Purpose.JUDGING, Purpose.TEACHING, Purpose.RUBRIC])
def test_a_judges_is_not_asked_again(mixed: Order, lead: Member, purpose: Purpose) -> None:
    uncertain_call(mixed)
    mixed.purpose = purpose

    with pytest.raises(Refusal) as refused:
        uncertain.ask_again(mixed, call_ids=None, by=lead)

    assert (refused.value.code, refused.value.status) == ("not_asked_again", 409)
    assert mixed.calls.get().settlement == ""


@pytest.mark.parametrize("best_of", ["checks", "judge"])
def test_a_call_whose_record_has_its_best_chosen_without_it_is_not_asked_again(
    mixed: Order, lead: Member, best_of: str
) -> None:
    uncertain_call(mixed)
    mixed.variety["best_of"] = best_of

    with pytest.raises(Refusal) as refused:
        uncertain.ask_again(mixed, call_ids=None, by=lead)

    assert (refused.value.code, refused.value.status) == ("not_asked_again", 409)
    assert mixed.calls.get().settlement == ""


def test_they_are_shown_the_examples_of_the_set_that_the_order_named(
    task: Task, lead: Member, offline: Teacher
) -> None:
    version = freeze(task, lead, train=6, validation=2)
    mix = MixRequest(examples=2, gold_set=version)
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead, mix=mix))
    uncertain_call(order)
    approve(task, lead, count=6)

    again = uncertain.ask_again(order, call_ids=None, by=lead)

    assert (again.variety["gold_set"], again.variety["examples"]) == (
        f"{version.dataset.slug}@{version.number}",
        order.variety["examples"],
    )
