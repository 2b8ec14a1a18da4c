"""The truth of a simulation stands beside what its experiment found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaigns.experiments import register, results, simulated_truth
from campaigns.models import Campaign, Event, Experiment, Reply
from members.models import Member
from tests.campaigns import experiment_rows
from tests.campaigns.experiment_rows import Row
from tests.campaigns.experiments.conftest import WISHES

pytestmark = pytest.mark.django_db
TRUTH = {
    "seed": 7,
    "arms": ["Teacher", "Variant"],
    "shares": [
        {"segment": "north", "replies": [0.5, 0.25], "better": "Teacher"},
        {"segment": "south", "replies": [0.25, 0.5], "better": "Variant"},
    ],
    "meanings": {"interested": 0.6, "not_interested": 0.4},
    "note": "Made up.",
}


@pytest.fixture
def experiment(campaign: Campaign, lead: Member) -> Experiment:
    Campaign.objects.filter(pk=campaign.pk).update(is_simulated=True)
    return register.register(Campaign.objects.get(pk=campaign.pk), WISHES, by=lead, simulated_truth=TRUTH)


def launched(experiment: Experiment) -> Experiment:
    """Four people a segment and arm; of the teacher's in the north every second replies."""
    rows = [
        Row(arm, f"{segment}{arm}{number}", 1.0 if (arm, segment) == (0, "north") and number % 2 else None, segment)
        for arm in (0, 1)
        for segment in ("north", "south")
        for number in range(4)
    ]
    made = experiment_rows.launched(experiment, rows)
    for number, event in enumerate(Event.objects.all()):
        Reply.objects.create(event=event, message=event.message, meaning="interested" if number else "question")
    return made


def test_each_share_that_was_made_stands_beside_the_one_that_was_found(experiment: Experiment) -> None:
    made = launched(experiment)

    truth = simulated_truth.beside_found(made, results.result(made))

    north = truth.segments[0]
    assert (north.segment, north.better) == ("north", "Teacher")
    assert [share.made for share in north.shares] == [0.5, 0.25]
    assert [share.found for share in north.shares] == [0.5, 0.0]
    assert [(line.label, line.made, line.found, line.count) for line in truth.meanings] == [
        ("Interested", 0.6, 0.5, 1),
        ("Not interested", 0.4, 0.0, 0),
    ]


def test_before_a_launch_there_is_the_truth_alone(experiment: Experiment) -> None:
    truth = simulated_truth.beside_found(experiment, None)

    assert [share.found for line in truth.segments for share in line.shares] == [None] * 4


@pytest.mark.slow
def test_the_page_shows_both(experiment: Experiment, lead: Member, as_member: Callable[[Member], Client]) -> None:
    made = launched(experiment)

    page = as_member(lead).get(f"/experiments/{made.slug}/").content.decode()

    assert "What was simulated, and what was measured" in page
    assert "50.0" in page[page.index("north") :][:400]
    assert "Not interested" in page
