"""End of a call: priced, judged, noted in the journal, told outside, settled in the ledger. Knows no network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from generation.engine import prompts
from generation.engine.budget import BudgetTracker, bounded_usage, worst_case
from generation.engine.calls.parse import EXCERPT_CHARS, FailedAnswer, parse_answer
from generation.engine.calls.stop import WasteGuard
from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.contracts import GenerationSpec
from generation.engine.journal.writer import Journal
from generation.engine.plan import PlannedCall
from generation.engine.repairs import FLAWED, FlawedAnswer, repair_call
from generation.engine.report import Report
from generation.engine.structured import schema_words
from jobs.rundir import RunDir, lines
from review.spec import prompting
from review.spec.task_spec import TaskSpec

# What a server calls its model and its answer; a longer name would not fit an event.
LONGEST_NAME = 120
LEFT_IN_DOUBT = CallError("unknown", "left_in_doubt", "The job ended after a try of this call that may have been paid.")


@dataclass
class PreparedCall:
    """A planned call with its prompt and its worst case: (input tokens, output tokens) and US dollars."""

    call: PlannedCall
    messages: list[prompting.Message]
    bound_tokens: tuple[int, int]
    reserve_usd: float
    prompt_hash: str
    is_batch: bool = False
    # The flawed answer that this call is to mend.
    repairs: FlawedAnswer | None = None
    sent_at: float = field(default_factory=time.monotonic)

    @property
    def question(self) -> Question:
        """Return the question to a client: the same live and in a batch."""
        call = self.call
        return Question(
            call.id,
            self.messages,
            call.record.facts,
            call.seed,
            call.repeat,
            call.teacher,
            call.temperature,
            call.record.thread,
        )


class CallFinisher:
    """Brings calls to their end. One event loop uses it.

    Args:
        scrub: Takes secrets out of anything that is written down.

    Attributes:
        money_moved: Set whenever a reserve was given back.
    """

    def __init__(
        self,
        spec: GenerationSpec,
        *,
        journal: Journal,
        ledger: BudgetTracker,
        report: Report,
        scrub: Callable[[Any], Any],
    ) -> None:
        self._spec, self._journal, self._ledger, self._report, self._scrub = spec, journal, ledger, report, scrub
        self.task = TaskSpec.model_validate(spec.task)
        self.money_moved = asyncio.Event()
        self._waste = [WasteGuard() for _ in spec.teachers]
        self._beside = [schema_words(teacher, self.task) for teacher in spec.teachers]

    def prepare(self, call: PlannedCall, *, is_batch: bool = False) -> PreparedCall:
        messages = prompts.prompt_of(self._spec, self.task, call)
        addition = self._beside[call.teacher]
        paid_for = [*messages, {"role": "system", "content": addition}] if addition else messages
        input_bound, output_bound, reserve_usd = worst_case(self._spec.asked(call.teacher), paid_for, is_batch=is_batch)
        return PreparedCall(
            call, messages, (input_bound, output_bound), reserve_usd, prompting.prompt_hash(messages), is_batch
        )

    def answered(self, prepared: PreparedCall, reply: Reply) -> CallError | None:
        """An answer came and is paid: a draft, or a failure with the same cost.

        Returns:
            Why no more should be asked of this teacher, after too many answers in a row that were no drafts.
        """
        kind, payload = self._paid_end(prepared, reply)
        self._journal.answered(prepared.call.id, kind=kind, payload=payload)
        self.release(prepared, cost_usd=payload["cost_usd"])
        self._tell(prepared, kind, payload)
        first = prepared.repairs
        if first is None:
            return self._took(prepared, kind, payload, cost_usd=payload["cost_usd"])
        # Of the two only one counts: the mended draft, or else the flawed one if it is whole.
        is_kept = first.kind == "draft"
        both_usd = first.payload["cost_usd"] + payload["cost_usd"]
        return self._took(prepared, first.kind if is_kept else kind, payload, cost_usd=both_usd)

    def flawed(self, prepared: PreparedCall, reply: Reply) -> PreparedCall:
        """An answer came, is paid, and is to be mended: its end is told with that of the call returned, its repair."""
        first = FlawedAnswer(*self._paid_end(prepared, reply))
        self._journal.answered(prepared.call.id, kind=FLAWED, payload=first.journalled())
        self.release(prepared, cost_usd=first.payload["cost_usd"])
        repair = self.prepare(repair_call(prepared.call, prepared.messages, reply))
        return replace(repair, prompt_hash=prepared.prompt_hash, repairs=first)

    def unrepaired(self, repair: PreparedCall) -> CallError | None:
        """No repair was made: the flawed answer ends as what it is by itself.

        Returns:
            As `answered` does.
        """
        first = repair.repairs
        if first is None or first.is_told:
            return None
        first.is_told = True
        self._report.outcome(first.kind, first.payload)
        return self._took(repair, first.kind, first.payload, cost_usd=first.payload["cost_usd"])

    def _took(self, prepared: PreparedCall, kind: str, payload: dict[str, Any], *, cost_usd: float) -> CallError | None:
        code, message = str(payload.get("code", "")), str(payload.get("message", ""))
        waste = self._waste[prepared.call.teacher]
        return waste.took(is_draft=kind == "draft", code=code, message=message, cost_usd=cost_usd)

    def _paid_end(self, prepared: PreparedCall, reply: Reply) -> tuple[str, dict[str, Any]]:
        teacher = self._spec.asked(prepared.call.teacher)
        used = bounded_usage(
            teacher, reply, prepared.bound_tokens, most_usd=prepared.reserve_usd, is_batch=prepared.is_batch
        )
        input_tokens, output_tokens, cache, cost_usd = used.input_tokens, used.output_tokens, used.cache, used.cost_usd
        uncached_usd = teacher.cost_usd(input_tokens, output_tokens, is_batch=prepared.is_batch)
        payload = self._identity(prepared) | {
            "usage": {"input_tokens": input_tokens, "output_tokens": output_tokens, **cache},
            # Of tries that were lost before this one was answered.
            "possible_cost_usd": self._ledger.doubted_usd(prepared.call.id),
            "cost_usd": cost_usd,
            "cost_is_estimate": cost_usd > 0 and used.is_estimate,
            # What the answer's own count would have come to, where no call of this prompt can have cost that.
            "claimed_cost_usd": used.claimed_usd,
            "cache_saved_usd": round(uncached_usd - cost_usd, 9),
            "model": reply.model[:LONGEST_NAME],
            "request_id": reply.request_id[:LONGEST_NAME],
            "parameters": self._provenance(prepared),
        }
        if reply.flaws:
            payload["flaws"] = [flaw[:EXCERPT_CHARS] for flaw in reply.flaws]
        outcome = parse_answer(self.task, reply)
        if isinstance(outcome, FailedAnswer):
            message = outcome.message[:EXCERPT_CHARS]
            payload |= {"code": outcome.code, "message": message, "excerpt": outcome.excerpt}
            return "failure", self._scrubbed(payload)
        payload |= {"fields": outcome.fields, "labelled_defects": list(reply.labelled_defects)}
        if reply.probabilities:
            payload["probabilities"] = {name: dict(shares) for name, shares in reply.probabilities.items()}
        if reply.mean_log_prob is not None:
            payload["mean_log_prob"] = reply.mean_log_prob
        return "draft", self._scrubbed(payload)

    def _scrubbed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Payload without secrets, and without half characters: the journal takes none."""
        clean: dict[str, Any] = self._scrub(lines.storable(payload))
        return clean

    def _provenance(self, prepared: PreparedCall) -> dict[str, Any]:
        if prepared.repairs:
            first = prepared.repairs.payload
            return {**first["parameters"], "repaired": first["flaws"]}
        parameters = prompts.provenance(self._spec, prepared.call)
        return parameters | {"answers": "json"} if self._beside[prepared.call.teacher] else parameters

    def _tell(self, prepared: PreparedCall, kind: str, payload: dict[str, Any]) -> None:
        """Report an end; that of a repair together with the flawed answer's. Only one of the two counts."""
        first = prepared.repairs
        if first is None or first.is_told:
            self._report.outcome(kind, payload)
            return
        first.is_told = True
        self._report.repaired(first, kind, payload)

    def failed_unpaid(self, prepared: PreparedCall, error: CallError) -> None:
        """No answer could be had and nothing was paid. Not journalled as an end: a later attempt asks again."""
        self.release(prepared)
        self._tell(prepared, "failure", self._unpaid(prepared, error))

    def left(self, prepared: PreparedCall) -> None:
        """The order stops before a call has its end. What lost tries of it may have cost must be known outside."""
        self.release(prepared)
        if prepared.call.id not in self._ledger.doubts:
            return
        payload = self._unpaid(prepared, LEFT_IN_DOUBT)
        if prepared.repairs:
            self._tell(prepared, "failure", payload)
        else:
            self._report.outcome("failure", payload, counts=False)

    def left_all(self, calls: Iterable[PlannedCall]) -> None:
        """The same of those calls that were never sent again."""
        for call in calls:
            if call.id in self._ledger.doubts:
                self.left(self.prepare(call))

    def _unpaid(self, prepared: PreparedCall, error: CallError) -> dict[str, Any]:
        return self._scrubbed(
            self._identity(prepared)
            | {
                "usage": {"input_tokens": 0, "output_tokens": 0},
                "cost_usd": 0.0,
                "possible_cost_usd": self._ledger.doubted_usd(prepared.call.id),
                "cost_is_estimate": False,
                "code": error.code,
                "message": error.message,
                "excerpt": "",
                "request_id": error.request_id,
            }
        )

    def doubtful(self, prepared: PreparedCall, error: CallError) -> None:
        """The call may have been paid: shown with its possible cost, and still only *sent* in the journal."""
        self.release(prepared, possible_usd=prepared.reserve_usd)
        self._tell(
            prepared,
            "uncertain",
            self._scrub(
                self._identity(prepared)
                | {
                    "possible_cost_usd": prepared.reserve_usd + self._ledger.doubted_usd(prepared.call.id),
                    "code": error.code,
                    "message": error.message,
                    "request_id": error.request_id,
                }
            ),
        )

    def doubted(self, prepared: PreparedCall) -> None:
        """A try may have been paid, and the call is asked again: its end will tell of it."""
        self.release(prepared)
        self._ledger.doubt(prepared.call.id, prepared.reserve_usd)

    def release(self, prepared: PreparedCall, *, cost_usd: float = 0.0, possible_usd: float = 0.0) -> None:
        self._ledger.release(prepared.reserve_usd, cost_usd=cost_usd, possible_usd=possible_usd)
        self.money_moved.set()

    def _identity(self, prepared: PreparedCall) -> dict[str, Any]:
        call = prepared.call
        return {
            "call_id": call.id,
            "index": call.index,
            "is_repair": prepared.repairs is not None,
            "teacher": call.teacher,
            "teacher_name": self._spec.name_in_mix(call.teacher),
            "way": "batch" if prepared.is_batch else "live",
            "record": call.record.id,
            "record_title": call.record.title,
            "repeat": call.repeat,
            "prompt_hash": prepared.prompt_hash,
            "latency_s": round(time.monotonic() - prepared.sent_at, 3),
        }


@dataclass(frozen=True)
class EngineContext:
    """Context that every part of one attempt works with.

    Attributes:
        budget: The money, what earlier attempts spent included.
        run: Says which events are stored outside; the lines of a batch are written there before they are submitted.
        should_stop: Asked about ten times a second.
    """

    spec: GenerationSpec
    journal: Journal
    budget: BudgetTracker
    report: Report
    finisher: CallFinisher
    run: RunDir
    should_stop: Callable[[], bool]
