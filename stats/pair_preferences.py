"""Judge's preference between two writers, from each pair asked in both orders: win share, position and length bias.

A pair is won by the text that is preferred in both orders; a preference that flips with the order is a tie (Zheng et
al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", section 3.4). Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from stats.agreement.judges import position_bias
from stats.intervals import shares
from stats.intervals.shares import ShareInterval

# In this order, as `position_bias` reads them: no preference, what was shown first, what was shown second.
TIE, FIRST, SECOND = ANSWERS = ("tie", "first", "second")
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class JudgedTwice:
    """Two texts on one record, and what was said of them in both orders.

    Attributes:
        as_is: What was said with A shown first: one of `ANSWERS`, by place.
        swapped: What was said with B shown first, by place too.
        longer: 1 where A is the longer text, -1 where B is, 0 where both are as long.
        cluster: What keeps records together, such as their company.
    """

    as_is: str
    swapped: str
    longer: int
    cluster: Hashable

    @property
    def winner(self) -> int:
        """1 where A is preferred in both orders, -1 where B is, else 0."""
        forward = {FIRST: 1, SECOND: -1}.get(self.as_is, 0)
        backward = {FIRST: -1, SECOND: 1}.get(self.swapped, 0)
        return forward if forward == backward else 0

    @property
    def is_flip(self) -> bool:
        """Return whether the preference flipped with the order: both answers prefer the same place."""
        return self.as_is == self.swapped != TIE


@dataclass(frozen=True, slots=True)
class PairPreference:
    """Results of a judge's answers on some pairs.

    Attributes:
        wins: Pairs that A won; `losses` those that B won; `ties` the others, of which `flips` were preferences that
            flipped.
        share: Wins and half of the ties, of all pairs, 0 to 1, with its interval.
        position_bias: How much oftener what stood first was preferred than what stood second, of all answers that
            prefer one, -1 to 1; None where none does.
        longer_wins: Of pairs that were won, and whose texts differ in length, how many the longer text won; `longer_of`
            of how many.
        longer: The interval of that share; None where there are none.
    """

    wins: int
    losses: int
    ties: int
    flips: int
    share: float
    interval: ShareInterval
    position_bias: float | None
    longer_wins: int
    longer_of: int
    longer: ShareInterval | None

    @property
    def pairs(self) -> int:
        return self.wins + self.losses + self.ties


def preference(pairs: Sequence[JudgedTwice], *, level: float = LEVEL) -> PairPreference | None:
    """Sum up the answers; None without a pair.

    With ties counting half, A's share is half of one and the share of wins less that of losses: two shares of the same
    pairs, whose difference has Newcombe's interval (1998, method 10), in clusters at the effective number of pairs.
    """
    if not pairs:
        return None
    winners, clusters = [pair.winner for pair in pairs], [pair.cluster for pair in pairs]
    wins, losses = winners.count(1), winners.count(-1)
    gap = shares.paired_difference(
        [float(winner == 1) for winner in winners], [float(winner == -1) for winner in winners], clusters, level=level
    )
    decided = [pair for pair in pairs if pair.winner and pair.longer]
    longer = [float(pair.winner == pair.longer) for pair in decided]
    return PairPreference(
        wins=wins,
        losses=losses,
        ties=len(pairs) - wins - losses,
        flips=sum(pair.is_flip for pair in pairs),
        share=(1 + (wins - losses) / len(pairs)) / 2,
        interval=ShareInterval((1 + gap.low) / 2, (1 + gap.high) / 2),
        position_bias=position_bias([answer for pair in pairs for answer in (pair.as_is, pair.swapped)], ANSWERS),
        longer_wins=int(sum(longer)),
        longer_of=len(longer),
        longer=shares.clustered(longer, [pair.cluster for pair in decided], level=level) if longer else None,
    )
