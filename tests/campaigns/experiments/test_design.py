"""What is registered makes sense, and the page says beforehand what the contacts at hand can show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.experiments import design
from campaigns.experiments.design import ArmContacts, ArmPreview, ExperimentRequest
from campaigns.states import Claim, Metric
from stats.experiments import sample_size

WISHES = ExperimentRequest("The variant is as good.", margin=0.01, baseline=0.059)
THREE_THOUSAND = ArmPreview((ArmContacts("A", True, 3000, 3000), ArmContacts("B", False, 3000, 3000)), 1.0, 0.0)


def test_the_plan_says_the_papers_numbers():
    wishes = replace(WISHES, claim=Claim.BETTER, metric=Metric.UNSUBSCRIBE, margin=0.008, icc=0.0)

    plan = design.plan_of(wishes, THREE_THOUSAND)

    assert sample_size.in_words(plan) == (
        "5.9 against 5.1 % needs 12,700 mails an arm (80 % power, two-sided 5 %); with 3,000 you can show 1.7 points."
    )


def test_sense_is_found_where_there_is_some():
    assert design.mistakes_in(WISHES) == {}
    assert design.mistakes_in(replace(WISHES, claim=Claim.BETTER)) == {}
    assert design.mistakes_in(replace(WISHES, metric=Metric.UNSUBSCRIBE, margin=0.2)) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"margin": 0.0}, "margin"),
        ({"margin": -0.01}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"margin": 0.059}, "margin"),
        ({"margin": 0.95, "claim": Claim.BETTER}, "margin"),
        ({"margin": 0.06, "claim": Claim.BETTER, "metric": Metric.UNSUBSCRIBE}, "margin"),
        ({"margin": 0.95, "metric": Metric.UNSUBSCRIBE}, "margin"),
        ({"baseline": 0.0}, "baseline"),
        ({"baseline": 1.0}, "baseline"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.5}, "alpha"),
        ({"power": 1.0}, "power"),
        ({"power": 0.01}, "power"),
        ({"icc": -0.1}, "icc"),
        ({"horizon_days": 0}, "horizon_days"),
        ({"horizon_days": 91}, "horizon_days"),
        ({"hypothesis": "  "}, "hypothesis"),
        ({"hypothesis": "x" * 501}, "hypothesis"),
    ],
)
def test_numbers_without_sense_are_named(change, field):
    found = design.mistakes_in(replace(WISHES, **change))

    assert list(found) == [field]
    assert found[field][0]


def test_a_margin_as_large_as_the_baseline_says_why_it_is_refused():
    (said,) = design.mistakes_in(replace(WISHES, margin=0.06))["margin"]

    assert said == "6 points below an expected 5.9 % would call an arm without any success not worse. Take less."


def test_unequal_arms_count_by_their_harmonic_mean():
    hand = ArmPreview((ArmContacts("A", True, 100, 100), ArmContacts("B", False, 300, 300)), 1.0, 0.0)

    assert hand.n_per_arm == 150


def test_without_a_control_or_with_an_empty_arm_nothing_is_promised():
    no_control = ArmPreview((ArmContacts("A", False, 10, 10), ArmContacts("B", False, 10, 10)), 1.0, 0.0)
    empty = ArmPreview((ArmContacts("A", True, 10, 10), ArmContacts("B", False, 0, 0)), 1.0, 0.0)

    assert no_control.n_per_arm is None
    assert empty.n_per_arm is None
    assert design.plan_of(WISHES, empty).detectable is None


def test_companies_are_counted_with_their_sizes():
    hand = design.preview_arms([("A", True), ("B", False)], [(0, "x"), (0, "x"), (0, "x"), (1, "y")])

    assert [(arm.contacts, arm.clusters) for arm in hand.arms] == [(3, 1), (1, 1)]
    assert (hand.cluster_size, hand.size_cv) == (2.0, 0.5)


def test_three_arms_share_the_error_rate():
    hand = ArmPreview((*THREE_THOUSAND.arms, ArmContacts("C", False, 3000, 3000)), 1.0, 0.0)

    two, three = design.plan_of(WISHES, THREE_THOUSAND), design.plan_of(WISHES, hand)

    assert three.design.alpha == 0.025
    assert (three.needed_n or 0) > (two.needed_n or 0)
