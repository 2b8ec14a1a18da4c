"""Ten blind pairs of an evaluation: a visitor guesses which answer is the teacher's.

The pairs follow from the evaluation and the member alone, so that they need no row. The last result is one of the
member's preferences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evaluation.arena import queries as arenas
from evaluation.evaluations import answer, queries
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.metrics.typed import value_fields
from evaluation.models import Evaluation
from members.accounts import manage
from members.models import Member
from review.models import Record
from stats.intervals import shares

PAIRS: Final = 10
SIDES: Final = ("left", "right")
_LAST: Final = "guesses"
_COIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class BlindPair:
    """Two answers to one record, in an order drawn by lot.

    Attributes:
        key: The record's id, under which a form names its choice.
        teacher_side: Side of the teacher's answer, *left* or *right*; no page shows it before a choice was sent.
    """

    key: str
    title: str
    left: str
    right: str
    teacher_side: str


@dataclass(frozen=True, slots=True)
class Guesses:
    """Result of a form: how often the teacher was recognised."""

    right: int
    pairs: int

    @property
    def can_tell(self) -> bool | None:
        """Return whether the teacher was recognised more often than by a coin.

        None where the exact 95 % interval holds a half.
        """
        interval = shares.clopper_pearson(self.right, self.pairs)
        if interval.low is None or interval.high is None or interval.low <= _COIN <= interval.high:
            return None
        return interval.low > _COIN


def with_prose(member: Member, *, first: Evaluation | None = None) -> Evaluation | None:
    """The newest evaluation that the member may guess about: answers of prose by a miniature and its teacher.

    Args:
        first: An evaluation that goes before all others where it fits.
    """
    newest = list(queries.visible(member).filter(suite=None).exclude(summary={})[:20])
    candidates = [first, *newest] if first else newest
    return next((each for each in candidates if fits(each) and queries.may_see_texts(member, each.task)), None)


def fits(evaluation: Evaluation) -> bool:
    """Return whether a miniature and a teacher wrote prose for its records."""
    return not value_fields(evaluation.run.taught) and _pair_of_systems(evaluation) is not None


def pairs_of(evaluation: Evaluation, member: Member) -> list[BlindPair]:
    """Up to ten pairs of different texts, the same ones for a member each time; none where no teacher was compared."""
    systems = _pair_of_systems(evaluation)
    if systems is None:
        return []
    own_name, teacher_name = systems
    texts = arenas.texts_of(evaluation, [own_name, teacher_name])
    titles = dict(Record.objects.filter(pk__in={record for record, _ in texts}).values_list("pk", "title"))
    both = {
        str(pk): (title, texts.get((pk, own_name), ""), texts.get((pk, teacher_name), ""))
        for pk, title in titles.items()
    }
    keys = [key for key, (_, own, teacher) in both.items() if own and teacher and own != teacher]
    chosen = sorted(keys, key=lambda key: _lot(evaluation, member, key))[:PAIRS]
    return [_pair(key, *both[key], _lot(evaluation, member, f"side {key}")) for key in chosen]


def read(choices: Mapping[str, str], pairs: list[BlindPair]) -> Guesses | None:
    """The result of the choices; None while a pair has none."""
    if not pairs or len(choices) < len(pairs):
        return None
    return Guesses(sum(choices[pair.key] == pair.teacher_side for pair in pairs), len(pairs))


def keep(member: Member, guesses: Guesses) -> None:
    """Keep a result as the member's last one."""
    manage.save_preferences(member, preferences={_LAST: [guesses.right, guesses.pairs]})


def last_of(member: Member) -> Guesses | None:
    """The member's last result; None before the first."""
    last = member.preferences.get(_LAST)
    return Guesses(*last) if last else None


def _pair_of_systems(evaluation: Evaluation) -> tuple[str, str] | None:
    result = answer.of(evaluation.summary, own_system=tuned_name(evaluation.run))
    if result is None or result.own is None:
        return None
    return (result.own.name, result.teachers[0].name) if result.teachers else None


def _pair(key: str, title: str, own: str, teacher: str, lot: str) -> BlindPair:
    is_left = int(lot[:8], 16) % 2 == 0
    left, right = (teacher, own) if is_left else (own, teacher)
    return BlindPair(key, title, left, right, "left" if is_left else "right")


def _lot(evaluation: Evaluation, member: Member, text: str) -> str:
    return hashlib.sha256(f"{evaluation.pk} {member.pk} {text}".encode()).hexdigest()
