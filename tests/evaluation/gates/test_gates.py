"""A gate is set by a lead, kept in versions, and answers pages, programs and the shell alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from evaluation.evaluations import start_evaluation
from evaluation.gates import queries
from evaluation.gates.rules import GateRule
from evaluation.gates.set_gate import set_gate
from evaluation.models import Evaluation, Gate
from evaluation.states import RuleKind, SuiteKind
from evaluation.suites.choose import SuiteRequest
from evaluation.suites.freeze_suite import freeze_suite
from jobs.models import Job
from members.models import Member
from review.models import Record, Task
from training.models import Miniature
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
SYSTEMS = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9)}


def asks(bound: float) -> list[GateRule]:
    return [GateRule(RuleKind.AT_LEAST, "passes_all", bound)]


def gate_set(task: Task) -> Gate:
    found = queries.gate_of(task)
    assert found is not None
    return found


@pytest.fixture
def evaluation(miniature: Miniature, admin: Member, finish: Any) -> Evaluation:
    """A finished one: 80 to 100 % of the outputs of 101 companies pass every check."""
    made: Evaluation = finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)
    for scored in made.summary["systems"].values():
        scored["passes_all"] |= {"n": 101, "companies": 101}
    made.save()
    return made


def shell(task: Task, *options: str) -> tuple[int, str]:
    """The exit code and what was written."""
    out = StringIO()
    try:
        call_command("evaluate", task.slug, "--run", "1", "--timeout", "0", *options, stdout=out, stderr=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_each_change_is_a_version_and_the_same_rules_again_are_none(task: Task, admin: Member) -> None:
    first, same, second = (set_gate(task, rules=asks(bound), by=admin) for bound in (0.7, 0.7, 0.8))

    assert (first, first.number, second.number) == (same, 1, 2)
    assert queries.gate_of(task) == second
    assert AuditRow.objects.filter(act="gate_set").count() == 2
    set_gate(task, rules=[], by=admin)
    assert queries.gate_of(task) is None
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Gate.objects.update(rules=[])


def test_only_a_lead_sets_a_gate_that_can_be_judged(task: Task, admin: Member, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        set_gate(task, rules=asks(0.7), by=viewer)
    with pytest.raises(Refusal):
        set_gate(task, rules=asks(70), by=admin)

    assert not Gate.objects.exists()


def test_over_the_api_a_gate_is_set_and_an_evaluation_judged(
    evaluation: Evaluation, task: Task, admin: Member, viewer: Member, api_as: Callable[..., APIClient]
) -> None:
    lead, address = api_as(admin), f"/api/v1/evaluations/{evaluation.pk}/gate/"
    none = lead.get(address).json()
    rule = {"kind": "at_least", "metric": "passes_all", "bound": 0.85}

    made = lead.post("/api/v1/gates/", {"task": task.slug, "rules": [rule]}, format="json")
    refused = lead.post("/api/v1/gates/", {"task": task.slug, "rules": [{**rule, "metric": "x"}]}, format="json")
    answer = api_as(viewer).get(address).json()

    assert (none["passes"], none["gate"], none["rules"]) == (None, None, [])
    assert (made.status_code, made.json()["number"], refused.status_code) == (201, 1, 422)
    assert answer == {
        "passes": None,
        "gate": 1,
        "evaluation": str(evaluation.pk),
        "rules": [
            {
                "name": "Passes all checks: at least 85.0 %",
                "wanted": "at least 85.0 %",
                "found": 0.9,
                "low": 0.8,
                "high": 1.0,
                "outcome": "cannot_tell",
                "sentence": "Passes all checks: at least 85.0 % is undecided: 90.0 % (80.0 % to 100.0 %); "
                "more records are needed.",
            }
        ],
    }


@pytest.mark.parametrize(("bound", "code", "passes"), [(0.75, 0, True), (0.85, 1, None), (1.0, 1, None)])
def test_the_shell_ends_with_0_only_where_the_gate_is_passed(
    evaluation: Evaluation, task: Task, admin: Member, bound: float, code: int, passes: bool | None
) -> None:
    set_gate(task, rules=asks(bound), by=admin)

    ended, said = shell(task, "--gate", "--json")

    assert ended == code
    assert json.loads(said)["passes"] is passes


def test_the_shell_says_why_a_gate_is_not_passed(evaluation: Evaluation, task: Task, admin: Member) -> None:
    evaluation.summary["systems"]["run 1 (LoRA)"]["passes_all"] |= {"mean": 0.5, "low": 0.4, "high": 0.6}
    evaluation.save()
    set_gate(task, rules=asks(0.7), by=admin)

    assert shell(task, "--gate") == (1, "Passes all checks: at least 70.0 % fails: 50.0 % (40.0 % to 60.0 %).\n")
    assert shell(task) == (
        0,
        "tiny (base): passes all checks 10.0 % 0.0 % to 20.0 %\n"
        "run 1 (LoRA): passes all checks 50.0 % 40.0 % to 60.0 %\n",
    )


def test_what_the_shell_cannot_be_asked_ends_with_2(evaluation: Evaluation, task: Task, admin: Member) -> None:
    assert shell(task, "--gate")[0] == 2
    set_gate(task, rules=asks(0.7), by=admin)

    assert shell(task, "--gate", "--suite", "none")[0] == 2
    assert shell(task, "--gate", "--run", "7")[0] == 2
    with pytest.raises(CommandError) as error:
        call_command("evaluate", "none", "--run", "1", "--gate")
    assert error.value.returncode == 2


def test_the_shell_starts_one_and_tells_what_has_not_ended(miniature: Miniature, task: Task, admin: Member) -> None:
    set_gate(task, rules=asks(0.7), by=admin)
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT), by=admin)

    assert "was not evaluated" in shell(task, "--gate")[1]
    assert shell(task, "--gate", "--start", "--suite", suite.name) == (1, "The evaluation is still under way.\n")
    made = Evaluation.objects.get()
    assert (made.suite, made.created_by) == (suite, None)
    assert made.job_id is not None
    Job.objects.filter(pk=made.job_id).update(state="failed")
    assert "was not evaluated" in shell(task, "--gate", "--suite", suite.name)[1]


def test_an_evaluation_under_way_is_waited_for_before_an_older_one_counts(
    evaluation: Evaluation, miniature: Miniature, task: Task, admin: Member
) -> None:
    set_gate(task, rules=asks(0.75), by=admin)
    newer = start_evaluation.start(miniature.run, by=admin)

    under_way = shell(task, "--gate")
    assert newer.job_id is not None
    Job.objects.filter(pk=newer.job_id).update(state="cancelled")

    assert (under_way[0], shell(task, "--gate")[0]) == (1, 0)


def test_a_page_proposes_rules_and_asks_none_until_a_lead_sets_them(
    evaluation: Evaluation, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(admin), f"/tasks/{task.slug}/evaluation/gate/"
    page = client.get(address).content.decode()
    key = "at_least:passes_all:"
    own = {"metric": "has_shape", "kind": "not_worse", "own-bound": "2,5", "against": "teacher"}

    made = client.post(address, {"keep": [key], f"bound-{key}": "75", **own})
    wrong = client.post(address, {"keep": [key], f"bound-{key}": "many"})

    assert "Proposed rules" in page
    assert 'value="70"' in page
    assert (made.status_code, wrong.status_code) == (302, 422)
    assert [(rule["kind"], rule["metric"], rule["bound"]) for rule in gate_set(task).rules] == [
        ("at_least", "passes_all", 0.75),
        ("not_worse", "has_shape", 0.025),
    ]
    part = client.get(f"/evaluations/{evaluation.pk}/slices/").content.decode()
    assert "Passes all checks: at least 75.0 % passes" in part
    assert "is undecided: it was not measured" in part or "was not measured beside it" in part


def test_a_page_freezes_suites_and_slices_show_where_it_loses_most(
    evaluation: Evaluation, task: Task, admin: Member, viewer: Member, as_member: Callable[[Member], Client]
) -> None:
    client, other = as_member(admin), Record.objects.filter(task=task, split="validation")[0]
    Record.objects.filter(pk=other.pk).update(facts={**other.facts, "sector": "steel"})

    made = client.post(f"/tasks/{task.slug}/evaluation/suites/", {"kind": "slice", "slice": "sector: cold logistics"})
    wrong = client.post(f"/tasks/{task.slug}/evaluation/suites/", {"kind": "slice", "slice": "no: such"})
    page = as_member(viewer).get(f"/tasks/{task.slug}/evaluation/gate/").content.decode()
    detail = client.get(f"/evaluations/{evaluation.pk}/").content.decode()

    assert (made.status_code, wrong.status_code) == (302, 422)
    assert "sector: cold logistics 1" in page
    assert 'id="set-gate"' not in page
    assert "suite sector: cold logistics 1</option>" in detail
    part = as_member(viewer).get(f"/evaluations/{evaluation.pk}/slices/").content.decode()
    assert "too few to tell" in part


def test_a_page_writes_small_bounds_as_they_are_kept(
    evaluation: Evaluation, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address, key = as_member(admin), f"/tasks/{task.slug}/evaluation/gate/", "at_most:cost_usd:"
    set_gate(task, rules=[GateRule(RuleKind.AT_MOST, "cost_usd", 0.000031)], by=admin)

    assert 'value="0.031"' in client.get(address).content.decode()
    client.post(address, {"keep": [key], f"bound-{key}": "0.031", "number": "1"})

    assert [gate.rules[0]["bound"] for gate in Gate.objects.all()] == [0.000031]


def test_a_refused_form_keeps_what_was_typed_and_another_leads_gate(
    evaluation: Evaluation, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address, key = as_member(admin), f"/tasks/{task.slug}/evaluation/gate/", "at_least:passes_all:"
    own = {"metric": "has_shape", "kind": "at_least", "own-bound": "ninety"}

    wrong = client.post(address, {"keep": [key], f"bound-{key}": "64", **own, "number": "0"}).content.decode()
    without = client.post(address, {"keep": [key], f"bound-{key}": "64", "own-bound": "90", "number": "0"})
    set_gate(task, rules=asks(0.9), by=admin)
    late = client.post(address, {"keep": [key], f"bound-{key}": "64", "number": "0"})

    assert ('value="64"' in wrong, 'value="ninety"' in wrong, 'value="has_shape" selected' in wrong) == (True,) * 3
    assert (without.status_code, late.status_code) == (422, 409)
    assert "It now requires: Passes all checks: at least 90.0 %" in late.content.decode()
    assert ('value="64"' in late.content.decode(), 'name="number" value="1"' in late.content.decode()) == (True, True)
    assert gate_set(task).number == 1


def test_a_ticked_proposal_counts_though_another_is_proposed_since(
    evaluation: Evaluation, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    key = "at_least:exact:"

    as_member(admin).post(f"/tasks/{task.slug}/evaluation/gate/", {"keep": [key], f"bound-{key}": "80", "number": "0"})

    assert gate_set(task).rules[0]["metric"] == "exact"


def test_a_refused_suite_keeps_what_was_typed(
    evaluation: Evaluation, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    typed = {"kind": "slice", "name": "Steel mills", "slice": "sector: steel"}
    page = as_member(admin).post(f"/tasks/{task.slug}/evaluation/suites/", typed).content.decode()

    assert ('value="Steel mills"' in page, 'value="sector: steel"' in page) == (True, True)
    assert 'value="slice" selected' in page


def test_a_rule_of_a_suite_is_judged_on_the_newest_evaluation_on_that_suite(
    evaluation: Evaluation, miniature: Miniature, task: Task, admin: Member, finish: Any, as_member: Any
) -> None:
    suite = freeze_suite(task, SuiteRequest(SuiteKind.HELD_OUT, name="Hard: ours @ home"), by=admin)
    rule = {"metric": "passes_all", "kind": "at_least", "own-bound": "75", "suite": suite.name}
    client, address = as_member(admin), f"/tasks/{task.slug}/evaluation/gate/"

    client.post(address, {"keep": ["at_least:passes_all:"], "bound-at_least:passes_all:": "75", **rule})
    gate = gate_set(task)
    kept = {f"bound-{key}": "75" for key in ("at_least:passes_all:", f"at_least:passes_all:@{suite.name}")}
    client.post(address, {"keep": [key.removeprefix("bound-") for key in kept], **kept, "number": gate.number})
    unmeasured = queries.standing_of_run(miniature.run)
    on_suite = finish(start_evaluation.start(miniature.run, by=admin, suite=suite), SYSTEMS)
    for scored in on_suite.summary["systems"].values():
        scored["passes_all"] |= {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 101, "companies": 101}
    on_suite.save()

    assert queries.gate_of(task) == gate and [rule.get("suite", "") for rule in gate.rules] == ["", suite.name]
    assert [str(one.outcome) for one in unmeasured.finding.rules] == ["passes", "cannot_tell"]
    assert [str(one.outcome) for one in queries.standing_of_run(miniature.run).finding.rules] == ["passes", "fails"]
    assert [str(one.outcome) for one in queries.standing_of(evaluation).finding.rules] == ["passes", "fails"]
    assert "on 'Hard: ours @ home'" in queries.standing_of_run(miniature.run).finding.reasons[0]
    with pytest.raises(Refusal, match="no suite 'none'"):
        set_gate(task, rules=[GateRule(RuleKind.AT_LEAST, "passes_all", 0.7, suite="none")], by=admin)
