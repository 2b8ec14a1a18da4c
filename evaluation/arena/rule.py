"""The rule of an arena, fixed when it opens, and its outlook: how many votes different preferences need. Pure.

The rule says which pair comes next, when the order of two systems is clear, and when the arena ends.

For each two systems, one vote for each record counts: the first that stands. Their order is clear once the evidence of
the votes that decide (`stats.sign_sequence`) reaches the number of such twos over 5 %, so that all orders together are
wrong with a chance of at most 5 %, however often anyone looks and whoever is dealt next. One record of each company is
dealt, since records of one company resemble each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final
from uuid import UUID

from evaluation.states import ArenaEnd, VoteVerdict
from stats import sign_sequence

ERROR: Final = 0.05
SHARES: Final = (0.6, 0.65, 0.7, 0.8, 0.9)
# Beyond so many votes on two systems a page counts no further.
COUNTED: Final = 500


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair with the votes that stand, the earliest first.

    Attributes:
        left: Place of the system on the left; `right` of the other.
    """

    id: UUID
    record_id: UUID
    left: int
    right: int
    is_identical: bool
    is_doubled: bool
    votes: tuple[tuple[UUID, str], ...] = ()

    @property
    def first(self) -> int:
        return min(self.left, self.right)

    @property
    def second(self) -> int:
        return max(self.left, self.right)

    def winner(self, verdict: str) -> int | None:
        """The system that a verdict prefers; None for a tie."""
        return {VoteVerdict.LEFT.value: self.left, VoteVerdict.RIGHT.value: self.right}.get(verdict)

    def is_free_for(self, voter: UUID) -> bool:
        """Return whether a voter may be dealt it: somebody is to be asked, and this one was not."""
        if self.is_identical or any(each == voter for each, _ in self.votes):
            return False
        return not self.votes or (self.is_doubled and len(self.votes) == 1)

    @property
    def score(self) -> float:
        """Mean over the votes of what the first system got: 1, 0, or a half for ties."""
        won = [self.winner(verdict) for _, verdict in self.votes]
        return sum(0.5 if each is None else float(each == self.first) for each in won) / len(won) if won else 0.5


@dataclass(frozen=True, slots=True)
class Matchup:
    """Votes on two systems, one vote for each record.

    Attributes:
        first: The system whose wins are counted, by its place in the arena.
        ties: Without those that called both bad.
        waiting: Pairs without a vote.
        identical: Pairs that both wrote alike, which nobody is asked about.
    """

    first: int
    second: int
    wins: int = 0
    losses: int = 0
    ties: int = 0
    both_bad: int = 0
    waiting: int = 0
    identical: int = 0

    @property
    def voted(self) -> int:
        return self.wins + self.losses + self.ties + self.both_bad

    @property
    def evidence(self) -> float:
        """Logarithm of the evidence that one of the two is preferred."""
        return sign_sequence.log_evidence(self.wins, self.losses)


def matchups(pairs: Iterable[JudgedPair], systems: int) -> list[Matchup]:
    """Return what is known of each two of the systems, in the arena's order."""
    counts: dict[tuple[int, int], dict[str, int]] = {two: {} for two in combinations(range(systems), 2)}
    for pair in pairs:
        count = counts[pair.first, pair.second]
        name = _counted_as(pair)
        count[name] = count.get(name, 0) + 1
    return [Matchup(*two, **count) for two, count in counts.items()]


def _counted_as(pair: JudgedPair) -> str:
    if pair.is_identical:
        return "identical"
    if not pair.votes:
        return "waiting"
    verdict = pair.votes[0][1]
    winner = pair.winner(verdict)
    if winner is None:
        return "both_bad" if verdict == VoteVerdict.BOTH_BAD else "ties"
    return "wins" if winner == pair.first else "losses"


def error_of(systems: int) -> float:
    """The chance of a wrong order that each two systems may have."""
    return ERROR / max(1, systems * (systems - 1) // 2)


def is_clear(matchup: Matchup, systems: int) -> bool:
    """Return whether the votes say which of two systems is preferred."""
    return sign_sequence.is_clear(matchup.wins, matchup.losses, error=error_of(systems))


def is_settled(matchup: Matchup, systems: int, most_votes: int) -> bool:
    """Return whether no further vote is needed: the order is clear, the planned votes are given, or no pair is left."""
    return is_clear(matchup, systems) or matchup.voted >= most_votes or not matchup.waiting


def ending(pairs: Iterable[JudgedPair], systems: int, most_votes: int) -> ArenaEnd | None:
    """Why the arena is over; None while votes are asked for."""
    contests = matchups(pairs, systems)
    if not all(is_settled(each, systems, most_votes) for each in contests):
        return None
    return ArenaEnd.CLEAR if all(is_clear(each, systems) for each in contests) else ArenaEnd.SPENT


def next_pair(
    pairs: Sequence[JudgedPair], systems: int, most_votes: int, *, seed: str, voter: UUID
) -> JudgedPair | None:
    """The pair that a voter is dealt now; None when nothing is left for them.

    A pair that two are to vote on and one has comes first. Then a new one of the two systems whose order is least
    certain: the least evidence, then the fewest votes, then by the seed. Among its pairs the order is the voter's own,
    so that two who vote at once seldom meet. A pair that the voter voted on never comes again.
    """
    order = {
        (each.first, each.second): (each.evidence, each.voted, _drawn(seed, each.first, each.second))
        for each in matchups(pairs, systems)
        if not is_settled(each, systems, most_votes)
    }
    free = [pair for pair in pairs if (pair.first, pair.second) in order and pair.is_free_for(voter)]
    if not free:
        return None
    places = [(not pair.votes, order[pair.first, pair.second]) for pair in free]
    first = min(places)
    foremost = (pair for pair, place in zip(free, places, strict=True) if place == first)
    return min(foremost, key=lambda pair: _drawn(seed, voter, pair.id))


def _drawn(seed: str, *parts: object) -> str:
    """Place in an order that the seed draws; the key says nothing of its content."""
    return hashlib.sha256(":".join([seed, *map(str, parts)]).encode()).hexdigest()


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
