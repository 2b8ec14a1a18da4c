"""What a report says beside each statement: measured by the same method, of looks that may tell, and never blank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation, Study
from evaluation.paper import statements
from evaluation.paper.order import PaperOrder
from evaluation.studies import replication
from evaluation.studies.task_names import StudyReader
from members.models import Member
from tests.evaluation.paper.conftest import look
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
    kinds = {name: "teacher" if name == "GPT" else "lora" for name in shares}
    passes = {
        name: {"mean": each, "low": each, "high": each, "n": 40, "companies": 40} for name, each in shares.items()
    }
    systems = {name: {"passes_all": each, "seconds": {"mean": each["mean"]}} for name, each in passes.items()}
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


def test_the_share_of_the_teacher_and_the_cost_are_of_the_evaluated_run(run: TrainingRun, admin: Member) -> None:
    evaluate(run, 0.9)

    told = statements.of_task(run.task, StudyReader(admin), {})

    share, cost = (next(each for each in told if word in each.paper) for word in ("91 to 96 %", "10 times cheaper"))
    assert share.here.startswith("90.0 % of the teacher's share")
    # 0.9 s on a host at $2 an hour.
    assert cost.here.startswith("$0.50 for 1,000 outputs")
