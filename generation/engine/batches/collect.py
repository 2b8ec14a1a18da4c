"""Takes in what an ended batch brought: each line to the call it names, each call without one to what is known of it.

Knows no provider. An answer takes the same way as one that came live.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from generation.engine.batches.interface import BatchLine, BatchProvider, BatchStatus
from generation.engine.batches.state import OpenBatch
from generation.engine.calls.finish import CallFinisher, PreparedCall
from generation.engine.clients.interface import CallError, Reply
from generation.engine.journal.writer import Journal
from generation.engine.plan import PlannedCall
from generation.engine.repairs import is_worth_repair

# The event loop gets a turn this often: the journal, the stop.
LINES_A_TURN = 50
LOST = CallError("unknown", "batch_line_lost", "The batch has ended without a line for this call, which may be paid.")
UNANSWERED = CallError("unbilled", "batch_unanswered", "The batch ended before this call's turn.")


@dataclass
class LineTally:
    """Tally of one reading of a batch's lines.

    Attributes:
        answered: Calls with an answer, those included that were taken in before.
        doubled: Lines for a call that had one.
        unreadable: Lines that name no call.
    """

    answered: set[str] = field(default_factory=set)
    errors: dict[str, CallError] = field(default_factory=dict)
    doubled: int = 0
    foreign: int = 0
    unreadable: int = 0

    def has_all_answers(self, look: BatchStatus) -> bool:
        """Tell whether as many answers came as the provider says it gave: a call without a line was not paid then."""
        return look.answered is not None and len(self.answered) >= look.answered

    def tells_of_all(self, calls: frozenset[str], look: BatchStatus) -> bool:
        return self.has_all_answers(look) or calls <= self.answered | self.errors.keys()

    @property
    def note(self) -> str:
        """Describe faults of the lines, for a person; empty when there were none."""
        counts = {"doubled": self.doubled, "of other calls": self.foreign, "unreadable": self.unreadable}
        odd = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"Lines left out: {odd}." if odd else ""


class BatchCollector:
    """Brings the calls of ended batches to their end.

    Args:
        retries_doubt: Whether a call that may be paid is asked again.

    Attributes:
        wasted: Why no more should be asked, after too many paid answers in a row that were no drafts.
    """

    def __init__(self, *, journal: Journal, outcomes: CallFinisher, retries_doubt: bool, mends: bool) -> None:
        self._journal, self._outcomes, self._retries_doubt = journal, outcomes, retries_doubt
        self._mends = mends
        self.repairs: list[PreparedCall] = []
        self.wasted: CallError | None = None

    async def read(self, batch: OpenBatch, provider: BatchProvider) -> LineTally:
        """Read all lines of a batch, and take in each answer that is new. May be repeated after a break.

        Raises:
            CallError: The lines broke off.
            OSError: The journal takes no more.
        """
        tally = LineTally()
        count = 0
        async for line in provider.results(batch.batch_id):
            self._take(batch, line, tally)
            count += 1
            if count % LINES_A_TURN == 0:
                self._journal.require_sound()
                await asyncio.sleep(0)
        return tally

    def conclude(self, batch: OpenBatch, tally: LineTally, look: BatchStatus) -> list[PlannedCall]:
        """Bring calls without an answer to their end; returns those that are unpaid and may be asked live."""
        all_came = tally.has_all_answers(look)
        stragglers = []
        for call in list(batch.calls.values()):
            error = tally.errors.get(call.id) or (UNANSWERED if all_came else LOST)
            if self._is_straggler(self._prepared(batch, call), error):
                stragglers.append(call)
        return stragglers

    def _take(self, batch: OpenBatch, line: BatchLine, tally: LineTally) -> None:
        if not line.call:
            tally.unreadable += 1
        elif line.call not in batch.ids:
            tally.foreign += 1
        elif line.call in tally.answered or (line.reply is None and line.call in tally.errors):
            tally.doubled += 1
        elif line.reply is None:
            tally.errors[line.call] = line.error or UNANSWERED
        else:
            tally.answered.add(line.call)
            tally.doubled += tally.errors.pop(line.call, None) is not None
            if call := batch.calls.get(line.call):
                self._answered(self._prepared(batch, call), line.reply)

    def _answered(self, prepared: PreparedCall, reply: Reply) -> None:
        if self._mends and is_worth_repair(reply):
            self.repairs.append(self._outcomes.flawed(prepared, reply))
        else:
            # What the batch brought is paid and taken in to its end; the next is not handed in.
            self.wasted = self._outcomes.answered(prepared, reply) or self.wasted

    def _is_straggler(self, prepared: PreparedCall, error: CallError) -> bool:
        if error.fate == "unbilled":
            self._outcomes.release(prepared)
            return True
        if error.fate == "unknown":
            self._journal.doubtful(prepared.call.id)
            if self._retries_doubt:
                self._outcomes.doubted(prepared)
                return True
            self._outcomes.doubtful(prepared, error)
        else:
            self._outcomes.failed_unpaid(prepared, error)
        return False

    def _prepared(self, batch: OpenBatch, call: PlannedCall) -> PreparedCall:
        """Render the prompt again rather than keep it for hours."""
        del batch.calls[call.id]
        prepared = self._outcomes.prepare(call, is_batch=True)
        prepared.reserve_usd = batch.reserved.pop(call.id, prepared.reserve_usd)
        return prepared
