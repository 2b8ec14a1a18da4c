"""Detect a mail that repeats an earlier one: five-word sequences compared. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from review.text.near_duplicates import minhash
from review.text.search.words import folded

# Of the runs of five words in both texts together: what the product calls a near-duplicate everywhere.
SAME_FROM = minhash.THRESHOLD


@dataclass(frozen=True, slots=True)
class Repeat:
    """The earlier mail that a text repeats, by its number, and the share of five-word runs in both, 0 to 1."""

    number: int
    similarity: float

    def __str__(self) -> str:
        if self.similarity == 1:
            return f"It says the same as mail {self.number}, word for word."
        return (
            f"It says nearly the same as mail {self.number}: {self.similarity:.0%} of the runs of five words are in "
            "both."
        )


def find(body: str, thread: Sequence[Mapping[str, str]]) -> Repeat | None:
    """Return the earlier mail that a body repeats most; None when it repeats none.

    Args:
        body: The text, slots unfilled, or filled like those of the thread.
        thread: `subject` and `body` of the mails before it, the first one first.
    """
    if not thread:
        return None
    mine = minhash.shingles(folded(body))
    likes = [
        Repeat(number, minhash.jaccard(mine, minhash.shingles(folded(mail.get("body", "")))))
        for number, mail in enumerate(thread, start=1)
    ]
    return max(
        (repeat for repeat in likes if repeat.similarity >= SAME_FROM),
        key=lambda repeat: repeat.similarity,
        default=None,
    )
