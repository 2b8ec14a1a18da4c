"""How differences of shares are written."""

from __future__ import annotations

import pytest

from web.templatetags.figures import points


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.045, "+4.5"), (-0.0123, "−1.2"), (0.0, "0.0"), (-0.0001, "0.0"), (1, "+100.0"), (None, "–"), ("", "–")],
)
def test_a_difference_is_signed_points_with_a_true_minus(value, text):
    assert points(value) == text
