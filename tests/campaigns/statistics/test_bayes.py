"""The Bayesian reading of the relative uplift."""

import pytest

from stats.experiments import bayes
from stats.intervals.samples import ShareSample


def test_the_risks_differ_by_the_mean_and_a_strong_prior_wins() -> None:
    control, treatment = ShareSample(49, 100), ShareSample(51, 100)

    flat = bayes.relative_uplift(control, treatment)
    stubborn = bayes.relative_uplift(control, treatment, prior=bayes.NormalPrior(mean=-0.5, variance=1e-8))

    assert flat.risk_of_control - flat.risk_of_treatment == pytest.approx(flat.mean)
    assert stubborn.mean == pytest.approx(-0.5, abs=1e-4)
    assert stubborn.chance_to_win < 1e-6


def test_what_has_no_answer_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no variation"):
        bayes.relative_uplift(ShareSample(50, 50), ShareSample(50, 50))
    with pytest.raises(ValueError, match="variance above 0"):
        bayes.NormalPrior(mean=0.0, variance=0.0)
