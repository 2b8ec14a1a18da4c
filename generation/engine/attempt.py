"""One attempt at an order, from the run directory to its result: what was paid before is not paid again.

Puts the parts together; knows the run directory, not the supervisor behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from generation.engine import history as histories
from generation.engine import journal as journals
from generation.engine.calls import CallLoop
from generation.engine.contracts import GenerationSpec
from generation.engine.diversity.asking import open_all
from generation.engine.history import CallFate
from generation.engine.journal import Journal
from generation.engine.ledger import Ledger
from generation.engine.outcomes import Outcomes
from generation.engine.plan import PlannedCall, plan
from generation.engine.repairs import FLAWED, Flawed, repair_id
from generation.engine.report import Report, scrubber
from jobs.contracts import EngineError
from jobs.rundir import RunDir
from jobs.rundir.run import Outcome
from review.spec import TaskSpec

HINTS = {
    "key_refused": "Check the key in the environment of the worker, then resume.",
    "out_of_funds": "Add funds at the provider, then resume.",
    "payment_required": "Add funds at the provider, then resume.",
    "not_found": "Check the model's name and the address on the teacher's page.",
    "forbidden": "Ask the provider for access to this model, or choose another teacher.",
    "rate_limited": "Resume later, or lower the teacher's concurrency.",
    "request_rejected": "Check the teacher's parameters: the provider refuses the requests as they are.",
    "schema_refused": "Set the answers of this teacher to text, and launch a new order.",
    "unreachable": "Check the address and the network, then resume.",
}


@dataclass
class Ending:
    """How an attempt ended: an outcome of `RunDir.finish`, figures, and why it failed."""

    outcome: Outcome
    summary: dict[str, Any]
    error: EngineError | None = None


async def run_order(run: RunDir) -> Ending:
    """Do what the run directory asks for.

    Raises:
        ValueError: The spec or an earlier journal cannot be read, or the teacher is incomplete.
        OSError: The disk takes no more.
    """
    spec = GenerationSpec.model_validate(run.spec.body)
    fates = earlier_fates(run)
    secrets = run.secrets()
    scrub = scrubber(secrets.values())
    report = Report(run.emit, total=spec.count)
    ledger = Ledger(spec.budget_usd)
    client = open_all(spec, task=TaskSpec.model_validate(spec.task), secrets=secrets)
    left = Recovery(spec, fates, ledger, report).left()
    journal = Journal(run.path / journals.FILENAME)
    outcomes = Outcomes(spec, journal=journal, ledger=ledger, report=report, scrub=scrub)
    loop = CallLoop(
        spec,
        left,
        client=client,
        journal=journal,
        ledger=ledger,
        report=report,
        outcomes=outcomes,
        should_stop=lambda: run.stop_requested,
    )
    loop.tell_progress()
    try:
        await loop.run()
    finally:
        await client.close()
        await journal.close()
    return _ending(loop, ledger, report, run, scrub)


def earlier_fates(run: RunDir) -> dict[str, CallFate]:
    """What earlier attempts paid: the newest journal carries all before it, and is carried on into this attempt's."""
    own = run.path / journals.FILENAME
    source = next((p for p in (folder / journals.FILENAME for folder in run.earlier()) if p.exists()), None)
    if source is not None:
        histories.carry_over(source, own)
    return histories.read(own)


class Recovery:
    """Sorts the planned calls by what is known of them from before."""

    def __init__(self, spec: GenerationSpec, fates: dict[str, CallFate], ledger: Ledger, report: Report) -> None:
        self._spec, self._fates, self._ledger, self._report = spec, fates, ledger, report

    def left(self) -> list[PlannedCall]:
        """Tell again what was answered, hold or re-ask what is in doubt, and return what is to be asked."""
        return [call for call in plan(self._spec) if self._is_left(call)]

    def _is_left(self, call: PlannedCall) -> bool:
        fate = self._fates.get(call.id)
        if fate is not None and fate.state == "answered" and fate.kind == FLAWED:
            self._tell_flawed(call, fate)
            return False
        if fate is not None and fate.state == "answered":
            # Told again: the database may have missed it, and knows it by its id if not.
            self._ledger.spent_usd += float(fate.payload["cost_usd"])
            self._report.outcome(fate.kind, fate.payload, is_new=False)
            return False
        if call.id in self._spec.settled:
            # A repair is a call of its own beside the plan, and its cost is the order's.
            self._ledger.spent_usd += self._spec.settled[call.id] + self._spec.settled.get(repair_id(call.id), 0.0)
            self._report.already_settled(1)
            return False
        in_doubt = fate.state == "sent" if fate else call.id in self._spec.in_doubt
        return not in_doubt or self._ask_again(call, fate.reserve_usd if fate else 0.0)

    def _tell_flawed(self, call: PlannedCall, fate: CallFate) -> None:
        """A flawed answer of before, with its repair as far as that had come: none is asked for twice."""
        first = Flawed.from_journal(fate.payload)
        self._ledger.spent_usd += float(first.payload["cost_usd"])
        repair = self._fates.get(repair_id(call.id))
        if repair is None or repair.state == "unbilled":
            self._report.outcome(first.kind, first.payload, is_new=False)
        elif repair.state == "answered":
            self._ledger.spent_usd += float(repair.payload["cost_usd"])
            self._report.repaired(first, repair.kind, repair.payload, is_new=False)
        else:
            self._ledger.possible_usd += repair.reserve_usd
            told = _interrupted(replace(call, id=repair_id(call.id)), repair.reserve_usd)
            self._report.repaired(first, "uncertain", told, is_new=False)

    def _ask_again(self, call: PlannedCall, possible_usd: float) -> bool:
        if self._spec.uncertain == "retry":
            # Its end will say what this lost try may have cost.
            self._ledger.doubt(call.id, possible_usd)
            return True
        self._ledger.possible_usd += possible_usd
        self._report.outcome("uncertain", _interrupted(call, possible_usd), is_new=False)
        return False


def _interrupted(call: PlannedCall, possible_usd: float) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "index": call.index,
        "record": call.record.id,
        "repeat": call.repeat,
        "possible_cost_usd": possible_usd,
        "code": "interrupted",
        "message": "The engine ended while this call was on the wire.",
        "latency_s": 0.0,
    }


def _ending(loop: CallLoop, ledger: Ledger, report: Report, run: RunDir, scrub: Callable[[Any], Any]) -> Ending:
    summary: dict[str, Any] = {
        "drafts": report.drafts,
        "failures": dict(report.failures),
        "uncertain": report.uncertain,
        "cost_usd": round(ledger.spent_usd, 6),
        "possible_cost_usd": round(ledger.possible_usd, 6),
        "repairs": report.repairs,
        "cached_tokens": report.cached_tokens,
        "cache_saved_usd": round(report.cache_saved_usd, 6),
        "ended": "complete",
    }
    if loop.fatal is not None:
        code = loop.fatal.code
        message = scrub(loop.fatal.message)
        error = EngineError(code=code, message=message, hint=HINTS.get(code, ""))
        return Ending("failed", summary | {"ended": code}, error)
    if run.stop_requested and not report.is_complete:
        return Ending("stopped", summary | {"ended": "stopped"})
    if loop.is_out_of_budget:
        summary["ended"] = "budget"
    return Ending("succeeded", summary)
