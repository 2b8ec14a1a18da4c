"""Numbers as a sentence says them."""

import math

from stats.experiments.number_wording import NumberWording, about, wording_for


def test_decimals_follow_the_uncertainty() -> None:
    assert wording_for(0.004, is_share=True).decimals == 1
    assert wording_for(0.0004, is_share=True).decimals == 2
    assert wording_for(12.0, is_share=False).decimals == 2
    assert wording_for(math.inf, is_share=True).decimals == 1


def test_numbers_are_said_with_a_true_minus_and_no_minus_zero() -> None:
    money = NumberWording(is_share=False, decimals=2, unit="$")

    assert money.gap(-0.5) == "−$0.50"
    assert money.level(1234.5) == "$1,234.50"
    assert NumberWording(is_share=True, decimals=1).gap(-0.0001) == "0.0 points"
    assert NumberWording(is_share=False, decimals=1, unit="h").gap(2) == "2.0 h"
    assert [about(12_745), about(999), about(8716), about(1_234_567)] == ["12,700", "999", "8,720", "1,230,000"]
