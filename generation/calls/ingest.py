"""Takes in what an engine reports: calls into their rows, drafts onto the desk. Idempotent by call id.

Runs inside the transaction that stores the events. A paid end is final: nothing that is told later changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from generation.calls import drafts
from generation.learning import advice_call
from generation.models import Call, Order
from generation.money import alerts, daily_sums
from generation.money.figures import millionths
from generation.orders import batches as orders_batches
from generation.orders import run_spec
from generation.orders.purposes import record_of_call
from generation.selection import best, judge
from generation.selection.filter import ArrivedDrafts
from generation.states import KEEPS_ANSWERS, NOT_ASKED, PROBABILITIES, CallState, Purpose, UncertainPolicy, Way
from jobs.contracts import EngineEvent
from jobs.models import Job, JobEvent
from review.desk.revisions import revision_requests
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500
# What of an event tells what a judge thinks, and what tells how sure a draft's writer was.
_OPINION = ("fields", "excerpt", "probabilities")
_SURENESS = ("mean_log_prob",)
_EMPTY: dict[type, object] = {str: "", dict: {}}
WRITTEN = (
    "state",
    "position",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "way",
    "teacher_name",
    "cost_usd",
    "cost_is_estimate",
    "possible_cost_usd",
    "claimed_cost_usd",
    "is_repair",
    "error_code",
    "error_message",
    "excerpt",
    "fields",
    "model",
    "request_id",
    "prompt_hash",
    "latency_s",
    "updated_at",
)


def consume(job: Job, events: Iterable[EngineEvent]) -> None:
    """Bring the rows of calls up to what the events say, and put new drafts on the desk."""
    call_events = [event for event in events if event.kind in ("draft", "failure", "uncertain", "sent", "unsent")]
    batches = [event for event in events if event.kind == "batch"]
    if not call_events and not batches:
        return
    order = locked_order(job)
    if order is None:
        return
    orders_batches.record_batch_events(order, batches)
    calls = _stored_calls(call_events)
    before = daily_sums.snapshot(order, calls.values())
    fresh: dict[UUID, dict[str, Any]] = {}
    for event in call_events:
        if event.kind == "sent":
            _take_sent(order, calls, event.payload)
        elif event.kind == "unsent":
            _take_unsent(calls, event.payload)
        elif _take_end(order, calls, event) and event.kind == "draft":
            fresh[UUID(event.payload["call_id"])] = event.payload
    if order.purpose not in KEEPS_ANSWERS:
        _to_desk(order, calls, fresh)
    Call.objects.bulk_create(
        calls.values(), batch_size=CHUNK, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    _consume_answers(order, calls, fresh)
    if order.purpose == Purpose.RUBRIC:
        _keep_to_calls(job, call_events, _OPINION)
    _keep_to_calls(job, call_events, _SURENESS)
    if (more_usd := daily_sums.book(order, before, calls.values())) > 0:
        alerts.check_spending(order, more_usd)


def locked_order(job: Job) -> Order | None:
    """Return a job's order with its row locked, so that this and settling its calls by hand wait for each other."""
    orders = Order.objects.select_related("task_version__task", "teacher")
    return orders.select_for_update(of=("self",), no_key=True).filter(orders_batches.order_of_job(job)).first()


def _stored_calls(events: Iterable[EngineEvent]) -> dict[UUID, Call]:
    ids = [UUID(call["call_id"]) for event in events for call in event.payload.get("calls", [event.payload])]
    calls: dict[UUID, Call] = {}
    for chunk in chunked(ids, CHUNK):
        calls.update(Call.objects.in_bulk(chunk))
    return calls


def _take_sent(order: Order, calls: dict[UUID, Call], payload: dict[str, Any]) -> None:
    for entry in payload["calls"]:
        pk = UUID(entry["call_id"])
        if pk not in calls:
            record_id, position = record_of_call(order, entry["record"]), entry.get("index", 0)
            calls[pk] = Call(pk=pk, order=order, record_id=record_id, position=position, state=CallState.SENT)
        elif not _is_final(calls[pk]):
            calls[pk].state = CallState.SENT


def _take_unsent(calls: dict[UUID, Call], payload: dict[str, Any]) -> None:
    """Reset calls that were turned down and left: nothing was paid, a later attempt asks again."""
    for entry in payload["calls"]:
        call = calls.get(UUID(entry["call_id"]))
        if call is not None and call.state == CallState.SENT:
            take_unasked(call)


def take_unasked(call: Call) -> None:
    """Write into a call that it was turned down and then left, unsaved."""
    call.state, call.error_code = CallState.FAILED, NOT_ASKED
    call.error_message = "The job ended before its turn."


def _is_final(call: Call) -> bool:
    is_paid = call.cost_usd > 0 or call.is_corrected
    return call.state == CallState.ANSWERED or (call.state == CallState.FAILED and is_paid)


def _take_end(order: Order, calls: dict[UUID, Call], event: EngineEvent) -> bool:
    """Write an end into its row; False when the row has its end already."""
    payload = event.payload
    pk = UUID(payload["call_id"])
    call = calls.get(pk) or Call(pk=pk, order=order, record_id=record_of_call(order, payload["record"]))
    if call.state and (_is_final(call) or (call.settlement and event.kind == "uncertain")):
        return False
    calls[pk] = call
    call.state = {"draft": CallState.ANSWERED, "failure": CallState.FAILED}.get(event.kind, CallState.UNCERTAIN)
    usage = payload.get("usage", {})
    call.position = payload["index"]
    call.input_tokens, call.output_tokens = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    call.cached_tokens, call.cache_write_tokens = usage.get("cached_tokens", 0), usage.get("cache_write_tokens", 0)
    call.way = payload.get("way", Way.LIVE)
    call.teacher_name = payload.get("teacher_name", "")[:120]
    if not call.is_corrected:
        call.cost_usd = millionths(payload.get("cost_usd", 0))
        call.cost_is_estimate = bool(payload.get("cost_is_estimate") or order.teacher_spec.get("is_price_assumed"))
        call.possible_cost_usd = _possible_usd(order, call, payload)
    claimed_usd = payload.get("claimed_cost_usd")
    call.claimed_cost_usd = None if claimed_usd is None else millionths(claimed_usd)
    call.is_repair = bool(payload.get("is_repair"))
    call.error_code, call.error_message = payload.get("code", ""), payload.get("message", "")
    call.excerpt = payload.get("excerpt", "")
    call.model, call.request_id = payload.get("model", "")[:120], payload.get("request_id", "")[:120]
    call.prompt_hash, call.latency_s = payload.get("prompt_hash", ""), payload["latency_s"]
    if order.purpose in KEEPS_ANSWERS:
        call.fields = payload.get("fields")
        if call.fields is not None and payload.get("probabilities"):
            call.fields = {**call.fields, PROBABILITIES: payload["probabilities"]}
    return True


def _possible_usd(order: Order, call: Call, payload: dict[str, Any]) -> Decimal:
    """Possible cost of tries that brought no word."""
    possible = millionths(payload.get("possible_cost_usd", 0))
    if call.state != CallState.UNCERTAIN and order.uncertain_policy == UncertainPolicy.HOLD:
        # A held call has one try: whatever was in doubt, this end is its end.
        return possible
    # A call in doubt is told again after a resume, then without its worst case.
    return max(call.possible_cost_usd, possible)


def _to_desk(order: Order, calls: dict[UUID, Call], payloads: dict[UUID, dict[str, Any]]) -> None:
    if order.purpose == Purpose.REVISION:
        _to_reviser(order, calls, payloads)
        return
    arrival = ArrivedDrafts(order, drafts.drafts_of(order, list(payloads.values())))
    try:
        added = add_drafts(version=order.task_version, drafts=arrival.drafts, job_id=order.job_id)
    except Refusal:
        added = [row for draft in arrival.drafts for row in _add_alone(order, calls, draft)]
    arrival.added(added)


def _keep_to_calls(job: Job, events: Sequence[EngineEvent], names: Sequence[str]) -> None:
    """Keep opinions out of the job's events, which reviewers may read: they would bias later verdicts."""
    numbers = [event.seq for event in events if any(name in event.payload for name in names)]
    for chunk in chunked(numbers, CHUNK):
        rows = list(JobEvent.objects.filter(job=job, fence=job.run_fence, engine_seq__in=chunk))
        for row in rows:
            row.payload |= {name: _EMPTY.get(type(row.payload[name])) for name in names if name in row.payload}
        JobEvent.objects.bulk_update(rows, ["payload"])


def _consume_answers(order: Order, calls: dict[UUID, Call], payloads: dict[UUID, dict[str, Any]]) -> None:
    if order.purpose == Purpose.JUDGING:
        judge.take_answers(order, payloads, calls)
    elif order.purpose == Purpose.TEACHING:
        for payload in payloads.values():
            advice_call.take_answer(order, payload["fields"])
    elif order.variety:
        best.choose_complete(order, {call.record_id for call in calls.values() if call.record_id})


def _to_reviser(order: Order, calls: dict[UUID, Call], answers: dict[UUID, dict[str, Any]]) -> None:
    """Hand a rewritten draft to its requester; one that does not fit counts as a failure."""
    job_id = order.job_id
    if job_id is None:
        return
    for call_id, payload in answers.items():
        try:
            draft = drafts.draft_of(order, payload, run_spec.revision_conversation(order))
            revision_requests.receive(job_id, draft, version=order.task_version)
        except Refusal as refusal:
            call = calls[call_id]
            call.state, call.error_code, call.error_message = CallState.FAILED, refusal.code[:40], refusal.message


def _add_alone(order: Order, calls: dict[UUID, Call], draft: NewDraft) -> list[Draft]:
    """Add drafts one by one: one that the desk refuses must not hold up the rest."""
    try:
        return add_drafts(version=order.task_version, drafts=[draft], job_id=order.job_id)
    except Refusal as refusal:
        call = calls[UUID(draft.call_id)]
        call.state, call.error_code, call.error_message = CallState.FAILED, refusal.code[:40], refusal.message
        return []
