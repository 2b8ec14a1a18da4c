"""A flawed answer is shown to its teacher once more, with what is wrong: one call of its own, paid and journalled so.

Knows how the two calls belong together; knows no network and no file.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from generation.engine.clients.interface import Reply
from generation.engine.plan import PlannedCall
from jobs.rundir import lines
from review.spec.prompting import Message

# The journal's word for an answer that was paid, and may be mended by one more call.
FLAWED = "flawed"
# Longer than any draft the desk takes: it is no slip, and sending it back would cost as much again.
LONGEST_CHARS = 32 * 1024


def repair_id(call: str) -> str:
    """Id of the one repair a call can have; the same in every attempt."""
    return str(uuid.uuid5(uuid.UUID(call), "repair"))


def is_worth_repair(reply: Reply) -> bool:
    """Tell whether an answer has flaws that the model can be told of."""
    return bool(reply.flaws) and len(reply.said) <= LONGEST_CHARS


def repair_call(call: PlannedCall, messages: list[Message], reply: Reply) -> PlannedCall:
    """The call that asks for the answer anew: the conversation, the answer as it came, and what is wrong with it."""
    wrong = "\n".join(f"- {flaw}" for flaw in reply.flaws)
    wish = f"This answer cannot be used as it is:\n{wrong}\nWrite it again in the same form, and change nothing else."
    turns = [{"role": "assistant", "content": reply.said}, {"role": "user", "content": wish}]
    # Half a character of the answer goes back as a whole one: no request can hold it.
    conversation = [*messages, *lines.storable(turns)]
    return replace(call, id=repair_id(call.id), record=call.record.model_copy(update={"messages": conversation}))


class RepairBudget:
    """Limit on what repairs may add to an order: what people saw as its upper end must hold with them.

    Args:
        until_usd: What the order may come to with repairs; None is no bound but the budget.
    """

    def __init__(self, call_usd: float, until_usd: float | None) -> None:
        self._call_usd, self._until_usd = call_usd, until_usd
        self._under_way, self._under_way_usd = 0, 0.0

    def allows(self, worst_usd: float, *, paid_usd: float, calls_left: int) -> bool:
        """Tell whether one more repair fits, even if it and those under way cost their worst.

        Args:
            paid_usd: What the order has cost so far, calls of unknown fate included.
            calls_left: Planned calls without an end, this one aside.
        """
        if self._until_usd is None:
            return True
        to_come_usd = max(0, calls_left - self._under_way) * self._call_usd
        return paid_usd + to_come_usd + self._under_way_usd + worst_usd <= self._until_usd + 1e-8

    @contextmanager
    def one(self, worst_usd: float) -> Iterator[None]:
        """Count a repair as under way for as long as the block runs."""
        self._under_way += 1
        self._under_way_usd += worst_usd
        try:
            yield
        finally:
            self._under_way -= 1
            self._under_way_usd -= worst_usd


@dataclass
class FlawedAnswer:
    """A paid answer that waits for its repair.

    Attributes:
        kind: What it is by itself: a `draft` that breaks a limit, or a `failure`.
        payload: Its end, as it will be told.
    """

    kind: str
    payload: dict[str, Any]
    is_told: bool = False

    @classmethod
    def from_journal(cls, payload: dict[str, Any]) -> FlawedAnswer:
        """Read it as an earlier attempt wrote it down with `journalled`."""
        return cls(str(payload["kind"]), {key: value for key, value in payload.items() if key != "kind"})

    def journalled(self) -> dict[str, Any]:
        return self.payload | {"kind": self.kind}

    def superseded(self) -> dict[str, Any]:
        """Its end, once the repair has brought the draft: a failure with what it cost."""
        kept = {key: value for key, value in self.payload.items() if key not in ("fields", "labelled_defects")}
        flaws = self.payload.get("flaws") or ["It broke the schema."]
        return kept | {"code": FLAWED, "message": f"Repair requested: {' '.join(flaws)}", "excerpt": ""}
