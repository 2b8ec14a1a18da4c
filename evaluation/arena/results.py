"""Results of an arena's votes: standings, each two systems, agreement, the verdict as a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from evaluation.arena import rule
from evaluation.arena.rule import JudgedPair, Matchup
from stats import sign_sequence
from stats.bradley_terry import Comparison, RelativeStrength, relative_strengths
from stats.intervals import shares

# A segment with fewer voted pairs says nothing.
FEWEST: Final = 6
MOST_SEGMENTS: Final = 12


@dataclass(frozen=True, slots=True)
class VoteShare:
    """A share of votes with its 95 % interval."""

    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class SystemStrength:
    """One system against the reference.

    Attributes:
        strength: Its chance to be preferred, with an interval that holds at every look.
    """

    name: str
    strength: RelativeStrength
    votes: int
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """Two systems and what was voted of them.

    Attributes:
        share: Of the votes that decided, how many the first won; None where none did.
        low: Lower end of what the votes do not speak against, at every look; `high` the upper.
    """

    first: str
    second: str
    counts: Matchup
    share: float | None
    low: float
    high: float
    is_clear: bool

    @property
    def sentence(self) -> str:
        decided = self.counts.wins + self.counts.losses
        if not self.counts.voted:
            return f"No votes on {self.first} and {self.second} yet."
        better, worse, won = (self.first, self.second, self.counts.wins)
        if self.counts.losses > won:
            better, worse, won = self.second, self.first, self.counts.losses
        if self.is_clear:
            return f"{better} is preferred to {worse}: {won} of the {decided} votes that decide."
        return f"No clear order of {self.first} and {self.second} in {self.counts.voted} votes ({decided} decide)."


@dataclass(frozen=True, slots=True)
class Segment:
    """Standings on the records that have one value in a column; None where too few were voted on."""

    value: str
    votes: int
    standings: list[SystemStrength] | None


@dataclass(frozen=True, slots=True)
class ArenaResult:
    """Findings of an arena.

    Attributes:
        identical: Pairs that both wrote alike, which count as ties.
        agreement: Share of pairs with two votes on which both said the same; None where there is none.
        left: Share of the votes that decided which went to the left.
    """

    standings: list[SystemStrength]
    contests: list[Contest]
    votes: int
    voters: int
    both_bad: int
    ties: int
    identical: int
    agreement: VoteShare | None
    left: VoteShare | None

    @property
    def sentences(self) -> list[str]:
        """The verdict: each order that is clear; of several that are not, how many."""
        clear = [contest.sentence for contest in self.contests if contest.is_clear]
        open_ones = [contest for contest in self.contests if not contest.is_clear]
        if len(self.contests) == 1 or not open_ones:
            return [contest.sentence for contest in self.contests]
        return [*clear, f"No clear order of {len(open_ones)} of {len(self.contests)} pairs of systems."]

    @property
    def sentence(self) -> str:
        return " ".join(self.sentences)


def result(systems: Sequence[str], pairs: Sequence[JudgedPair], most_votes: int) -> ArenaResult:
    """Compute what the votes say.

    Args:
        systems: Names; the first is the reference.
        most_votes: Most pairs voted on for each two of them: what the intervals are tuned for.
    """
    matchups = rule.matchups(pairs, len(systems))
    votes = [(pair, verdict) for pair in pairs for _, verdict in pair.votes]
    left_wins = [pair.winner(verdict) == pair.left for pair, verdict in votes if pair.winner(verdict) is not None]
    doubled = [pair for pair in pairs if len(pair.votes) > 1]
    return ArenaResult(
        standings=standings(systems, pairs, most_votes),
        contests=[_contest(systems, each) for each in matchups],
        votes=len(votes),
        voters=len({voter for pair in pairs for voter, _ in pair.votes}),
        both_bad=sum(each.both_bad for each in matchups),
        ties=sum(each.ties for each in matchups),
        identical=sum(each.identical for each in matchups),
        agreement=_share(sum(_agree(pair) for pair in doubled), len(doubled)),
        left=_share(sum(left_wins), len(left_wins)),
    )


def standings(systems: Sequence[str], pairs: Sequence[JudgedPair], most_votes: int) -> list[SystemStrength]:
    """Each system against the first, the strongest first.

    Pairs that both wrote alike count as ties, each by the share of the others that were voted on: so the standing is
    that of all records, however far the votes have come.
    """
    voted = {(each.first, each.second): each for each in rule.matchups(pairs, len(systems))}
    strengths = relative_strengths(
        [
            Comparison(
                pair.first, pair.second, pair.score, pair.record_id, _weight(pair, voted[pair.first, pair.second])
            )
            for pair in pairs
        ],
        len(systems),
        0,
        tuned_for=min(most_votes, len({pair.record_id for pair in pairs}) or 1),
    )
    counts = [sum(each.voted for two, each in voted.items() if place in two) for place in range(len(systems))]
    rows = [
        SystemStrength(*each, is_reference=not n) for n, each in enumerate(zip(systems, strengths, counts, strict=True))
    ]
    return sorted(rows, key=lambda row: -(row.strength.chance if row.strength.chance is not None else -1.0))


def segments(
    systems: Sequence[str], pairs: Sequence[JudgedPair], most_votes: int, values: Mapping[UUID, str]
) -> list[Segment]:
    """Standings by what records have in a column; values in the order of their names.

    Args:
        systems: Names; the first is the reference.
        values: The column, by record; a record that is absent belongs to no segment.
    """
    parts = []
    for value in sorted(set(values.values())):
        inside = [pair for pair in pairs if values.get(pair.record_id) == value]
        votes = sum(bool(pair.votes) for pair in inside)
        parts.append(Segment(value, votes, standings(systems, inside, most_votes) if votes >= FEWEST else None))
    return parts


def columns(facts: Mapping[UUID, Mapping[str, Any]], names: Sequence[str]) -> dict[str, dict[UUID, str]]:
    """Columns by which records fall into two to twelve segments, with the value of each record."""
    by_name = {
        name: {record: str(of[name]).strip() for record, of in facts.items() if of.get(name) not in (None, "", [], {})}
        for name in names
    }
    return {
        name: values
        for name, values in by_name.items()
        if 2 <= len(set(values.values())) <= MOST_SEGMENTS and len(set(values.values())) < len(values)
    }


def _contest(systems: Sequence[str], counts: Matchup) -> Contest:
    decided = counts.wins + counts.losses
    error = rule.error_of(len(systems))
    low, high = sign_sequence.interval(counts.wins, counts.losses, error=error)
    share = counts.wins / decided if decided else None
    names = systems[counts.first], systems[counts.second]
    return Contest(*names, counts, share, low, high, rule.is_clear(counts, len(systems)))


def _weight(pair: JudgedPair, matchup: Matchup) -> float:
    if not pair.is_identical:
        return float(bool(pair.votes))
    shown = matchup.voted + matchup.waiting
    return matchup.voted / shown if shown else 1.0


def _agree(pair: JudgedPair) -> bool:
    """Compare all votes; a tie and both bad are the same: neither is better."""
    return len({pair.winner(verdict) for _, verdict in pair.votes}) == 1


def _share(successes: int, n: int) -> VoteShare | None:
    if not n:
        return None
    interval = shares.of_worth(successes / n, n)
    return VoteShare(successes / n, interval.low, interval.high, n)
