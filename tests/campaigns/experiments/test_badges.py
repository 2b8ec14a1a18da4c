"""The badge of a verdict never contradicts the sentence beside it."""

from __future__ import annotations

import pytest

from campaigns.experiments import page_data


@pytest.mark.parametrize(
    ("outcome", "finding", "words"),
    [
        ("shown", "not_worse", "Confirmed"),
        ("shown", "better", "Confirmed"),
        ("refuted", "worse", "Refuted"),
        ("open", "worse", "Worse, size unclear"),
        ("open", "inconclusive", "Inconclusive"),
        ("open", "not_worse", "Inconclusive"),
    ],
)
def test_each_outcome_and_finding_has_a_badge_that_agrees(outcome: str, finding: str, words: str) -> None:
    assert page_data.badge({"outcome": outcome, "finding": finding})[1] == words
