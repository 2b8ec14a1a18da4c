"""The pipeline that won a concluded experiment becomes what its task's next campaign begins with."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from campaigns.experiments import next_round, register, results
from campaigns.models import Arm, Campaign, Experiment, PipelinePromotion, PipelineVersion
from campaigns.pipelines import compose, promotion
from campaigns.states import Claim
from members.models import Member
from review.models import Task
from tests.campaigns import experiment_rows
from tests.campaigns.experiment_rows import Row, counts, launched
from tests.campaigns.stage_rows import write_stage
from web.errors import Refusal

BETTER = counts((10, 200), (60, 200))


@pytest.fixture
def version(task: Task, lead: Member) -> PipelineVersion:
    return compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)


@pytest.fixture
def piped(campaign: Campaign, version: PipelineVersion) -> Campaign:
    """The campaign, the mails of whose variant the pipeline wrote."""
    Arm.objects.filter(campaign=campaign, is_control=False).update(pipeline=version)
    return campaign


def concluded(campaign: Campaign, by: Member, rows: list[Row]) -> Experiment:
    wishes = register.ExperimentRequest(**{**experiment_rows.SAID, "claim": Claim.BETTER})
    return launched(register.register(campaign, wishes, by=by), rows)


@pytest.mark.slow
def test_the_winner_is_promoted_with_the_experiment_it_won(
    piped: Campaign, version: PipelineVersion, lead: Member, task: Task
) -> None:
    experiment = concluded(piped, lead, BETTER)

    row = next_round.promote_winner(experiment, by=lead)

    assert (row.version, row.experiment, row.by, row.task) == (version, experiment, lead, task)
    assert promotion.default_of(task) == version
    winner = results.result(experiment)["winner"]
    assert (winner["kind"], winner["pipeline"], winner["pipeline_version"]) == ("pipeline", "spring", 1)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([*BETTER, Row(0, "late", sent_after=100_000.0)], "not_concluded"),
        (counts((10, 200), (11, 200)), "no_pipeline_won"),
    ],
)
def test_before_the_end_and_where_no_pipeline_won_nothing_is_promoted(
    piped: Campaign, lead: Member, rows: list[Row], code: str
) -> None:
    experiment = concluded(piped, lead, rows)

    with pytest.raises(Refusal) as refused:
        next_round.promote_winner(experiment, by=lead)

    assert refused.value.code == code
    assert not PipelinePromotion.objects.exists()


@pytest.mark.slow
def test_the_page_promotes_the_winner_and_says_so(piped: Campaign, lead: Member, as_member: Any, task: Task) -> None:
    experiment = concluded(piped, lead, BETTER)
    page, url = as_member(lead), reverse("campaigns:experiment", args=[experiment.slug])

    before = page.get(url).content.decode()
    after = page.post(reverse("campaigns:experiment-promote", args=[experiment.slug]), follow=True).content.decode()

    assert "Promote the winner" in before
    assert "The next campaign of this task begins with Spring v1." in after
    assert "Promote the winner" not in after
    assert promotion.default_of(task) is not None


@pytest.mark.slow
def test_the_api_promotes_the_winner(piped: Campaign, lead: Member, as_member: Any) -> None:
    experiment = concluded(piped, lead, BETTER)

    answer = as_member(lead).post(f"/api/v1/experiments/{experiment.slug}/promote/")

    assert answer.status_code == 201
    told = {name: answer.json()[name] for name in ("act", "pipeline", "version", "experiment")}
    assert told == {"act": "promote", "pipeline": "spring", "version": 1, "experiment": experiment.slug}
