"""Reviewers of the bench stop at an empty desk, and a warm-up leaves drafts to measure."""

from __future__ import annotations

from benchmarks.desk.reviewers import DeskEmptyError, sit


class Pile:
    """A desk of numbered drafts."""

    def __init__(self, drafts: int) -> None:
        self.left = drafts

    def judge(self) -> str:
        if not self.left:
            raise DeskEmptyError
        self.left -= 1
        return str(self.left)


def test_a_reviewer_whose_desk_is_empty_ends_without_an_error() -> None:
    sitting = sit([Pile(3).judge], seconds=60)

    assert (len(sitting.times_s), sitting.errors) == (3, [])
    assert sitting.wall_s < 30


def test_a_reviewer_makes_no_more_decisions_than_asked_for() -> None:
    pile = Pile(60)

    sit([pile.judge], seconds=60, decisions=6)

    assert pile.left == 54


def test_a_reviewer_of_a_short_sitting_decides_at_least_once() -> None:
    sitting = sit([Pile(60).judge], seconds=0.2, every_s=2.0)

    assert len(sitting.times_s) == 1
