"""One attempt at an order, from the run directory to its result: what was paid before is not paid again.

Puts the parts together; knows the run directory, not the supervisor behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from generation.engine import prompts
from generation.engine.batches.collect import UNANSWERED
from generation.engine.batches.factory import open_batches
from generation.engine.batches.interface import BatchProvider
from generation.engine.batches.loop import BatchLoop
from generation.engine.budget import BudgetTracker
from generation.engine.calls.finish import CallFinisher, EngineContext
from generation.engine.calls.loop import CallLoop
from generation.engine.clients.factory import open_client
from generation.engine.clients.interface import Client, Question, Reply
from generation.engine.clients.prompt_prefix import spread_sample
from generation.engine.contracts import GenerationSpec
from generation.engine.journal import writer as journals
from generation.engine.journal.writer import Journal
from generation.engine.plan import PlannedCall, plan
from generation.engine.processes import ProcessClient, process_count
from generation.engine.processes.frames import OpenTeacher
from generation.engine.recovery import Recovery, announced_elsewhere, earlier_history
from generation.engine.report import Report, scrubber
from jobs.contracts import EngineError
from jobs.rundir import RunDir
from jobs.rundir.run import Outcome
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec

HINTS = {
    "key_refused": "Check the key in the environment of the worker, then resume.",
    "out_of_funds": "Add funds at the provider, raise its spending limit or wait until that resets, then resume.",
    "payment_required": "Add funds at the provider, then resume.",
    "not_found": "Check the model's name and the address on the teacher's page.",
    "forbidden": "Ask the provider for access to this model, or choose another teacher.",
    "rate_limited": "Resume later, or lower the teacher's concurrency.",
    "request_rejected": "Check the teacher's parameters: the provider refuses the requests as they are.",
    "schema_refused": "Set the answers of this teacher to text, and launch a new order.",
    "parameter_refused": "Check the teacher's parameters: the provider does not accept one of them, or its value.",
    "batch_refused": (
        "Read the provider's message; nothing of the batch was paid. Send the calls live, or resume later."
    ),
    "answers_truncated": "Raise max_tokens on the teacher's page (tokens of reasoning count as well), then launch a "
    "new order: this one keeps the limit it was launched with.",
    "answers_declined": "Look at the prompts on this page, change the task's instruction or choose another teacher, "
    "then launch a new order. Resuming sends the remaining calls unchanged.",
    "answers_useless": "Look at the failures on this page: change the task's template or the teacher's answer format, "
    "then launch a new order. Resuming sends the remaining calls unchanged.",
    "unreachable": "Check the address and the network, then resume.",
}


@dataclass
class RunEnding:
    """End of an attempt: an outcome of `RunDir.finish`, figures, and why it failed."""

    outcome: Outcome
    summary: dict[str, Any]
    error: EngineError | None = None


async def run_order(run: RunDir) -> RunEnding:
    """Do what the run directory asks for.

    Raises:
        ValueError: The spec or an earlier journal cannot be read, or the teacher is incomplete.
        OSError: The disk takes no more.
    """
    spec = GenerationSpec.model_validate(run.spec.body)
    history = earlier_history(run)
    secrets = run.secrets()
    scrub = scrubber(secrets.values())
    report = Report(run.emit, total=spec.count)
    ledger = BudgetTracker(spec.budget_usd)
    client = open_clients(spec, task=TaskSpec.model_validate(spec.task), secrets=secrets)
    providers = open_batches(spec, secrets=secrets)
    recovery = Recovery(spec, history, ledger, report, unheard_of=announced_elsewhere(run, spec))
    left = recovery.left()
    journal = Journal(run.path / journals.FILENAME)
    outcomes = CallFinisher(spec, journal=journal, ledger=ledger, report=report, scrub=scrub)
    context = EngineContext(spec, journal, ledger, report, outcomes, run, lambda: run.stop_requested)
    batches = BatchLoop(
        context,
        [call for call in left if call.teacher in providers],
        waiting=recovery.batches,
        accounted_ids=recovery.taken_in,
        providers=providers,
    )
    try:
        await batches.run()
        loop = CallLoop(
            replace(context, should_stop=lambda: run.stop_requested or batches.fatal is not None),
            _live_calls(spec, [call for call in left if call.teacher not in providers], batches, outcomes),
            client=client,
            repairs=batches.repairs,
        )
        loop.tell_progress()
        await loop.run()
        outcomes.left_all(left)
    finally:
        try:
            await _close(client, providers)
        finally:
            await journal.close()
    return _ending(batches, loop, ledger, report, run, scrub)


def _live_calls(
    spec: GenerationSpec, calls: list[PlannedCall], batches: BatchLoop, outcomes: CallFinisher
) -> list[PlannedCall]:
    """Calls to be asked one by one: all of a live order, else what batches left."""
    if spec.way == "live" or (spec.way == "batch" and spec.stragglers == "ask"):
        return [*calls, *batches.stragglers]
    for call in batches.stragglers:
        outcomes.failed_unpaid(outcomes.prepare(call), UNANSWERED)
    return [] if spec.way == "collect" else calls


async def _close(client: Client, providers: Mapping[int, BatchProvider]) -> None:
    await client.close()
    for provider in providers.values():
        await provider.close()


def _ending(
    batches: BatchLoop, loop: CallLoop, ledger: BudgetTracker, report: Report, run: RunDir, scrub: Callable[[Any], Any]
) -> RunEnding:
    summary: dict[str, Any] = {
        "drafts": report.drafts,
        "failures": dict(report.failures),
        "uncertain": report.uncertain,
        "cost_usd": round(ledger.spent_usd, 6),
        "possible_cost_usd": round(ledger.possible_usd, 6),
        "repairs": report.repairs,
        "cached_tokens": report.cached_tokens,
        "cache_saved_usd": round(report.cache_saved_usd, 6),
        "at_provider": batches.at_provider,
        "ended": "complete",
    }
    if fatal := batches.fatal or loop.fatal:
        code = fatal.code
        message = scrub(fatal.message)
        error = EngineError(code=code, message=message, hint=HINTS.get(code, ""))
        return RunEnding("failed", summary | {"ended": code}, error)
    if run.stop_requested and not report.is_complete:
        return RunEnding("stopped", summary | {"ended": "stopped"})
    if batches.is_out_of_budget or loop.is_out_of_budget:
        summary["ended"] = "budget"
    return RunEnding("succeeded", summary)


SAMPLED = 512


class MixedClient:
    """A client for a whole order.

    Args:
        clients: One a teacher, in the order of the mix.
    """

    def __init__(self, clients: Sequence[Client]) -> None:
        self._clients = clients
        self.shared_chars = max(client.shared_chars for client in clients)

    async def ask(self, question: Question) -> Reply:
        return await self._clients[question.teacher].ask(question)

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def open_clients(spec: GenerationSpec, *, task: TaskSpec, secrets: Mapping[str, str]) -> Client:
    """A client for every teacher of the order.

    Raises:
        ImportError: A provider's SDK is not installed on this host.
        ValueError: A teacher is incomplete, or its key was not handed over.
    """
    for teacher in spec.teachers:
        if teacher.secret_ref and not secrets.get(teacher.secret_ref):
            raise ValueError(f"the secret {teacher.secret_ref} was not handed over")
    opened = [
        OpenTeacher(teacher=teacher, key=secrets.get(teacher.secret_ref, ""), sample=sample_of(spec, task, place))
        for place, teacher in enumerate(spec.teachers)
    ]
    if (processes := process_count(spec)) > 1:
        return ProcessClient(opened, task=spec.task, limits=spec.limits, processes=processes)
    clients = [
        open_client(
            open_teacher.teacher,
            task=task,
            key=open_teacher.key,
            limits=spec.limits,
            sample=open_teacher.sample,
            local=spec.local_clients.get(open_teacher.teacher.provider, ""),
        )
        for open_teacher in opened
    ]
    return clients[0] if len(clients) == 1 else MixedClient(clients)


def sample_of(spec: GenerationSpec, task: TaskSpec, teacher: int) -> list[list[Message]]:
    """Some prompts that a teacher of the order gets, the same in every attempt: what they share a cache may keep."""
    # As a short order of the same kind would plan them: a long one need not be planned whole to see what it shares.
    short = spec.model_copy(update={"count": min(spec.count, SAMPLED)})
    calls = [call for call in plan(short) if call.teacher == teacher]
    return [prompts.prompt_of(spec, task, call) for call in spread_sample(calls)]
