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
        ("open", "worse", "Worse by an unclear amount"),
        ("open", "inconclusive", "Inconclusive"),
        ("open", "not_worse", "Inconclusive"),
    ],
)
def test_each_outcome_and_finding_has_a_badge_that_agrees(outcome: str, finding: str, words: str) -> None:
    verdict = {"outcome": outcome, "finding": finding}

    assert page_data.badge(verdict, is_simulated=False)[1] == words
    assert page_data.badge(verdict, is_simulated=True) == ("is-idle", f"{words} on simulated readers")
