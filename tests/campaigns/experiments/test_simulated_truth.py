"""The registered truth of a simulation beside the replies that came."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from campaigns.experiments import register, results
from campaigns.models import Campaign, Event, Experiment, Reply
from members.models import Member
from tests.campaigns import experiment_rows
from tests.campaigns.experiment_rows import Row
from tests.campaigns.experiments.conftest import WISHES

pytestmark = pytest.mark.django_db
TRUTH = {
    "seed": 7,
    "best": 0.06,
    "losses": [{"reason": "Each check that marks the mail", "share": 0.25}],
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


def test_each_meaning_that_was_made_stands_beside_the_one_that_was_found(experiment: Experiment) -> None:
    lines = results.meanings(launched(experiment))

    assert [(line.label, line.made, line.found, line.count) for line in lines] == [
        ("Interested", 0.6, 0.5, 1),
        ("Not interested", 0.4, 0.0, 0),
    ]


def test_where_no_truth_was_registered_there_is_none(experiment: Experiment) -> None:
    experiment.simulated_truth = {}

    assert results.meanings(experiment) == []


@pytest.mark.slow
def test_the_page_says_that_readers_answer_to_the_text_and_only_live_ones_can_tell(
    experiment: Experiment, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    made = launched(experiment)

    page = as_member(lead).get(f"/experiments/{made.slug}/").content.decode()

    assert "does not know its writer, so its replies restate the task's checks. Only live readers can tell" in unescape(
        page
    )
    assert "on simulated readers</span>" in page
    assert "6.0 %" in page
    assert "Each check that marks the mail" in page
    assert "Not interested" in page
