"""A concluded experiment names the arm to go on with;
its miniature is promoted and the next round started from its page.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from campaigns.experiments import next_round, register, results
from campaigns.experiments.winner import winner_of
from campaigns.models import Arm, Campaign, Contact, Experiment
from campaigns.planning import audience
from campaigns.states import CampaignState, Claim, MessageState, Metric
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.states import Role
from serving.models import Promotion
from tests.campaigns import experiment_rows, factories
from tests.campaigns.experiment_rows import Row, counts, launched
from tests.review import factories as desk
from tests.training.conftest import launch, miniature, student, version
from training.models import Miniature
from web.errors import Refusal

__all__ = ["launch", "miniature", "student", "version"]


def concluded(campaign: Campaign, by: Member, rows: list[Row], **said: Any) -> Experiment:
    wishes = register.ExperimentRequest(**{**experiment_rows.SAID, **said})
    return launched(register.register(campaign, wishes, by=by), rows)


def winner(experiment: Experiment) -> tuple[str, str] | None:
    named = winner_of(experiment, results.result(experiment))
    return None if named is None else (named.arm.name, named.sentence)


@pytest.mark.slow
def test_the_arm_whose_claim_was_shown_is_the_winner(campaign: Campaign, lead: Member) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)

    assert winner(experiment) == ("Variant", results.result(experiment)["verdicts"][0]["sentence"])
    assert "(95 %" in winner(experiment)[1]
    assert results.result(experiment)["winner"]["kind"] == "teacher"


@pytest.mark.slow
def test_where_nothing_was_shown_the_control_stays(campaign: Campaign, lead: Member) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (11, 200)), claim=Claim.BETTER)

    assert winner(experiment) == ("Teacher", "No other arm is confirmed, so the control stays.")


@pytest.mark.parametrize("is_simulated", [False, True])
def test_of_opt_outs_fewer_is_better(task: Task, people: None, lead: Member, is_simulated: bool) -> None:
    campaign = experiment_rows.two_arms(task, by=lead, names=("Teacher", "Few", "Fewest"))
    experiment = concluded(campaign, lead, [], claim=Claim.BETTER, metric=Metric.UNSUBSCRIBE)
    answer: dict[str, Any] = {
        "stage": "complete", "ended_early": False, "sample_ratio": None,
        "verdicts": [{"arm": name, "outcome": "shown", "sentence": f"{name} is better."} for name in ("Few", "Fewest")],
        "analysis": {"comparisons": [
            {"arm": "Few", "effect": {"estimate": -0.01}}, {"arm": "Fewest", "effect": {"estimate": -0.03}},
        ]},
    }  # fmt: skip

    experiment.campaign.is_simulated = is_simulated

    best = winner_of(experiment, answer)

    assert best is not None
    assert best.arm.name == "Fewest"
    # A ranking of simulated readers would say nothing of people.
    assert best.remark == ("" if is_simulated else "It did best of the 2 confirmed arms.")


@pytest.mark.slow
def test_before_the_end_there_is_no_winner_and_no_next_round(campaign: Campaign, lead: Member) -> None:
    rows = [*counts((10, 200), (60, 200)), Row(0, "late", sent_after=100_000.0)]
    experiment = concluded(campaign, lead, rows, claim=Claim.BETTER)

    assert winner(experiment) is None
    with pytest.raises(Refusal) as refused:
        next_round.start_next_round(experiment, by=lead)
    assert refused.value.code == "not_concluded"
    assert Campaign.objects.count() == 1


@pytest.mark.slow
def test_arms_without_their_planned_shares_have_no_winner(campaign: Campaign, lead: Member) -> None:
    experiment = concluded(campaign, lead, counts((20, 400), (40, 130)), claim=Claim.BETTER)

    assert winner(experiment) is None


def test_the_next_round_begins_with_the_winner_and_leaves_out_who_was_mailed(
    campaign: Campaign, lead: Member, task: Task
) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)
    # Its address is made of its slug, whatever its name became.
    Campaign.objects.update(name="Harvest")

    reader, unsent = Contact.objects.filter(record__isnull=False).order_by("pk")[:2]
    factories.make_mail(campaign, reader, state=MessageState.SENT)
    factories.make_mail(campaign, unsent, state=MessageState.STOPPED)

    made = next_round.start_next_round(experiment, by=lead)

    (arm,) = made.arms.all()
    assert (arm.name, arm.is_control, arm.teacher) == ("Variant", True, Teacher.objects.get(slug="offline-variant"))
    assert (made.state, made.follows, made.sender) == (CampaignState.PLANNED, campaign, campaign.sender)
    assert made.name == "Harvest, round 2"
    assert made.slug == f"{campaign.slug}-round-2"
    chosen = set(audience.contacts_matching(made).values_list("pk", flat=True))
    assert len(chosen) == 19
    assert reader.pk not in chosen
    assert unsent.pk in chosen


@pytest.mark.slow
def test_asking_twice_makes_one_draft_and_the_round_after_it_is_the_third(campaign: Campaign, lead: Member) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)

    made = next_round.start_next_round(experiment, by=lead)
    again = next_round.start_next_round(experiment, by=lead)
    Campaign.objects.filter(pk=made.pk).update(state=CampaignState.ENDED)
    named = next_round.concluded_winner(experiment)
    plan = next_round.plan_after(Campaign.objects.get(pk=made.pk), named, name="x")

    assert made.pk == again.pk
    assert plan.audience["except_mailed_by"] == [campaign.slug, made.slug]
    assert next_round._next_name(made.name) == f"{campaign.name}, round 3"


@pytest.mark.slow
def test_the_next_experiment_expects_of_its_control_what_the_winner_reached(campaign: Campaign, lead: Member) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)

    asked = next_round.request_after(next_round.start_next_round(experiment, by=lead))

    assert asked is not None
    assert (asked.claim, asked.horizon_days) == (Claim.BETTER, experiment.horizon_days)
    assert asked.baseline == 0.3
    assert next_round.request_after(campaign) is None


@pytest.mark.slow
def test_a_reviewer_starts_no_round(campaign: Campaign, lead: Member, make_member: Any, task: Task) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)
    reviewer = make_member("rae")
    desk.join(reviewer, task, Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        next_round.start_next_round(experiment, by=reviewer)


@pytest.mark.slow
def test_the_page_starts_the_round_and_its_form_keeps_who_is_left_out(
    campaign: Campaign, lead: Member, as_member: Any
) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)
    page = as_member(lead)

    before = page.get(reverse("campaigns:experiment", args=[experiment.slug])).content.decode()
    answer = page.post(reverse("campaigns:experiment-next-round", args=[experiment.slug]))

    made = Campaign.objects.get(follows=campaign)
    assert "Start the next round" in before and "Its control is Variant" in before
    assert "A teacher is not promoted" in before
    assert answer.headers["Location"] == reverse("campaigns:edit", args=[made.slug])
    form = page.get(answer.headers["Location"]).content.decode()
    assert f'value="{campaign.slug}"' in form
    plan = page.get(reverse("campaigns:experiment-plan", args=[made.slug])).content.decode()
    assert 'value="30.0"' in plan or 'value="30"' in plan
    after = page.get(reverse("campaigns:experiment", args=[experiment.slug])).content.decode()
    assert "Open the next round" in after


@pytest.mark.slow
def test_the_api_starts_the_round(campaign: Campaign, lead: Member, as_member: Any) -> None:
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)

    answer = as_member(lead).post(f"/api/v1/experiments/{experiment.slug}/next-round/")

    assert (answer.status_code, answer.json()["slug"]) == (201, f"{campaign.slug}-round-2")


@pytest.mark.slow
def test_a_winning_miniature_is_promoted_from_the_page(
    campaign: Campaign, lead: Member, as_member: Any, miniature: Miniature
) -> None:
    desk.join(lead, miniature.task, Role.LEAD)
    Arm.objects.filter(campaign=campaign, is_control=False).update(miniature=miniature)
    experiment = concluded(campaign, lead, counts((10, 200), (60, 200)), claim=Claim.BETTER)
    page = as_member(lead)
    url = reverse("campaigns:experiment", args=[experiment.slug])

    assert "Promote the winner" in page.get(url).content.decode()
    answer = page.post(reverse("serving:promote", args=[miniature.pk]), {"next": url})

    assert answer.headers["Location"] == url
    assert Promotion.objects.get().miniature == miniature


def test_campaigns_of_another_task_are_none_to_leave_out(task: Task, lead: Member, admin: Member) -> None:
    elsewhere = factories.make_plain_campaign(desk.make_task(by=admin, slug="elsewhere"), slug="theirs")

    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, audience={"except_mailed_by": [elsewhere.slug]})

    assert refused.value.code == "campaign_unknown"
