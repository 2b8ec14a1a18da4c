"""Settings of a desk, and the orders they put its queue in."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from members.models import Member
from review.adjudication.desk_settings import save_settings
from review.desk import deck as desk_deck
from review.desk import ordering
from review.models import DeskSettings, Draft, Task
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db

VALUES = {"order": "oldest", "random_share": 0.15, "overlap_share": 0.2, "overlap_reviewers": 2, "known_every": 50}


def by_place(task: Task) -> list:
    return list(Draft.objects.filter(task=task, state="pending").order_by("queue_position", "id"))


def test_a_lead_sets_how_the_desk_deals(task: Task, lead: Member) -> None:
    save_settings.save(task, by=lead, **VALUES)

    held = DeskSettings.objects.get(task=task)
    assert (held.overlap_share, held.known_every, held.updated_by) == (0.2, 50, lead)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", "loudest"),
        ("random_share", 0.0),
        ("random_share", 0.5),
        ("overlap_share", 1.5),
        ("overlap_reviewers", 1),
        ("known_every", 2),
        ("random_share", float("nan")),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_nothing_changes(task: Task, lead: Member, name: str, value) -> None:
    with pytest.raises(Refusal) as refused:
        save_settings.save(task, by=lead, **{**VALUES, name: value})

    assert list(refused.value.errors) == [name]
    assert not DeskSettings.objects.exists()


def test_reviewers_set_nothing(task: Task, expert: Member) -> None:
    with pytest.raises(PermissionDenied):
        save_settings.save(task, by=expert, **VALUES)


def test_the_least_certain_come_first_by_what_checks_marked_before(task: Task, expert: Member, deals) -> None:
    for card in desk_deck.deal(expert, task, count=4):
        judge(card, by=expert)
    deals(order="uncertain")
    doubtful = by_place(task)[-1]
    Draft.objects.filter(pk=doubtful.pk).update(marks=[{"check": "spam_words"}], marks_count=1)
    judged = Draft.objects.filter(state="decided")
    Draft.objects.filter(pk=judged[0].pk).update(marks=[{"check": "spam_words"}], marks_count=1)
    # Four accepts, one of them with this mark: the rate of the mark is nearer a half than that of clean drafts.
    ordering.order_desk(task.pk)

    assert by_place(task)[0].pk == doubtful.pk


def test_the_most_different_come_first(task: Task, deals) -> None:
    strange = factories.make_drafts(
        task, factories.make_records(factories.make_source(task, name="More"), 1),
        fields=[{"subject": "Solar roofs", "body": "Inverters and panels on warehouse roofs pay for themselves."}],
    )[0]  # fmt: skip
    deals(order="diverse")

    ordering.order_desk(task.pk)

    assert strange.pk in [draft.pk for draft in by_place(task)[:2]]


def test_oldest_first_undoes_another_order(task: Task, deals) -> None:
    before = by_place(task)
    deals(order="diverse")
    ordering.order_desk(task.pk)
    deals(order="oldest")

    ordering.order_desk(task.pk)

    assert by_place(task) == before


def test_what_is_held_judged_or_set_aside_keeps_its_place(task: Task, expert: Member, deals) -> None:
    deck = desk_deck.deal(expert, task, count=2)
    desk_deck.set_aside(deck[0].draft_id, by=expert)
    before = dict(Draft.objects.filter(pk__in=[card.draft_id for card in deck]).values_list("pk", "queue_position"))
    deals(order="diverse")

    ordering.order_desk(task.pk)

    after = dict(Draft.objects.filter(pk__in=before).values_list("pk", "queue_position"))
    assert after == before


def test_the_clock_orders_desks_to_which_drafts_came_and_leaves_others_alone(task: Task, deals) -> None:
    deals(order="diverse")

    first, second = ordering.order_desks(), ordering.order_desks()
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 1))
    third = ordering.order_desks()

    assert (first, second, third) == (1, 0, 1)


def test_a_desk_that_shows_the_oldest_first_is_never_rewritten(task: Task, deals) -> None:
    deals(order="oldest")

    assert ordering.order_desks() == 0
