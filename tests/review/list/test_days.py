"""Days of filters are those of the member's time zone, wherever drafts and decisions are narrowed by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from members.models import Member
from review.datasets import dataset_filters, freezing, gold_conditions
from review.datasets.recalls.preview import Criteria, matching
from review.db import immutability
from review.desk import deck
from review.drafts import draft_filters
from review.models import Decision, Draft, Task
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]
# The day on which Vienna's clocks went forward, from its first moment on: 23:00 UTC of the day before.
MOMENTS = ("2026-03-28T22:59:59", "2026-03-28T23:00:00", "2026-03-29T21:59:59", "2026-03-29T22:00:00")
VIENNA, NO_ZONE = {1, 2}, {2, 3}
DAY = "2026-03-29"


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_desk(by=admin, count=4)
    for draft, moment in zip(task.drafts.order_by("queue_position"), MOMENTS, strict=True):
        Draft.objects.filter(pk=draft.pk).update(created_at=datetime.fromisoformat(moment).replace(tzinfo=UTC))
    return task


def places(task: Task, **chosen: str) -> set[int]:
    drafts = list(task.drafts.order_by("queue_position").values_list("pk", flat=True))
    wanted = draft_filters.parse({"since": DAY, "until": DAY, **chosen})
    rows = draft_filters.apply_filter(Draft.objects.filter(task=task), wanted, member=task.created_by, task=task)
    return {drafts.index(pk) for pk in rows.values_list("pk", flat=True)}


def test_drafts_of_a_day_are_those_of_the_zones_day(task: Task) -> None:
    assert places(task, zone="Europe/Vienna") == VIENNA
    assert places(task) == NO_ZONE
    assert places(task, zone="Middle/Earth") == set()
    assert "such as Europe/Vienna" in draft_filters.mistakes({"zone": "Middle/Earth"})["zone"][0]


def test_the_list_takes_the_browsers_zone_says_so_and_hands_it_on(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    client.cookies["zone"] = "Europe%2FVienna"
    list_url = reverse("review:desk-list", args=[task.slug])

    plain = client.get(list_url).content.decode()
    narrowed = client.get(list_url, {"since": DAY, "until": DAY}).content.decode()
    other = client.get(list_url, {"since": DAY, "zone": "Asia/Tokyo"}).content.decode()

    assert "Days in Europe/Vienna" in plain and "Days in Europe/Vienna" in narrowed
    assert f"since={DAY}&amp;until={DAY}&amp;zone=Europe%2FVienna" in narrowed
    assert "Days in Asia/Tokyo" in other
    assert "Days in UTC" in as_member(admin).get(list_url).content.decode()


@pytest.fixture
def decisions(task: Task, admin: Member) -> list[Decision]:
    cards = [deck.hold(admin, draft.pk) for draft in task.drafts.order_by("queue_position")]
    given = [judge(card, by=admin).decision for card in cards]
    with immutability.disabled():
        for decision, moment in zip(given, MOMENTS, strict=True):
            at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            Decision.objects.filter(pk=decision.pk).update(created_at=at)
    return given


@pytest.mark.parametrize(
    ("zone", "places"),
    [({"zone": "Europe/Vienna"}, VIENNA), ({}, NO_ZONE), ({"zone": "Asia/Tokyo"}, {0, 1})],
)
def test_a_dataset_keeps_the_zone_of_its_days(
    decisions: list[Decision], zone: dict[str, Any], places: set[int]
) -> None:
    filters = dataset_filters.parse({"decided_from": DAY, "decided_to": DAY, **zone})

    condition = next(each for each in gold_conditions.filter_conditions(filters) if each.name == "date")

    assert settings.TIME_ZONE == "UTC"
    chosen = Decision.objects.filter(condition.condition)
    assert {decisions.index(decision) for decision in chosen} == places


def test_the_form_of_a_dataset_sends_the_browsers_zone_along(task: Task, admin: Member, as_member: SignIn) -> None:
    judge(deck.hold(admin, task.drafts.all()[0].pk), by=admin)
    freezing.create(task, name="Gold", by=admin)
    freezing.create(task, name="Old", by=admin, filters={"decided_from": "2020-01-01"})
    client = as_member(admin)
    client.cookies["zone"] = "Europe%2FVienna"

    new, old = (client.get(f"/datasets/{slug}/").content.decode() for slug in ("gold", "old"))
    form = {"verdicts": ["accept"], "decided_from": "2020-01-01", "zone": "Europe/Vienna"}
    answer = client.post("/datasets/gold/freeze/", form)

    assert 'name="zone" value="Europe/Vienna"' in new and "Days in Europe/Vienna" in new
    # What was chosen before there were zones keeps its meaning.
    assert "Days in UTC" in old
    assert answer.status_code == 302
    assert task.datasets.get(slug="gold").versions.get().filters["zone"] == "Europe/Vienna"


def test_a_recall_means_days_of_its_zone(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    client.cookies["zone"] = "Europe%2FVienna"
    days = {"since": date.fromisoformat(DAY), "until": date.fromisoformat(DAY)}

    def met(**zone: str) -> int:
        return matching(task, Criteria.read({**days, **zone}), by=admin).count()

    drafts = list(matching(task, Criteria.read({**days, "zone": "Europe/Vienna"}), by=admin))
    page = client.get(reverse("review:recalls", args=[task.slug])).content.decode()
    shown = client.get(reverse("review:recalls", args=[task.slug]), {"since": DAY, "zone": "Asia/Tokyo"})

    assert [draft.created_at.isoformat()[:19] for draft in sorted(drafts, key=lambda each: each.created_at)] == [
        MOMENTS[1],
        MOMENTS[2],
    ]
    assert met() == 2 and Criteria.read({"teacher": "x", "zone": "Asia/Tokyo"}).as_json() == {"teacher": "x"}
    assert "Days in Europe/Vienna." in page and "Days in Asia/Tokyo." in shown.content.decode()
    with pytest.raises(Refusal, match="not a time zone"):
        met(zone="Middle/Earth")
