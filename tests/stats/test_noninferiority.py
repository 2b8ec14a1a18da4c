"""Power of a test of *not worse by a margin*."""

import pytest

from stats import noninferiority


def test_power_and_the_loss_it_belongs_to_agree() -> None:
    # With a margin of 2.80 errors power is 80 %: 1.960 + 0.842, the textbook's sum for a one-sided 2.5 %.
    assert noninferiority.power(margin=2.8016, loss=0, error=1, df=1e6) == pytest.approx(0.8, abs=1e-3)
    shown = noninferiority.largest_loss_shown(margin=5, error=1, df=1e6)
    assert shown == pytest.approx(5 - 2.8016, abs=1e-3)
    assert noninferiority.power(margin=5, loss=shown, error=1, df=1e6) == pytest.approx(0.8, abs=1e-6)
    assert noninferiority.smallest_loss_shown_beyond(margin=5, error=1, df=1e6) == pytest.approx(5 + 2.8016, abs=1e-3)


def test_a_loss_at_the_margin_is_called_small_in_one_study_of_forty() -> None:
    assert noninferiority.power(margin=0.05, loss=0.05, error=0.02, df=4) == pytest.approx(0.025)


def test_no_error_has_no_power() -> None:
    with pytest.raises(ValueError, match="no sense"):
        noninferiority.power(margin=1, loss=0, error=0, df=3)
