"""Small parts of the engine that need no server: ledger, plan, judging, faults, scrubbing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from generation.engine.budget import BudgetTracker, token_bound
from generation.engine.calls.parse import FailedAnswer, ParsedAnswer, decoding_fault, parse_answer
from generation.engine.clients import errors
from generation.engine.clients.interface import Reply
from generation.engine.contracts import GenerationSpec
from generation.engine.plan import plan
from generation.engine.report import Report, scrubber
from review.spec.prompting import completion
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import OFFLINE, TASK

SPEC = TaskSpec.model_validate(TASK)


def test_a_ledger_lets_nothing_in_that_could_pass_the_budget() -> None:
    ledger = BudgetTracker(1.0)
    for _ in range(4):
        assert ledger.fits(0.25)
        ledger.reserve(0.25)

    assert not ledger.fits(0.25)
    ledger.release(0.25, cost_usd=0.05)
    assert not ledger.fits(0.25)
    assert ledger.fits(0.2)
    ledger.release(0.25, possible_usd=0.25)
    assert not ledger.fits(0.21)


def test_a_ledger_without_a_budget_lets_everything_in() -> None:
    assert BudgetTracker(None, spent_usd=1e9).fits(1e9)


@pytest.mark.parametrize(
    "text",
    [
        "plain words here",
        "Größe für Überlänge",
        "日本語の文章",
        "🚚🚚",
        "9f86d081884c7d659a2feaa0c55ad015",
        "\x00\x01\x7f",
    ],
)
def test_no_vocabulary_of_bytes_makes_more_tokens_of_a_text_than_the_bound(text: str) -> None:
    tokenizer = Tokenizer(BPE({char: n for n, char in enumerate(ByteLevel.alphabet())}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)

    tokens = tokenizer.encode(text).ids

    assert len(text) <= len(tokens) <= token_bound(text)


def test_half_a_surrogate_pair_counts_as_what_a_server_reads_in_its_place() -> None:
    assert token_bound("\ud83d") >= len("\ufffd".encode())


def test_the_plan_is_the_same_in_every_attempt_and_goes_round() -> None:
    records = [{"id": str(n), "facts": {}} for n in range(3)]
    spec = GenerationSpec.model_validate(
        {"order": str(uuid.UUID(int=9)), "task": TASK, "teacher": OFFLINE, "records": records, "count": 8, "seed": 100}
    )

    first, second = plan(spec), plan(spec)

    assert first == second
    assert [(c.record.id, c.repeat) for c in first] == [(str(n % 3), n // 3) for n in range(8)]
    assert len({c.id for c in first}) == len({c.seed for c in first}) == 8


@pytest.mark.parametrize(
    "language",
    ["Größe, Übermut und Öl für Sie", "Ça va bien, déjà vu à Nîmes", "Łódź żółć", "日本語", "naïve, “quoted” €5"],
)
def test_honest_accents_are_no_damage(language: str) -> None:
    assert decoding_fault(language) == ""


@pytest.mark.parametrize("text", ["Größe für Sie", "Ça va déjà", "Smørrebrød, tak"])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_text_decoded_wrongly_on_its_way_is_told(text: str, wrong: str) -> None:
    assert "Latin-1" in decoding_fault(text.encode().decode(wrong))


def test_a_good_answer_becomes_the_fields_it_was_written_from() -> None:
    fields = {"subject": "A depot", "body": "Hi {{contact.first_name}},\n\nShall we talk?"}

    assert parse_answer(SPEC, Reply(completion(SPEC, fields))) == ParsedAnswer(fields)


def test_a_draft_too_large_for_an_event_is_a_failure() -> None:
    outcome = parse_answer(SPEC, Reply("Subject: A\n\n" + "word " * 20_000))

    assert isinstance(outcome, FailedAnswer)
    assert outcome.code == "too_large"


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (429, {"error": {"message": "slow", "code": "rate"}}, "unbilled"),
        (429, {"error": {"message": "You exceeded", "code": "insufficient_quota"}}, "fatal"),
        (400, {"error": {"message": "Your credit balance is too low"}}, "fatal"),
        (400, None, "rejected"),
        (422, "x", "rejected"),
        (500, None, "unbilled"),
        (502, None, "unknown"),
        (503, None, "unbilled"),
        (504, None, "unknown"),
        (529, None, "unbilled"),
        (401, None, "fatal"),
        (404, None, "fatal"),
        (301, None, "fatal"),
        (408, None, "unbilled"),
    ],
)
def test_each_status_has_its_fate(status: int, body: object, fate: str) -> None:
    assert errors.from_status(status, {}, body).fate == fate


def test_secrets_and_what_looks_like_one_are_taken_out_at_any_depth() -> None:
    scrub = scrubber(["hunter22-key", ""])

    clean = scrub({"a": ["the hunter22-key", {"b": "Incorrect API key provided: sk-proj-****abcd"}], "n": 3})

    assert clean == {"a": ["the [key]", {"b": "Incorrect API key provided: [key]"}], "n": 3}


def test_a_rate_counts_from_the_beginning_and_nothing_is_left_at_the_end() -> None:
    now = [100.0]
    told: list[tuple[str, dict[str, Any]]] = []
    report = Report(lambda kind, **payload: told.append((kind, payload)), total=4, clock=lambda: now[0])

    now[0] = 102.0
    for n in range(4):
        report.outcome("draft", {"call_id": str(n)})
        report.progress(cost_usd=0.0, possible_usd=0.0, in_flight=0, limit=4)

    halfway, last = [payload for kind, payload in told if kind == "progress"][1::2]
    assert (halfway["rate_per_s"], halfway["eta_s"]) == (1.0, 2.0)
    assert (last["rate_per_s"], last["eta_s"]) == (2.0, None)
