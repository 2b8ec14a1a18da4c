"""Money of an order: what it has spent, may still owe, and may yet spend. Pure; knows no journal and no network."""

from __future__ import annotations

from dataclasses import dataclass, field

from generation.engine.clients.interface import Reply
from generation.engine.contracts import TeacherSpec
from review.spec.prompting import Message

# Chat formats wrap each message in a few tokens of their own, and begin the conversation and the answer with some more.
TOKENS_PER_MESSAGE, TOKENS_PER_CALL = 8, 16
# More than this nobody reads, and no database keeps.
MOST_CLAIMED_USD = 1e12
MOST_TOKENS = 2**31 - 1


def token_bound(text: str) -> int:
    """More tokens than this a text cannot have: one for each UTF-8 byte.

    Vocabularies are built from bytes, or fall back to them, and a token stands for one at least. Prose has a quarter of
    this; hexadecimal digits, rare scripts and noise come near it. Estimates that people see are not made with it.
    """
    return len(text.encode("utf-8", "surrogatepass"))


def worst_case(teacher: TeacherSpec, messages: list[Message], *, is_batch: bool = False) -> tuple[int, int, float]:
    """The most a call can use: the longest answer, and a token for each byte of the prompt, each at its dearest.

    Returns:
        Input tokens, output tokens (the asked-for maximum), and their price in US dollars.
    """
    input_tokens = TOKENS_PER_CALL + sum(token_bound(message["content"]) + TOKENS_PER_MESSAGE for message in messages)
    kinds: tuple[dict[str, int], ...] = ({}, {"cached_tokens": input_tokens}, {"cache_write_tokens": input_tokens})
    usd = max(teacher.cost_usd(input_tokens, teacher.max_tokens, **kind, is_batch=is_batch) for kind in kinds)
    return input_tokens, teacher.max_tokens, usd


@dataclass(frozen=True)
class BookedUsage:
    """Booking of a paid answer.

    Attributes:
        cache: The prompt's tokens read from the provider's cache and written into it.
        claimed_usd: What the answer itself would have had it cost, where that is more than the call can have cost.
    """

    input_tokens: int
    output_tokens: int
    cache: dict[str, int]
    cost_usd: float
    is_estimate: bool
    claimed_usd: float | None = None


def bounded_usage(
    teacher: TeacherSpec, reply: Reply, bound_tokens: tuple[int, int], *, most_usd: float, is_batch: bool = False
) -> BookedUsage:
    """Price a paid answer by its own count, but never above the call's worst case.

    A count that lies must not eat a budget.

    A provider that does not say what it counted, or that it counted nothing, is taken to have counted the worst.

    Args:
        bound_tokens: The most tokens that prompt and answer can have.
        most_usd: The worst case of the call.
    """
    most_in, most_out = bound_tokens
    # No call reads nothing: who says so has not counted.
    output_count = reply.output_tokens if reply.input_tokens else reply.output_tokens or None
    is_counted = bool(reply.input_tokens) and output_count is not None
    input_tokens = reply.input_tokens or most_in
    output_tokens = most_out if output_count is None else output_count
    cache = {"cached_tokens": reply.cached_tokens, "cache_write_tokens": reply.cache_write_tokens}
    claimed_usd = teacher.cost_usd(input_tokens, output_tokens, **cache, is_batch=is_batch)
    if claimed_usd <= most_usd:
        # Where tokens cost nothing, no count is too dear to be true.
        cache = {name: min(tokens, MOST_TOKENS) for name, tokens in cache.items()}
        counts = min(input_tokens, MOST_TOKENS), min(output_tokens, MOST_TOKENS)
        return BookedUsage(*counts, cache, claimed_usd, not is_counted)
    input_tokens, output_tokens = min(input_tokens, most_in), min(output_tokens, most_out)
    cache = {name: min(tokens, input_tokens) for name, tokens in cache.items()}
    cost_usd = min(teacher.cost_usd(input_tokens, output_tokens, **cache, is_batch=is_batch), most_usd)
    return BookedUsage(input_tokens, output_tokens, cache, cost_usd, True, min(claimed_usd, MOST_CLAIMED_USD))


@dataclass
class BudgetTracker:
    """Money of one order, in US dollars. One event loop uses it; it takes no lock.

    Attributes:
        budget_usd: What may be spent in all; None is no limit.
        possible_usd: Worst case of calls whose fate is unknown; counts as spent.
        reserved_usd: Worst case of calls in flight.
        doubts: Worst case of the lost tries of calls that are asked again, by call id.
    """

    budget_usd: float | None
    spent_usd: float = 0.0
    possible_usd: float = 0.0
    reserved_usd: float = 0.0
    doubts: dict[str, float] = field(default_factory=dict)

    def doubt(self, call: str, possible_usd: float) -> None:
        """Note that a try of a call may have been paid, and that the call is asked again."""
        self.possible_usd += possible_usd
        self.doubts[call] = self.doubts.get(call, 0.0) + possible_usd

    def doubted_usd(self, call: str) -> float:
        """Return what lost tries of a call may have cost, told once: with its end."""
        return self.doubts.pop(call, 0.0)

    def fits(self, reserve_usd: float) -> bool:
        """Tell whether one more call stays within the budget even if all in flight cost their worst."""
        if self.budget_usd is None:
            return True
        # A millionth of a cent forgives what sums of floats are off by.
        return self.spent_usd + self.possible_usd + self.reserved_usd + reserve_usd <= self.budget_usd + 1e-8

    def reserve(self, reserve_usd: float) -> None:
        self.reserved_usd += reserve_usd

    def release(self, reserve_usd: float, *, cost_usd: float = 0.0, possible_usd: float = 0.0) -> None:
        """Give a reserve back, for what the call did cost or may have cost."""
        self.reserved_usd = max(0.0, self.reserved_usd - reserve_usd)
        self.spent_usd += cost_usd
        self.possible_usd += possible_usd
