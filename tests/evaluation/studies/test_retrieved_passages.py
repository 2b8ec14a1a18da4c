"""A miniature that vets retrieved passages: the search, registration, verdict, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from demo.data.claim_check import CLAIM_CHECK
from evaluation.evaluations import inputs
from evaluation.models import Study
from evaluation.states import StudyKind
from evaluation.studies import kinds, launch_study, queries, scoring
from evaluation.studies.design import StudyArm, StudyDesign, StudyRequest
from evaluation.studies.kinds import retrieval
from evaluation.studies.kinds.retrieval import BY_RULES, MINIATURE, ONE_ANSWER, PassageIndex, cut
from evaluation.studies.results import CellResult
from members.models import Member
from review.models import DatasetVersion, Draft, Record, Task
from review.spec import prompting
from review.states import Split
from review.text.verification import rules as rules_of_claims
from tests.evaluation.studies.conftest import finish_all, look, train
from tests.evaluation.studies.whole import answered, frozen, of_demo
from tests.review import factories
from tests.review.datasets import golds
from training.models import Student
from web.errors import Refusal

TOWNS = ("Lindau", "Arles", "Bergamo", "Deventer")
RECORDS = tuple(f"r{place}" for place in range(80))
DESIGN = StudyDesign(
    StudyKind.RETRIEVAL, "?", (StudyArm(MINIATURE, "demo"),), (60,), (1, 2, 3), 1, metric="answers_right"
)  # fmt: skip


def test_a_claim_with_a_wrong_number_finds_its_own_passage_first() -> None:
    pages = [
        f"The {town} ferry runs all year. It carries {100 + place} people a day." for place, town in enumerate(TOWNS)
    ]

    index = PassageIndex(pages)

    assert index.find("The Bergamo ferry carries 900 people.", 1) == [2]
    assert index.find("Sauerkraut", 3) == []
    assert cut("One. Two! Three? Four.\nFive") == ["One. Two! Three?", "Four. Five"]


def rule_of(*, by_rules: float, usual: float) -> dict[str, Any]:
    """Answers of the rules and of one answer to all, right on such shares of the claims."""
    chance = np.random.default_rng(4)
    fixed = {
        name: dict(zip(RECORDS, (chance.random(len(RECORDS)) < share).astype(float), strict=True))
        for name, share in ((BY_RULES, by_rules), (ONE_ANSWER, usual))
    }
    found = {"passages": 3, "found": 0.9, "fixed": fixed}
    return {**kinds.rule_of(DESIGN), **found, "companies": {name: place for place, name in enumerate(RECORDS)}}


def cells(right: float, *, of: int = 0) -> list[CellResult]:
    chance = np.random.default_rng([7, of])
    return [
        CellResult(MINIATURE, 60, seed, dict(zip(RECORDS, (chance.random(len(RECORDS)) < right).astype(float),
            strict=True)), {})
        for seed in (1, 2, 3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "by_rules", "usual", "words"),
    [
        (0.95, 0.6, 0.5, "A miniature vets retrieved passages better than the rules"),
        (0.8, 0.8, 0.5, "The study does not show whether a miniature vets retrieved passages better than the rules"),
        (0.6, 0.3, 0.6, "The study does not show whether a miniature vets retrieved passages better than one answer"),
        (0.4, 0.3, 0.9, "A miniature vets retrieved passages worse than one answer to all claims"),
    ],
)
def test_a_miniature_is_held_against_one_answer_and_then_against_the_rules(
    right: float, by_rules: float, usual: float, words: str
) -> None:
    body = retrieval.conclude_retrieval(cells(right), rule_of(by_rules=by_rules, usual=usual))

    assert body["sentence"].startswith(words)
    assert [point["arm"] for point in body["points"]] == [MINIATURE, BY_RULES, ONE_ANSWER]
    assert "held a part of the claim's own for 90\N{NO-BREAK SPACE}% of the claims" in body["findings"][-1]


@pytest.mark.slow
def test_rules_and_one_answer_have_no_noise_of_seeds() -> None:
    """Their intervals are those of records alone, and a miniature that is no better is seldom called so."""
    rule = {**rule_of(by_rules=0.7, usual=0.5), "draws": 1000}
    body = retrieval.conclude_retrieval(cells(0.7), rule)
    by_rules = next(point for point in body["points"] if point["arm"] == BY_RULES)
    of_records = 1.96 * (by_rules["loss"] * (1 - by_rules["loss"]) / len(RECORDS)) ** 0.5

    assert (by_rules["high"] - by_rules["low"]) / 2 == pytest.approx(of_records, rel=0.15)
    equal = float(np.mean(list(rule["fixed"][BY_RULES].values())))
    verdicts = [retrieval.conclude_retrieval(cells(equal, of=of), rule)["sentence"] for of in range(100)]
    assert sum(verdict.startswith("A miniature vets retrieved passages better") for verdict in verdicts) <= 8


@pytest.fixture
def claims(admin: Member) -> Task:
    return of_demo(CLAIM_CHECK, admin, train=20, validation=15)


@pytest.fixture
def checked(claims: Task, admin: Member) -> DatasetVersion:
    return frozen(claims, admin, "Claims")


@pytest.fixture
def ask(checked: DatasetVersion, student: Student, admin: Member) -> Callable[..., Study]:
    def _ask(version: DatasetVersion = checked) -> Study:
        wishes = StudyRequest(kind="retrieval", epochs=1)
        return launch_study.launch(wishes, version=version, student=student, by=admin)

    return _ask


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_lead_registers_on_the_studies_page_and_reads_the_verdict_there(
    checked: DatasetVersion, student: Student, as_member: Callable[[Member], Client], admin: Member, tmp_path: Path
) -> None:
    client, url = as_member(admin), reverse("evaluation:studies", args=[checked.dataset.task.slug])
    values = {"kind": "retrieval", "preset": "small", "dataset_version": checked.pk, "student": student.slug}

    client.post(url, {**values, "metric": "nll_per_byte"})

    study = Study.objects.get()
    assert study.record["metric"] == "answers_right"
    assert {cell.seed for cell in study.cells.all()} == {1, 2, 3}
    facts = Record.objects.get(pk=study.record["scored_on"]["records"][0]).facts
    assert facts["passage"] not in study.record_text
    assert finish_all(study, tmp_path).state == "succeeded"
    body = Study.objects.get(pk=study.pk).verdict.body
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert escape(body["sentence"]) in page
    assert all(arm in page for arm in (MINIATURE, BY_RULES, ONE_ANSWER))
    answer = client.get(f"/api/v1/studies/{study.pk}/").json()
    assert answer["verdict"]["found"] == study.record["decision_rule"]["found"] > 0.5


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_cell_is_scored_on_the_passages_that_were_registered(ask: Callable[..., Study], tmp_path: Path) -> None:
    study = ask()
    look(study)
    measurement = study.cells.select_related("measurement__run").order_by("position")[0].measurement
    measurement.refresh_from_db()
    train(measurement, tmp_path)

    laid = scoring.scoring_spec(measurement.pk, tmp_path / "run")

    own = dict(Record.objects.filter(pk__in=measurement.plan["scored"]).values_list("pk", "facts"))
    assert {str(pk) for pk in own} == {record["id"] for record in laid["records"]}
    assert all(len(record["facts"]["passage"].split("\n")) == retrieval.PASSAGES for record in laid["records"])
    changed = Record.objects.get(pk=measurement.plan["scored"][0])
    Record.objects.filter(pk=changed.pk).update(facts={**changed.facts, "passage": "Something else."})
    with pytest.raises(Refusal, match="other passages"):
        scoring.scoring_spec(measurement.pk, tmp_path / "again")


@pytest.mark.django_db
def test_a_version_of_another_task_is_refused_by_its_field(ask: Callable[..., Study], version: DatasetVersion) -> None:
    with pytest.raises(Refusal) as refused:
        ask(version)

    assert (refused.value.code, list(refused.value.errors)) == ("no_claim_task", ["dataset_version"])


@pytest.mark.django_db
def test_of_two_golds_of_a_claim_all_arms_are_held_to_the_first(claims: Task, admin: Member) -> None:
    twice = Record.objects.filter(task=claims, split=Split.VALIDATION).order_by("pk")[0]
    supported = Draft.objects.get(record=twice).fields["supported"]
    factories.make_drafts(claims, [twice], fields=[{"supported": not supported}])
    golds.accept_all(admin, claims, count=1)
    version = frozen(claims, admin, "Twice", near_duplicates=None)
    first, other = inputs.golds_of(version, [str(twice.pk)], split=Split.VALIDATION)

    plan = retrieval.plan_retrieval(version, CLAIM_CHECK.spec, queries.validation_records(version, limit=99))

    [retrieved] = retrieval.search(version, [str(twice.pk)])
    facts = retrieved.record["facts"]
    answer = rules_of_claims.verify(facts["passage"], facts["claim"]).supported
    is_right = answer is prompting.parse(CLAIM_CHECK.spec, first["completion"])["supported"]
    assert plan.rule["fixed"][BY_RULES][str(twice.pk)] == float(is_right)
    assert first["completion"] != other["completion"]


@pytest.mark.slow
@pytest.mark.django_db
def test_claims_of_one_kind_are_refused(admin: Member, ask: Callable[..., Study], claims: Task) -> None:
    supported = [each for each in CLAIM_CHECK.records()[40:100] if each.fields["supported"]][:6]

    one_kind = factories.make_task(by=admin, spec=CLAIM_CHECK.spec, slug="one-kind")
    answered(one_kind, admin, [*CLAIM_CHECK.records()[:12], *supported], train=12)

    with pytest.raises(Refusal, match="of one kind"):
        ask(frozen(one_kind, admin, "One kind"))
