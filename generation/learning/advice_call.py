"""Words of the call of a proposal, and what its answer becomes: the same when it is priced, sent and sent again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from generation.learning import advice_prompt, counting, evidence, examples
from generation.models import Order, TaskProposal
from generation.states import CallState, ProposalState
from jobs.models import Job
from review.spec.prompting import Message
from web.errors import Refusal

# Under which name a proposal keeps the rows that it was asked about.
EXAMPLES = "examples"


def conversation_of(order: Order) -> list[Message]:
    """The conversation of an order that asks for advice.

    Raises:
        Refusal: `proposal_gone`, the proposal was withdrawn.
    """
    proposal = TaskProposal.objects.select_related("base_version").filter(order=order).first()
    if proposal is None or proposal.state != ProposalState.WAITING:
        raise Refusal(
            "proposal_gone", "This proposal is no longer needed.", hint="Request a new one on the task's page."
        )
    spec = proposal.base_version.spec
    if rows := proposal.counted.get(EXAMPLES):
        return examples.conversation(spec, examples.read(rows))
    cases = evidence.read(proposal.decisions)
    return advice_prompt.advice_conversation(spec, advice_prompt.select_cases(cases), counting.count(spec, cases))


def conversations(order: Order) -> dict[str, list[Message]]:
    """The conversation of an order that asks for advice, by its one record."""
    [record_id] = order.record_ids
    return {record_id: conversation_of(order)}


def take_answer(order: Order, answer: dict[str, Any]) -> None:
    """Take in an adviser's answer, inside the caller's transaction. A second answer changes nothing."""
    waiting = TaskProposal.objects.select_for_update(of=("self",)).select_related("base_version")
    proposal = waiting.filter(order=order, state=ProposalState.WAITING).first()
    if proposal is None:
        return
    spec = proposal.base_version.spec
    changes = advice_prompt.parse_changes(spec, answer, advice_prompt.select_cases(evidence.read(proposal.decisions)))
    proposal.changes = [asdict(change) for change in changes]
    proposal.state = ProposalState.OPEN if changes else ProposalState.FAILED
    proposal.why_not = "" if changes else "The teacher proposes no change."
    proposal.save(update_fields=["changes", "state", "why_not"])


def on_job_ended(job: Job) -> None:
    """Once the job has ended without an answer, the proposal says why."""
    proposal = TaskProposal.objects.filter(order__job=job, state=ProposalState.WAITING).first()
    if proposal is None or proposal.order is None:
        return
    call = proposal.order.calls.exclude(state=CallState.ANSWERED).exclude(error_message="").first()
    message = call.error_message if call else (job.error or {}).get("message", "")
    proposal.state = ProposalState.FAILED
    proposal.why_not = str(message)[:300] or f"The job ended {job.state}."
    proposal.save(update_fields=["state", "why_not"])
