"""Adjusted p-values beyond the published ones."""

import random

import pytest
from statsmodels.stats.multitest import multipletests

from stats.intervals import multiplicity


def test_holm_of_three_p_values_and_one_p_value_stays() -> None:
    p_values = [0.01, 0.04, 0.03]

    assert multiplicity.holm(p_values) == pytest.approx([0.03, 0.06, 0.06])
    assert multiplicity.holm([0.04]) == [0.04]
    assert multiplicity.holm([]) == []


@pytest.mark.slow
def test_holm_is_that_of_statsmodels_in_the_order_given() -> None:
    chance = random.Random(6)
    for n in (1, 2, 3, 10, 40):
        p_values = [round(chance.random() ** 3, 2) for _ in range(n)]
        assert multiplicity.holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_p_value_outside_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        multiplicity.holm([0.5, p])
