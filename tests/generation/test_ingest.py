from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from generation.calls import ingest
from generation.engine.__main__ import main
from generation.engine.contracts import GenerationSpec
from generation.kinds import GenerationKind
from generation.models import Call, Order, Teacher
from generation.orders import launch, run_spec
from generation.states import Purpose
from jobs.contracts import EngineEvent, Result, SpecEnvelope
from jobs.lifecycle import events as job_events
from jobs.models import Job, JobEvent
from jobs.rundir import write_spec
from members.models import Member
from review.models import Draft, Record, Source, Task


def told(order: Order, kind: str, n: int = 1, **over: Any) -> EngineEvent:
    payload = {
        "call_id": str(UUID(int=n)),
        "index": n,
        "record": order.record_ids[0],
        "repeat": 0,
        "prompt_hash": "0" * 64,
        "latency_s": 0.5,
        "usage": {"input_tokens": 120, "output_tokens": 40},
        "cost_usd": 0.0007,
        "cost_is_estimate": False,
        "model": "gpt-4o-x",
        "request_id": "r",
        "parameters": {"seed": n},
        "labelled_defects": [],
        "fields": {"subject": f"Subject {n}", "body": f"Body {n}. Shall we talk?"},
        **over,
    }
    return EngineEvent(seq=n, ts=time.time(), kind=kind, payload=payload)


def doubt(order: Order, n: int = 1) -> EngineEvent:
    return told(order, "uncertain", n, cost_usd=0.0, possible_cost_usd=0.004, code="timed_out", message="No answer.")


def run_engine(order: Order, root: Path) -> list[EngineEvent]:
    """The engine on the spec the kind builds, as a supervisor would start it; its events."""
    path = root / str(order.pk)
    kind = GenerationKind()
    write_spec(
        path,
        SpecEnvelope(
            job=str(order.job_id),
            kind=kind.name,
            fence=1,
            lease_s=60,
            body=kind.build_spec(order.job, path),
            secret_refs=kind.secret_refs(order.job),
        ),
    )
    assert main(str(path)) == 0
    return [EngineEvent.model_validate_json(line) for line in (path / "events.jsonl").read_text().splitlines()]


def test_an_offline_order_ends_on_the_desk_with_prompt_and_provenance(order: Order, tmp_path: Path) -> None:
    events = run_engine(order, tmp_path)

    GenerationKind().on_events(order.job, events)

    drafts = list(Draft.objects.filter(job_id=order.job_id))
    assert len(drafts) == 4
    assert {d.call_id for d in drafts} == {str(c.pk) for c in order.calls.all()}
    assert all(d.teacher == "offline:offline-composer" and d.messages and d.prompt_hash for d in drafts)
    assert {c.state for c in order.calls.all()} == {"answered"}
    assert len({d.record_id for d in drafts}) == 4


@pytest.mark.slow
def test_the_same_events_twice_change_nothing(order: Order, tmp_path: Path) -> None:
    events = run_engine(order, tmp_path)

    for _ in range(2):
        GenerationKind().on_events(order.job, events)

    assert Draft.objects.count() == 4
    assert Call.objects.count() == 4


def test_an_evaluations_outputs_stay_on_their_calls(
    task: Task, source: Source, offline: Teacher, lead: Member, tmp_path: Path
) -> None:
    chosen = list(Record.objects.order_by("-row_number").values_list("pk", flat=True)[:2])
    order = launch.launch(
        launch.OrderRequest(task, teacher=offline, count=2, by=lead, record_ids=chosen, purpose=Purpose.EVALUATION)
    )

    GenerationKind().on_events(order.job, run_engine(order, tmp_path))

    assert not Draft.objects.exists()
    assert [c.record_id for c in order.calls.order_by("position")] == chosen
    assert all(set(c.fields) == {"subject", "body"} for c in order.calls.all())


def test_a_paid_end_is_final(paid_order: Order) -> None:
    ingest.consume(paid_order.job, [told(paid_order, "draft")])

    ingest.consume(
        paid_order.job, [doubt(paid_order), told(paid_order, "failure", code="server_error", message="late")]
    )

    call = Call.objects.get()
    assert (call.state, str(call.cost_usd)) == ("answered", "0.000700")


@pytest.mark.parametrize("first", ["sent", "uncertain", "unpaid failure"])
def test_what_was_not_final_gives_way_to_an_answer(paid_order: Order, first: str) -> None:
    begin = {
        "sent": EngineEvent(
            seq=1,
            ts=0,
            kind="sent",
            payload={"calls": [{"call_id": str(UUID(int=1)), "record": paid_order.record_ids[0]}]},
        ),
        "uncertain": doubt(paid_order),
        "unpaid failure": told(paid_order, "failure", cost_usd=0.0, code="server_error", message="busy"),
    }[first]
    ingest.consume(paid_order.job, [begin])

    ingest.consume(paid_order.job, [told(paid_order, "draft")])

    assert Call.objects.get().state == "answered"
    assert Draft.objects.count() == 1


def test_a_failure_keeps_its_cost_and_makes_no_draft(paid_order: Order) -> None:
    ingest.consume(paid_order.job, [told(paid_order, "failure", code="truncated", message="cut", excerpt="Subject: A")])

    call = Call.objects.get()
    assert (call.state, call.error_code, str(call.cost_usd), call.excerpt) == (
        "failed",
        "truncated",
        "0.000700",
        "Subject: A",
    )
    assert not Draft.objects.exists()


def test_one_draft_the_desk_refuses_does_not_hold_up_the_rest(paid_order: Order) -> None:
    bad = told(paid_order, "draft", 2, fields={"subject": "no body"})

    ingest.consume(paid_order.job, [told(paid_order, "draft", 1), bad, told(paid_order, "draft", 3)])

    assert Draft.objects.count() == 2
    assert Call.objects.get(pk=UUID(int=2)).error_code == "draft_invalid"


def test_a_doubt_told_again_keeps_its_possible_cost(paid_order: Order) -> None:
    ingest.consume(paid_order.job, [doubt(paid_order)])

    ingest.consume(
        paid_order.job, [told(paid_order, "uncertain", cost_usd=0.0, possible_cost_usd=0.0, code="interrupted")]
    )

    assert str(Call.objects.get().possible_cost_usd) == "0.004000"


def test_calls_on_the_wire_when_an_engine_fails_are_uncertain(paid_order: Order) -> None:
    sent = {"calls": [{"call_id": str(UUID(int=n)), "record": paid_order.record_ids[0]} for n in (1, 2)]}
    ingest.consume(paid_order.job, [EngineEvent(seq=1, ts=0, kind="sent", payload=sent)])
    ingest.consume(paid_order.job, [EngineEvent(seq=2, ts=0, kind="unsent", payload={"calls": sent["calls"][:1]})])

    GenerationKind().on_finished(paid_order.job, Result(outcome="failed"), {})

    assert {str(c.pk)[-1]: c.state for c in Call.objects.all()} == {"1": "failed", "2": "uncertain"}


def test_the_next_attempt_knows_what_the_database_knows(paid_order: Order) -> None:
    ingest.consume(paid_order.job, [told(paid_order, "draft", 1), doubt(paid_order, 2), doubt(paid_order, 3)])
    Call.objects.filter(pk=UUID(int=3)).update(settlement="dropped")

    spec = GenerationSpec.model_validate(run_spec.build(paid_order.job))

    assert spec.settled == {str(UUID(int=1)): 0.0007, str(UUID(int=3)): 0.004}
    assert spec.in_doubt == {str(UUID(int=2)): 0.004}


@pytest.mark.parametrize(("max_tokens", "timeout_s"), [(400, 120), (10_000, 500), (200_000, 900)])
def test_a_long_answer_gets_the_time_that_a_slow_model_takes(
    paid_order: Order, max_tokens: int, timeout_s: float
) -> None:
    Order.objects.update(teacher_spec=paid_order.teacher_spec | {"parameters": {"max_tokens": max_tokens}})

    assert run_spec.build(paid_order.job)["limits"]["timeout_s"] == timeout_s


def test_a_spec_names_the_secret_and_holds_none(paid_order: Order) -> None:
    text = str(run_spec.build(paid_order.job)) + str(paid_order.teacher_spec) + str(paid_order.job.spec)

    assert "sk-canary" not in text
    assert GenerationKind().secret_refs(paid_order.job) == ["OPENAI_API_KEY"]


def test_the_kind_is_registered() -> None:
    from jobs.kinds.registry import KINDS

    assert KINDS["generation"].engine_module == "generation.engine"
    assert settings.RUNS_DIR


def test_how_sure_a_miniature_was_goes_onto_its_draft_and_out_of_what_reviewers_may_read(order: Order) -> None:
    sure, plain = told(order, "draft", 1, mean_log_prob=-0.25), told(order, "draft", 2)

    Job.objects.filter(pk=order.job_id).update(state="running", fence=1, run_fence=1)

    job_events.ingest(order.job_id, 1, [sure, plain], kind=GenerationKind())

    kept = dict(Draft.objects.filter(job_id=order.job_id).values_list("call_id", "mean_log_prob"))
    assert kept == {sure.payload["call_id"]: -0.25, plain.payload["call_id"]: None}
    payloads = [event.payload for event in JobEvent.objects.filter(job=order.job, kind="draft")]
    assert len(payloads) == 2 and not any(payload.get("mean_log_prob") for payload in payloads)
