"""Suites are frozen of validation records alone, an evaluation is given their facts, and what is erased leaves them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from evaluation.evaluations import erasing, queries, run_inputs, speeds, start_evaluation
from evaluation.models import Evaluation, Suite
from evaluation.states import SuiteKind
from evaluation.suites import derive
from evaluation.suites import queries as suite_queries
from evaluation.suites.choose import SuiteRequest
from evaluation.suites.freeze_suite import freeze_suite
from generation.models import Order
from members.models import Member
from review.erasure.erase import erase_records
from review.models import DatasetVersion, Record, Task
from review.states import Split
from serving.cards import queries as card_queries
from serving.costs import figures
from tests.leads import Leads
from tests.review.datasets import golds
from training.models import Miniature
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def held_out(task: Task) -> list[Record]:
    return list(Record.objects.filter(task=task, split=Split.VALIDATION).order_by("content_hash"))


def records_of(suite: Suite) -> set[str]:
    return {case["record"] for case in suite.cases}


def judge_another(task: Task, record: Record, by: Member, verdict: str, **said: Any) -> None:
    """Put one more draft of a record on the desk, and judge it."""
    golds.make_drafts(task, [record], variant=3)
    golds.decide(by, task, verdict, **said)


def test_a_held_out_suite_is_the_validation_split_and_never_of_the_test_split(
    version: DatasetVersion, task: Task, admin: Member
) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=admin)

    assert [case["record"] for case in suite.cases] == [str(record.pk) for record in held_out(task)]
    assert (suite.name, suite.task_version.number) == ("Held-out 1", 1)
    row = AuditRow.objects.get(act="suite_frozen")
    assert row.detail == {"task": task.slug, "kind": "held_out", "cases": 3}


def test_hard_cases_were_rejected_or_edited_heavily_and_regressions_have_a_gold(
    version: DatasetVersion, task: Task, admin: Member
) -> None:
    with pytest.raises(Refusal, match="rejected or edited heavily"):
        freeze_suite(task, SuiteRequest(SuiteKind.HARD), by=admin)
    rejected, edited, _ = held_out(task)
    judge_another(task, rejected, admin, "reject")
    judge_another(task, edited, admin, "edit")
    judge_another(task, Record.objects.filter(task=task, split=Split.TEST)[0], admin, "reject")

    hard = freeze_suite(task, SuiteRequest(SuiteKind.HARD), by=admin)
    regression = freeze_suite(task, SuiteRequest(SuiteKind.REGRESSION), by=admin)

    assert records_of(hard) == {str(rejected.pk)}
    assert records_of(regression) == {str(rejected.pk), str(edited.pk)}


def test_a_slice_is_frozen_by_what_the_facts_say(version: DatasetVersion, task: Task, admin: Member) -> None:
    first, *others = held_out(task)
    Record.objects.filter(pk=first.pk).update(facts={**first.facts, "sector": "steel"})

    suite = freeze_suite(task, SuiteRequest(SuiteKind.SLICE, column="sector", value="cold logistics"), by=admin)

    assert records_of(suite) == {str(record.pk) for record in others}
    assert (suite.name, suite.choice) == ("sector: cold logistics 1", {"column": "sector", "value": "cold logistics"})
    for column, value, why in (("company", "x", "cannot be sliced"), ("sector", "steel", "fewer than 2")):
        with pytest.raises(Refusal, match=why):
            freeze_suite(task, SuiteRequest(SuiteKind.SLICE, column=column, value=value), by=admin)


def test_adversarial_cases_are_the_same_for_a_seed(version: DatasetVersion, task: Task, admin: Member) -> None:
    first, again, other = (
        freeze_suite(task, SuiteRequest(SuiteKind.ADVERSARIAL, seed=seed), by=admin) for seed in (1, 1, 2)
    )

    assert (first.cases, first.content_hash) == (again.cases, again.content_hash)
    assert len({case["rule"] for case in first.cases}) == 3
    assert first.content_hash != other.content_hash


def test_a_suite_never_changes_and_its_name_is_its_own(version: DatasetVersion, task: Task, admin: Member) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT, name=" All  of it "), by=admin)

    assert suite.name == "All of it"
    with pytest.raises(Refusal, match="has a suite"):
        freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT, name="All of it"), by=admin)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Suite.objects.update(cases=[])


def test_only_a_lead_freezes(version: DatasetVersion, task: Task, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=viewer)


def test_an_evaluation_of_a_suite_is_given_its_facts_and_asks_no_teacher(
    miniature: Miniature, task: Task, admin: Member, tmp_path: Path
) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.ADVERSARIAL), by=admin)

    made = start_evaluation.start(miniature.run, by=admin, suite=suite)
    body = run_inputs.evaluation_spec(made.pk, tmp_path)

    rules = suite_queries.rules_of(suite)
    assert (made.split, made.teacher_order, Order.objects.exists()) == ("validation", None, False)
    assert {record["id"]: record["facts"] for record in body["records"]} == suite_queries.cases_left(suite)
    assert {gold["record"] for gold in body["golds"]} == {
        each for each, rule in rules.items() if rule != derive.MISSING
    }
    assert made.records_hash != start_evaluation.start(miniature.run, by=admin).records_hash
    record = next(each for each in held_out(task) if rules[str(each.pk)] == derive.INSTRUCTION)
    shown = queries.side_by_side(made, [record], [])[0]["facts"]
    assert shown == suite_queries.cases_left(suite)[str(record.pk)] != record.facts


def test_a_suite_of_whole_records_shares_what_was_written_for_them(
    miniature: Miniature, task: Task, admin: Member
) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=admin)

    assert (
        start_evaluation.start(miniature.run, by=admin, suite=suite).records_hash
        == start_evaluation.start(miniature.run, by=admin).records_hash
    )


def test_the_newest_evaluation_of_a_run_is_no_suites(miniature: Miniature, task: Task, admin: Member) -> None:
    whole = start_evaluation.start(miniature.run, by=admin)
    start_evaluation.start(
        miniature.run, by=admin, suite=freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=admin)
    )

    assert queries.of_run(admin, miniature.run.pk) == whole


def test_cards_costs_and_capacity_are_of_whole_splits(
    miniature: Miniature, task: Task, admin: Member, finish: Any
) -> None:
    run, tuned = miniature.run, run_inputs.tuned_name(miniature.run)
    suite = freeze_suite(task, SuiteRequest(SuiteKind.ADVERSARIAL), by=admin)
    whole = finish(start_evaluation.start(run, by=admin), {tuned: ("lora", 0.8)})
    of_suite = finish(start_evaluation.start(run, by=admin, suite=suite), {tuned: ("lora", 0.1)})
    seconds = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 40}
    of_suite.summary["systems"][tuned]["seconds"] = seconds
    Evaluation.objects.filter(pk=of_suite.pk).update(summary={**of_suite.summary, "devices": {tuned: "cuda"}})

    assert card_queries.evaluations_of(run) == {"validation": whole}
    assert figures.evaluation_of(miniature) == whole
    assert (speeds.of_run(run), speeds.of_gpu(task)) == (None, None)


@pytest.mark.slow
def test_what_is_erased_leaves_its_suites(miniature: Miniature, task: Task, admin: Member, tmp_path: Path) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.ADVERSARIAL), by=admin)
    made = start_evaluation.start(miniature.run, by=admin, suite=suite)
    erased, *_ = held_out(task)

    read_by = erasing._jobs_that_read([erased.pk], [])
    erase_records([erased.pk])

    assert read_by == {made.job_id}
    assert set(suite_queries.cases_left(suite)) == records_of(suite) - {str(erased.pk)}
    assert erased.facts["company"] not in str(run_inputs.evaluation_spec(made.pk, tmp_path)["records"])
    erase_records([record.pk for record in held_out(task)])
    with pytest.raises(Refusal, match="was erased"):
        start_evaluation.start(miniature.run, by=admin, suite=suite)


def test_a_suite_whose_facts_changed_is_refused(miniature: Miniature, task: Task, admin: Member) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=admin)
    Record.objects.filter(pk=held_out(task)[0].pk).update(facts={"company": "Another"})

    with pytest.raises(Refusal, match="not what was frozen"):
        start_evaluation.start(miniature.run, by=admin, suite=suite)


def test_over_the_api_a_lead_freezes_and_evaluates(
    miniature: Miniature, task: Task, admin: Member, viewer: Member, api_as: Callable[..., APIClient]
) -> None:
    lead = api_as(admin)

    frozen = lead.post("/api/v1/suites/", {"task": task.slug, "kind": "adversarial"}, format="json")
    refused = lead.post("/api/v1/suites/", {"task": task.slug, "kind": "slice"}, format="json")
    asked = {"training_run": str(miniature.run.pk), "suite": frozen.json()["name"]}
    made = lead.post("/api/v1/evaluations/", asked, format="json")
    unknown = lead.post("/api/v1/evaluations/", {**asked, "suite": "none"}, format="json")

    assert (frozen.status_code, refused.status_code, made.status_code, unknown.status_code) == (201, 422, 202, 404)
    assert Evaluation.objects.get(pk=made.json()["id"]).suite_id is not None
    assert [each["name"] for each in api_as(viewer).get("/api/v1/suites/").json()["results"]] == ["Adversarial 1"]
    assert lead.get(f"/api/v1/evaluations/{made.json()['id']}/").json()["suite"] == "Adversarial 1"


def test_pages_of_a_long_list_are_reached_from_beside_a_refused_suite(
    version: DatasetVersion, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    frozen = {"task": task, "task_version": task.versions.get(), "kind": SuiteKind.HELD_OUT, "content_hash": "0" * 64}
    Suite.objects.bulk_create(Suite(name=f"Suite {number}", **frozen) for number in range(26))

    page = as_member(admin).post(f"/tasks/{task.slug}/evaluation/suites/", {"kind": "none"}).content.decode()

    assert f'rel="next" href="/tasks/{task.slug}/evaluation/gate/?page=2"' in page
    assert not Leads(page).astray
