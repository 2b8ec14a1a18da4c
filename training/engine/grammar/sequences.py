"""Rules for members that come in one order, some of which may be left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One member: the expression that writes it."""

    expression: str
    is_required: bool = False


@dataclass(frozen=True)
class Brackets:
    """Literals around members: of none at all, before the first, between two, and after the last."""

    empty: str
    begin: str
    between: str
    end: str


def in_order(
    members: Sequence[Member],
    rule: Callable[[str], str],
    brackets: Brackets,
    *,
    least: int,
    most: int | None,
) -> str:
    """The expression of `least` to `most` of the members, each at most once and in their order.

    Args:
        rule: Names a rule with the body it is given.
        brackets: What stands around and between them.
        most: How many at most; None for all.
    """
    most = len(members) if most is None else min(most, len(members))
    # How many were written matters up to a bound that is still ahead.
    cap = most if most < len(members) else least

    # From the last member to the first: what may follow when so many were written.
    after: dict[int, str | None] = {}
    for written in range(cap + 1):
        after[written] = brackets.end if written >= least else None
    head = brackets.empty if least == 0 else None
    for member in reversed(members):
        here: dict[int, str | None] = {}
        first = after[min(1, cap)] if most >= 1 else None
        head = _either(
            rule,
            f"{brackets.begin} {member.expression} {first}" if first is not None else None,
            None if member.is_required else head,
        )
        for written in range(cap + 1):
            rest = after[min(written + 1, cap)]
            is_full = most < len(members) and written >= most
            here[written] = _either(
                rule,
                f"{brackets.between} {member.expression} {rest}" if rest is not None and not is_full else None,
                None if member.is_required else after[written],
            )
        after = here
    if head is None:
        raise ValueError("no choice of the members fits the counts")
    return head


def _either(rule: Callable[[str], str], first: str | None, second: str | None) -> str | None:
    if first is None or second is None:
        return second if first is None else rule(first)
    return rule(f"{first} | {second}")
