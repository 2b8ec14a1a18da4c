"""What an order has spent, may still owe, and may yet spend. Pure arithmetic; knows no call by name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generation.engine.contracts import TeacherSpec
from review.prompting import Message

# Chat formats wrap each message and the answer in a few tokens of their own.
TOKENS_PER_MESSAGE = 8


def token_bound(text: str) -> int:
    """A cautious number of tokens for a text: one for three UTF-8 bytes (English runs at about four)."""
    return math.ceil(len(text.encode("utf-8", "replace")) / 3)


def worst_case(teacher: TeacherSpec, messages: list[Message]) -> tuple[int, int, float]:
    """The most a call is expected to use.

    Returns:
        Input tokens, output tokens (the asked-for maximum), and their price in US dollars.
    """
    given = sum(token_bound(message["content"]) + TOKENS_PER_MESSAGE for message in messages)
    return given, teacher.max_tokens, teacher.cost_usd(given, teacher.max_tokens)


@dataclass
class Ledger:
    """Money of one order, in US dollars. One event loop uses it; it takes no lock.

    Attributes:
        budget_usd: What may be spent in all; None is no limit.
        spent_usd: What answers have cost.
        possible_usd: Worst case of calls whose fate is unknown; counts as spent.
        reserved_usd: Worst case of calls in flight.
    """

    budget_usd: float | None
    spent_usd: float = 0.0
    possible_usd: float = 0.0
    reserved_usd: float = 0.0

    def fits(self, reserve_usd: float) -> bool:
        """Whether one more call stays within the budget even if all in flight cost their worst."""
        if self.budget_usd is None:
            return True
        # A millionth of a cent forgives what sums of floats are off by.
        return self.spent_usd + self.possible_usd + self.reserved_usd + reserve_usd <= self.budget_usd + 1e-8

    def reserve(self, reserve_usd: float) -> None:
        """Set aside the worst case of a call about to be sent."""
        self.reserved_usd += reserve_usd

    def release(self, reserve_usd: float, *, cost_usd: float = 0.0, possible_usd: float = 0.0) -> None:
        """Give a reserve back, for what the call did cost or may have cost."""
        self.reserved_usd = max(0.0, self.reserved_usd - reserve_usd)
        self.spent_usd += cost_usd
        self.possible_usd += possible_usd
