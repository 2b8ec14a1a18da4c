"""One try of one call: through the gate of its lane, into the journal, over the wire, and what a failure tells.

Knows a client, a journal and lanes; does not know how often a call is tried, nor what it may cost.
"""

from __future__ import annotations

import asyncio
import time

from generation.engine.calls.finish import CallFinisher, PreparedCall
from generation.engine.calls.lanes import Lanes
from generation.engine.calls.stop import SendingStopped
from generation.engine.clients.interface import CallError, Client, Reply
from generation.engine.contracts import Limits
from generation.engine.journal.writer import Journal


class CallSender:
    """Sends calls. One event loop uses it.

    Args:
        outcomes: Told of calls that are given up while they are out.
    """

    def __init__(self, client: Client, journal: Journal, lanes: Lanes, outcomes: CallFinisher, limits: Limits) -> None:
        self._client, self._journal, self._lanes, self._outcomes = client, journal, lanes, outcomes
        # The SDK's own timeout is for each read; a server that drips bytes would never reach it.
        self._whole_s = limits.timeout_s + limits.connect_timeout_s
        self.out: dict[str, PreparedCall] = {}

    async def send(self, prepared: PreparedCall) -> Reply:
        """Try once.

        Raises:
            CallError: No answer came; pace and journal know already.
            SendingStopped: No more may be sent.
        """
        call, pace = prepared.call, self._lanes.of(prepared.call).pace
        entered_at = await pace.enter()
        error: CallError | None = None
        self.out[call.id] = prepared
        try:
            await self._journal.sent(call.id, reserve_usd=prepared.reserve_usd)
            if pace.is_closed:
                self._journal.unbilled(call.id, code="not_sent")
                raise SendingStopped
            prepared.sent_at = time.monotonic()
            async with asyncio.timeout(self._whole_s):
                return await self._client.ask(prepared.question)
        except TimeoutError:
            error = CallError("unknown", "timed_out", "No whole answer came in time.")
            raise error from None
        except CallError as caught:
            error = caught
            if error.fate != "unknown":
                self._journal.unbilled(call.id, code=error.code)
            raise
        except asyncio.CancelledError:
            self._outcomes.doubtful(prepared, CallError("unknown", "stopped", "The job stopped before an answer came."))
            raise
        finally:
            del self.out[call.id]
            if error is not None and error.slow_down:
                pace.refused(entered_at, wait_s=error.wait_s)
            else:
                pace.leave(succeeded=error is None)
