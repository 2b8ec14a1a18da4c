"""Knowledge of an attempt about those before it: what is answered, in doubt, at the provider, and left to ask.

Knows journals and the spec; knows no network.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generation.engine import prompts
from generation.engine.batches.state import open_batches_of, unreported_ends
from generation.engine.budget import BudgetTracker, worst_case
from generation.engine.contracts import GenerationSpec
from generation.engine.journal import history as histories
from generation.engine.journal import writer as journals
from generation.engine.journal.history import CallFate, History
from generation.engine.plan import PlannedCall, expand_runs, plan
from generation.engine.repairs import FLAWED, FlawedAnswer, repair_id
from generation.engine.report import Report
from generation.engine.structured import paid_messages
from jobs.rundir import RunDir
from review.spec.task_spec import TaskSpec


def announced_elsewhere(run: RunDir, spec: GenerationSpec) -> frozenset[int]:
    """Indexes of calls that attempts elsewhere announced, and may have asked for: no journal here tells of them."""
    here = {folder.name for folder in run.earlier()}
    elsewhere = [announcement for announcement in spec.announced if str(announcement.attempt) not in here]
    return frozenset(index for announcement in elsewhere for index in expand_runs(announcement.positions))


def earlier_history(run: RunDir) -> History:
    """Read what earlier attempts paid: the newest journal carries all before it, and is carried on into this attempt's.

    Raises:
        ValueError: It is damaged: what was paid cannot be known.
    """
    own = run.path / journals.FILENAME
    source = next((p for p in (folder / journals.FILENAME for folder in run.earlier()) if p.exists()), None)
    if source is not None:
        histories.carry_over(source, own)
    return histories.read_history(own)


class Recovery:
    """Sorts the planned calls by what is known of them from before.

    Args:
        unheard_of: Indexes of calls that were announced elsewhere; see `announced_elsewhere`.

    Attributes:
        batches: Those that still lie at the provider, as far as anybody here knows.
        taken_in: The provider's names of batches that were taken in.
    """

    def __init__(
        self,
        spec: GenerationSpec,
        history: History,
        ledger: BudgetTracker,
        report: Report,
        *,
        unheard_of: frozenset[int] = frozenset(),
    ) -> None:
        self._spec, self._fates, self._ledger, self._report = spec, history.calls, ledger, report
        self._plan, self._unheard_of = plan(spec), unheard_of
        self._task = TaskSpec.model_validate(spec.task)
        self.batches = open_batches_of(history, spec.batches, self._plan, settled=spec.settled)
        ended = (batch.batch_id for batch in history.batches.values() if batch.state == "ended")
        self.taken_in = frozenset([*ended, *spec.taken_in])
        self._in_batches = {call for batch in self.batches for call in batch.calls}
        self._ends_to_tell = unreported_ends(history, spec.batches)

    def left(self) -> list[PlannedCall]:
        """Tell again what was answered, hold or re-ask what is in doubt, and return what is to be asked."""
        left = [call for call in self._plan if self._is_left(call)]
        # A batch has ended once each of its calls has: those were told again before.
        for end in self._ends_to_tell:
            self._report.batch(end)
        return left

    def _is_left(self, call: PlannedCall) -> bool:
        fate = self._fates.get(call.id)
        if call.id in self._in_batches:
            self._doubt_lost_tries(call, fate)
            return False
        if fate is not None and fate.state == "answered" and fate.kind == FLAWED:
            self._tell_flawed(call, fate)
            return False
        if fate is not None and fate.state == "answered":
            # Told again: the database may have missed it, and knows it by its id if not.
            known_usd = self._take_cost(fate.payload)
            # Another host may have asked for it once more, and been answered too.
            self._ledger.possible_usd += max(0.0, self._spec.settled.get(call.id, 0.0) - known_usd)
            self._report.outcome(fate.kind, fate.payload, is_new=False)
            return False
        if call.id in self._spec.settled:
            self._take_settled(call.id)
            return False
        in_doubt = fate.state == "sent" if fate else call.id in self._spec.in_doubt
        if in_doubt or call.index in self._unheard_of:
            # The database may have been told of more tries than this journal, or of the worst price of another host's.
            last_usd = (fate.reserve_usd if fate else 0.0) or self._worst_usd(call)
            possible_usd = max(self._lost_usd(call, fate) + last_usd, self._spec.in_doubt.get(call.id, 0.0))
            return self._ask_again(call, possible_usd)
        self._doubt_lost_tries(call, fate)
        return True

    def _take_settled(self, call: str) -> None:
        """Count the known cost of an ended call, and of its repair: a call beside the plan."""
        for key in (call, repair_id(call)):
            self._ledger.spent_usd += self._spec.settled.get(key, 0.0)
            self._ledger.possible_usd += self._spec.doubted.get(key, 0.0) + self._spec.in_doubt.get(key, 0.0)
        self._report.already_settled(1)

    def _lost_usd(self, call: PlannedCall, fate: CallFate | None) -> float:
        """Possible cost of tries before the last one that brought no word."""
        return max(fate.doubted_usd if fate else 0.0, self._spec.doubted.get(call.id, 0.0))

    def _doubt_lost_tries(self, call: PlannedCall, fate: CallFate | None) -> None:
        if lost_usd := self._lost_usd(call, fate):
            self._ledger.doubt(call.id, lost_usd)

    def _take_cost(self, payload: dict[str, Any]) -> float:
        """Add the cost of an end and of tries lost before it; return both together."""
        cost_usd, possible_usd = float(payload["cost_usd"]), float(payload.get("possible_cost_usd", 0.0))
        self._ledger.spent_usd += cost_usd
        self._ledger.possible_usd += possible_usd
        return cost_usd + possible_usd

    def _worst_usd(self, call: PlannedCall) -> float:
        teacher, messages = self._spec.asked(call.teacher), prompts.prompt_of(self._spec, self._task, call)
        return worst_case(teacher, paid_messages(teacher, self._task, messages))[2]

    def _tell_flawed(self, call: PlannedCall, fate: CallFate) -> None:
        """Report an earlier flawed answer with its repair as far as that had come: none is asked for twice."""
        first = FlawedAnswer.from_journal(fate.payload)
        self._take_cost(first.payload)
        repair = self._fates.get(repair_id(call.id))
        if repair is None or repair.state == "unbilled":
            self._ledger.possible_usd += repair.doubted_usd if repair else 0.0
            self._report.outcome(first.kind, first.payload, is_new=False)
        elif repair.state == "answered":
            self._take_cost(repair.payload)
            self._report.repaired(first, repair.kind, repair.payload, is_new=False)
        else:
            possible_usd = repair.doubted_usd + repair.reserve_usd
            self._ledger.possible_usd += possible_usd
            payload = _interrupted(self._spec, replace(call, id=repair_id(call.id)), possible_usd) | {"is_repair": True}
            self._report.repaired(first, "uncertain", payload, is_new=False)

    def _ask_again(self, call: PlannedCall, possible_usd: float) -> bool:
        if self._spec.uncertain == "retry":
            # Its end will say what this lost try may have cost.
            self._ledger.doubt(call.id, possible_usd)
            return True
        self._ledger.possible_usd += possible_usd
        self._report.outcome("uncertain", _interrupted(self._spec, call, possible_usd), is_new=False)
        return False


def _interrupted(spec: GenerationSpec, call: PlannedCall, possible_usd: float) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "index": call.index,
        "teacher": call.teacher,
        "teacher_name": spec.name_in_mix(call.teacher),
        "record": call.record.id,
        "repeat": call.repeat,
        "possible_cost_usd": possible_usd,
        "code": "interrupted",
        "message": "The engine ended while this call was being sent.",
        "latency_s": 0.0,
    }
