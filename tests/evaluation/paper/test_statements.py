"""What a report says beside each statement: measured by the same method, of looks that may tell, and never blank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluations import start_evaluation
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation, Study, StudyVerdict
from evaluation.paper import report, statements
from evaluation.paper.advance import PartState
from evaluation.paper.order import PaperOrder
from evaluation.studies import launch_study, replication
from evaluation.studies.design import StudyRequest
from evaluation.studies.task_names import StudyReader
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import DatasetVersion, Record
from review.states import Split
from tests.evaluation.paper.conftest import look, states
from tests.evaluation.studies.conftest import finish_all
from training.models import Student, TrainingRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(start: Callable[..., PaperOrder], gemma: Student, tmp_path: Path) -> TrainingRun:
    """A finished run of Gemma 3 4B."""
    look(start("context"))
    finish_all(Study.objects.get(), tmp_path)
    return TrainingRun.objects.select_related("task", "dataset_version", "task_version").first()


def evaluate(run: TrainingRun, share: float, **more: Any) -> Evaluation:
    """An evaluation beside a teacher and a run of before, in the order in which PostgreSQL gives their names back."""
    shares = {"GPT": 1.0, "run 0 (LoRA)": 0.1, tuned_name(run): share}
    of_all = {"low": None, "high": None, "n": 40, "companies": 40}
    systems = {
        name: {"passes_all": {"mean": each, **of_all}, "seconds": {"mean": each, **of_all}}
        for name, each in shares.items()
    }
    kinds = {name: "teacher" if name == "GPT" else "lora" for name in shares}
    summary = {"systems": systems, "kinds": kinds, **more}
    about = {"dataset_version": run.dataset_version, "task_version": run.task_version}
    return Evaluation.objects.create(task=run.task, run=run, summary=summary, **about)


def test_the_papers_table_of_lora_is_compared_with_lora_and_with_looks_that_give_a_verdict(
    run: TrainingRun, admin: Member
) -> None:
    told = evaluate(run, 0.7)
    evaluate(run, 0.2, is_exploratory=True)
    full = TrainingRun.objects.exclude(pk=run.pk).first()
    assert full is not None
    TrainingRun.objects.filter(pk=full.pk).update(recipe={**full.recipe, "method": "full"})
    evaluate(TrainingRun.objects.get(pk=full.pk), 0.9)

    line = replication.of_task(run.task, StudyReader(admin))["models"][1]

    assert (line["model"], line["measured"]["evaluation"]) == ("Gemma-3-4B", str(told.pk))
    assert (line["measured"]["system"], line["measured"]["mean"]) == (tuned_name(run), 0.7)


@pytest.mark.slow
def test_the_share_of_the_teacher_and_the_cost_are_of_the_evaluated_run(run: TrainingRun, admin: Member) -> None:
    evaluate(run, 0.9)

    told = statements.of_task(run.task, StudyReader(admin), {})

    share, cost = (next(each for each in told if word in each.paper) for word in ("91 to 96 %", "Inference is about"))
    assert share.here.startswith("90.0 % of the teacher's share")
    # 0.9 s on a host at $2 an hour.
    assert cost.here.startswith("$0.50 for 1,000 outputs")


def test_a_study_that_could_not_tell_leaves_no_statement_without_words(
    version: DatasetVersion, gemma: Student, admin: Member
) -> None:
    wishes = StudyRequest(kind="methods", recipes={"lora": "paper-lora", "full": "paper-full"})
    study = launch_study.launch(wishes, version=version, student=gemma, by=admin)
    body = {"sentence": "The study cannot tell.", "findings": [], "points": [], "difference": None, "cells": []}
    StudyVerdict.objects.create(study=study, body=body)

    told = statements.of_task(study.task, StudyReader(admin), {})

    assert [each.paper for each in told if not each.here and not each.why_not] == []
    silent = [each.why_not for each in told if each.part == "methods" and not each.here]
    assert silent == ["the study has no costs of both methods"] * 2 + ["No reproduction was ordered"]


def test_a_reason_of_several_lines_stays_in_its_row_of_the_markdown() -> None:
    row = {
        "part": "context",
        "question": "Why?",
        "state": "not run",
        "reason": "Out of memory:\n8 GiB | 4",
        "address": "",
    }
    data = {"paper": "Paper", "task": "mail", "made_at": "now", "product": "1", "spent": "", "statements": [],
            "parts": [row], "live": [], "undecided": []}  # fmt: skip

    lines = report.as_markdown(data).splitlines()

    assert "| context | Why? | not run | Out of memory: 8 GiB \\| 4 |  |" in lines


@pytest.mark.slow
def test_evaluations_that_the_budget_left_out_are_told_beside_their_part_and_statements(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member, tmp_path: Path
) -> None:
    order = look(start("baseline"))
    finish_all(Study.objects.get(), tmp_path)
    Job.objects.filter(pk=order.job.pk).update(spec={**order.job.spec, "budget_usd": "-0.01"})

    order = look(PaperOrder(Job.objects.get(pk=order.job.pk)))

    why = "not all runs were evaluated beside the teacher: the budget was used up"
    assert not Evaluation.objects.exists()
    assert states(order)["baseline"] == (PartState.MEASURED, why)
    told = report.build(order.task, order, StudyReader(admin))["statements"]
    assert why in {each["why_not"] for each in told if each["part"] == "baseline"}

    lost = start_evaluation.start(order.runs_of(order.parts[0])[0], by=None).job
    assert lost is not None and states(order)["baseline"] == (PartState.RUNNING, "")
    Job.objects.filter(pk=lost.pk).update(state=JobState.CANCELLED, finished_at=order.job.created_at - timedelta(1))
    assert states(order)["baseline"] == (PartState.MEASURED, why)
    Job.objects.filter(pk=order.runs_of(order.parts[0])[0].job_id).update(state=JobState.FAILED)
    assert states(order)["baseline"] == (PartState.MEASURED, "")
    Job.objects.filter(pk=order.runs_of(order.parts[0])[0].job_id).update(state=JobState.SUCCEEDED)
    Record.objects.filter(task=order.task).update(split=Split.TRAIN)
    assert states(order)["baseline"] == (PartState.MEASURED, "")
