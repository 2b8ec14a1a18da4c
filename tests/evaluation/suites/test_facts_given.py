"""Texts written for a suite's cases are read beside the facts of these cases, by people and by judges."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from evaluation.arena import open_arena
from evaluation.arena import queries as arenas
from evaluation.evaluations import start_evaluation, unsupported
from evaluation.judging import answers
from evaluation.metrics.reference_free import UNSUPPORTED
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import SuiteKind
from evaluation.suites import derive
from evaluation.suites import queries as suite_queries
from evaluation.suites.choose import SuiteRequest
from evaluation.suites.freeze_suite import freeze_suite
from generation.judges import asked, launch, pairs
from generation.models import Order
from members.models import Member
from review.models import Record, Task
from tests.evaluation.conftest import interval
from tests.generation.judges.conftest import roomy
from tests.generation.variety.conftest import serve
from training.models import Miniature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
__all__ = ["serve"]
BASE, TUNED = "tiny (base)", "run 1 (LoRA)"


@pytest.fixture
def evaluation(
    miniature: Miniature, task: Task, admin: Member, finish: Callable[[Evaluation, dict[str, Any]], Evaluation]
) -> Evaluation:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.ADVERSARIAL), by=admin)
    return finish(
        start_evaluation.start(miniature.run, by=admin, suite=suite), {BASE: ("base", 0.1), TUNED: ("lora", 1)}
    )


@pytest.fixture
def case(evaluation: Evaluation) -> tuple[Record, str]:
    """A record whose case has an instruction among its facts, and that instruction."""
    rules = suite_queries.rules_of(evaluation.suite)
    record = Record.objects.get(pk=next(pk for pk, rule in rules.items() if rule == derive.INSTRUCTION))
    facts = suite_queries.cases_left(evaluation.suite)[str(record.pk)]
    return record, next(
        str(facts[name]).removeprefix(f"{value} ") for name, value in record.facts.items() if facts[name] != value
    )


def test_a_voter_reads_the_facts_that_the_systems_were_given(
    evaluation: Evaluation, case: tuple[Record, str], admin: Member, make_member: Callable[..., Member]
) -> None:
    record, instruction = case
    arena = open_arena.open_arena(evaluation, by=admin, systems=[BASE, TUNED])
    pair = arena.pairs.get(record=record)

    dealt = arenas.next_pair(arena, admin, first=pair.pk)

    assert dealt is not None and dealt.id == pair.pk
    assert instruction in str(dealt.raw_facts)
    assert instruction in str(dealt.facts)


def asked_about(order: Order, instruction: str) -> int:
    return sum(instruction in str(messages) for messages in asked.conversations(order).values())


def test_a_judge_weighs_texts_by_the_facts_that_the_systems_were_given(
    evaluation: Evaluation, case: tuple[Record, str], admin: Member, serve: Any
) -> None:
    record, instruction = case
    judge, subject = roomy(serve("mistral", lambda body: "")[0]), answers.subject_of(evaluation)
    texts = [text for text in subject.texts(1_000) if text.record_id == record.pk]
    two = answers.pairs_of(evaluation, TUNED, BASE)
    drawn = [pair for pair in two.pairs(1_000) if pair[0].record_id == record.pk]

    verdicts = launch.launch(subject, texts, judge=judge, by=admin, max_cost_usd=Decimal(1))
    compared = pairs.launch(two, drawn, judge=judge, by=admin, max_cost_usd=Decimal(1))

    assert (asked_about(verdicts.order, instruction), asked_about(compared.order, instruction)) == (2, 2)
    # One that an expert judged was written from the facts as they were imported.
    priced = [instruction in str(facts) for facts in launch.facts_of(subject, texts)]
    assert priced == [bool(text.group) for text in texts] == [True, True, False]


def test_a_sentence_that_rests_on_a_fact_of_the_case_is_not_shown_as_unsupported(
    evaluation: Evaluation, case: tuple[Record, str]
) -> None:
    record, instruction = case
    evaluation.summary["systems"][TUNED][UNSUPPORTED] = interval(0.5)
    invented = "Our reactor in Valparaiso melts forty tons of copper."
    EvaluationOutput.objects.filter(evaluation=evaluation, record=record, system=TUNED).update(
        fields={"subject": "Hello", "body": f"{instruction}\n\n{invented}"}, scores={UNSUPPORTED: 0.5}
    )

    shown = unsupported.examples(evaluation)

    assert [example.sentence for example in shown] == [invented]
