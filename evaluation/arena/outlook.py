"""Outlook of an arena, told before it opens: how many votes different preferences need. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from evaluation.arena.rule import error_of
from stats import sign_sequence

SHARES: Final = (0.6, 0.65, 0.7, 0.8, 0.9)
# Beyond so many votes on two systems a page counts no further.
COUNTED: Final = 500


@dataclass(frozen=True, slots=True)
class Need:
    """Number of deciding votes that show a preference with a chance of 80 %; None for more than `COUNTED`.

    Attributes:
        percent: Of the votes that decide, how many go to the preferred system.
        of_all: For each two, with all systems.
    """

    percent: int
    of_two: int | None
    of_all: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Evidence that an arena can show.

    Attributes:
        least_percent: The least share of the votes that decide which so many show with a chance of 80 %; None where
            none is.
    """

    most_votes: int
    least_percent: int | None


def needs(systems: int) -> list[Need]:
    return [Need(round(100 * share), _needed(share, 2), _needed(share, systems)) for share in SHARES]


@lru_cache(maxsize=64)
def outlook(systems: int, most_votes: int) -> Outlook:
    """Return what so many votes for each two of the systems can show, if none of them is a tie."""
    share = sign_sequence.least_share(min(most_votes, COUNTED), error=error_of(systems))
    return Outlook(most_votes, None if share is None else round(100 * share))


@lru_cache(maxsize=64)
def _needed(share: float, systems: int) -> int | None:
    return sign_sequence.votes_needed(share, error=error_of(systems), at_most=COUNTED)
