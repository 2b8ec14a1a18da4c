"""Plans: needed units and what those at hand can show."""

import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from stats.experiments import sample_size
from stats.experiments.sample_size import PlanningTerms


def test_the_sentence_of_a_usual_plan() -> None:
    plan = sample_size.plan(0.059, effect=-0.008, n_per_arm=3000)

    assert sample_size.in_words(plan) == (
        "5.9 against 5.1 % needs 12,700 mails an arm (80 % power, two-sided 5 %); with 3,000 you can show 1.7 points."
    )
    assert plan.needed_n == 12_745
    assert plan.is_enough is False


def test_the_needed_units_give_the_power_asked_for() -> None:
    plan = sample_size.plan(0.059, effect=-0.008)

    power = power_proportions_2indep(-0.008, 0.059, plan.needed_n).power

    assert power == pytest.approx(0.8, abs=0.002)


def test_what_can_be_shown_and_what_is_needed_are_inverse() -> None:
    shown = sample_size.plan(0.4, n_per_arm=500).detectable

    needed = sample_size.plan(0.4, margin=shown).needed_n

    assert needed in (500, 501)


def test_a_plan_knows_its_power_with_the_units_at_hand() -> None:
    enough = sample_size.plan(0.059, effect=-0.008, n_per_arm=12_745)

    assert enough.power == pytest.approx(0.8, abs=0.001)
    assert enough.is_enough is True


def test_a_margin_is_planned_with_both_arms_at_the_baseline() -> None:
    plan = sample_size.plan(0.059, margin=0.01)

    # 2 * .059 * .941 * (1.959964 + 0.841621)^2 / .01^2
    assert plan.needed_n == 8716
    assert sample_size.in_words(plan) == (
        "Not worse than 5.9 % by more than 1 point needs 8,720 mails an arm (80 % power, one-sided 2.5 %)."
    )


def test_mails_of_one_company_count_for_less() -> None:
    alone = sample_size.plan(0.059, effect=-0.01)
    together = sample_size.plan(0.059, effect=-0.01, design=PlanningTerms(cluster_size=5, icc=0.1))
    uneven = sample_size.plan(0.059, effect=-0.01, design=PlanningTerms(cluster_size=5, icc=0.1, size_cv=1.0))

    assert together.needed_n == pytest.approx(1.4 * (alone.needed_n or 0), abs=2)
    assert uneven.needed_n == pytest.approx(1.9 * (alone.needed_n or 0), abs=2)
    assert "design effect 1.4" in sample_size.in_words(together)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"effect": -0.0005}, "0.30 against 0.25 %"),
        ({"effect": -0.0002}, "0.30 against 0.28 %"),
        ({"effect": -0.0015}, "0.30 against 0.15 %"),
        ({"effect": -0.001}, "0.3 against 0.2 %"),
        ({"margin": 0.0005, "n_per_arm": 400_000}, "you can show 0.03 points"),
    ],
)
def test_rare_rates_are_written_with_the_digits_that_tell_them_apart(wishes: dict[str, float], words: str) -> None:
    assert words in sample_size.in_words(sample_size.plan(0.003, **wishes))


def test_a_plan_without_an_effect_says_what_the_units_at_hand_can_show() -> None:
    assert sample_size.in_words(sample_size.plan(0.059, n_per_arm=300)) == (
        "With 300 mails an arm you can show 5.4 points (80 % power, two-sided 5 %)."
    )
    assert sample_size.in_words(sample_size.plan(0.059)) == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"baseline": 0.0}, "expected share"), ({"baseline": 5.9}, "expected share"),
        ({"baseline": 0.05, "effect": 0.0}, "other than 0"), ({"baseline": 0.05, "effect": -0.06}, "leave 0 to 1"),
        ({"baseline": 0.05, "margin": 0.0}, "margin must be above 0"),
        ({"baseline": 0.05, "margin": -0.01}, "margin must be above 0"),
        ({"baseline": 0.05, "margin": 1.5}, "difference of shares"),
        ({"baseline": 0.05, "margin": 0.01, "effect": 0.01}, "not for both"),
        ({"baseline": 0.05, "n_per_arm": 1}, "at least two units"),
    ],
)  # fmt: skip
def test_a_plan_without_sense_is_refused(arguments: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sample_size.plan(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"power": 0.04},
        {"power": 1.0},
        {"alpha": 0.0},
        {"icc": -0.1},
        {"icc": 1.2},
        {"cluster_size": 0.5},
        {"size_cv": -1},
    ],
)
def test_a_design_without_sense_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        PlanningTerms(**arguments)
