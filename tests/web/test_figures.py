"""How differences of shares and lengths of time are written."""

from __future__ import annotations

import pytest

from web.templatetags.figures import duration, points


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.045, "+4.5"), (-0.0123, "−1.2"), (0.0, "0.0"), (-0.0001, "0.0"), (1, "+100.0"), (None, "–"), ("", "–")],
)
def test_a_difference_is_signed_points_with_a_true_minus(value, text):
    assert points(value) == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"), (0.42, "0.4 s"), (44.4, "44 s"), (60, "1 min"), (200, "3 min 20 s"), (7200, "2 h"), (7500, "2 h 5 min"),
        (47 * 3600, "47 h"), (7 * 86_400, "7 d"), (7 * 86_400 + 3 * 3600, "7 d 3 h"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_two_units_at_most(seconds, said):
    assert duration(seconds) == said
