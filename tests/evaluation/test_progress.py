"""The sentence of each training round: what it changed on the same records, or that it cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from evaluation.evaluations import progress, start_evaluation, tables
from evaluation.evaluations.change import Change
from evaluation.evaluations.progress import Progress
from evaluation.models import EvaluationOutput
from members.models import Member
from review.models import Task
from review.tasks.authoring import new_version
from tests.training.conftest import freeze
from tests.training.miniatures import conclude
from training.models import TrainingRun

ROUND: dict[str, Any] = {"edits": 40, "accepts": 0, "is_first": False}
CHANGE = {"before": 0.71, "now": 0.83, "low": 0.07, "high": 0.17, "records": 60, "is_enough": True}


@pytest.mark.parametrize(
    ("counts", "change", "expected"),
    [
        (
            {},
            {},
            "Your 40 edits moved it from 71.0 % to 83.0 % (difference 7.0 to 17.0 points, on 60 held-out records).",
        ),
        (
            {"accepts": 1},
            {"low": -0.02, "high": 0.26},
            "Your 40 edits and 1 accepted draft did not measurably move it: 71.0 % before, 83.0 % now "
            "(difference −2.0 to "
            "26.0 points, on 60 held-out records).",
        ),
        (
            {"edits": 0, "accepts": 9, "is_first": True},
            {},
            "Your 9 accepted drafts moved it from 71.0 % of the student before tuning to 83.0 % (difference 7.0 to "
            "17.0 points, on 60 held-out records).",
        ),
        (
            {"edits": 0},
            {"now": 0.73, "low": 0.0004, "high": 0.06},
            "Tuning again on the same examples moved it from 71.00 % to 73.00 % (difference 0.04 to 6.00 points, on 60 "
            "held-out records).",
        ),
    ],
)
def test_a_round_is_told_in_one_sentence(counts: dict[str, Any], change: dict[str, Any], expected: str) -> None:
    assert Progress(**{**ROUND, **counts}, change=Change(**{**CHANGE, **change})).sentence == expected


@pytest.fixture
def evaluate(task: Task, admin: Member, launch: Callable[..., TrainingRun], finish: Any, tmp_path: Path) -> Any:
    version = freeze(task, admin, train=11, validation=12)

    def _evaluate(wrong: int) -> Any:
        """Run and evaluate a round that is wrong on so many records."""
        run = launch(dataset_version=version)
        conclude(run, tmp_path / f"run-{run.number}")
        name = f"run {run.number} (LoRA)"
        done = finish(start_evaluation.start(run, by=admin), {"tiny (base)": ("base", 0.0), name: ("lora", 0.5)})
        for system, count in (("tiny (base)", None), (name, wrong)):
            outputs = EvaluationOutput.objects.filter(evaluation=done, system=system)
            for output in outputs.order_by("record")[:count]:
                output.scores |= {"passes_all": 0.0}
                output.save(update_fields=["scores"])
        return done

    return _evaluate


@pytest.mark.django_db
@pytest.mark.slow
def test_the_first_round_is_compared_with_the_student_and_the_next_with_the_round_before(
    evaluate: Any, viewer: Member, as_member: Callable[[Member], Client]
) -> None:
    first, same, last = evaluate(10), evaluate(10), evaluate(0)

    begun, unmoved, moved = progress.of(first), progress.of(same), progress.of(last)

    assert (
        begun and begun.is_first and begun.change.before == 0.0 and begun.change.records >= 12 and begun.accepts >= 10
    )
    assert unmoved and not unmoved.change.is_measurable and unmoved.change.before == unmoved.change.now
    assert moved and moved.change.is_measurable and not moved.is_first and (moved.edits, moved.accepts) == (0, 0)
    page = as_member(viewer).get(f"/evaluations/{last.pk}/").content.decode()
    assert moved.sentence in page
    assert moved.sentence in as_member(viewer).get(f"/evaluations/of-run/{last.run_id}/card/").content.decode()


@pytest.mark.django_db
@pytest.mark.slow
def test_a_round_says_nothing_of_so_few_companies_that_no_verdict_is_given(evaluate: Any) -> None:
    evaluate(12)
    last = evaluate(0)
    outputs = EvaluationOutput.objects.filter(evaluation=last)
    # One record a company: two of these companies have two.
    records = list({group: record for record, group in outputs.values_list("record", "record__group")}.values())
    fewest = tables.fewest_companies(last.summary)

    outputs.exclude(record__in=records[:fewest]).delete()
    enough = progress.of(last)
    outputs.exclude(record__in=records[: fewest - 1]).delete()

    assert enough and enough.change.records == fewest == 6
    assert progress.of(last) is None


@pytest.mark.django_db
def test_a_round_is_not_compared_across_a_change_of_what_is_checked(evaluate: Any, task: Task, admin: Member) -> None:
    evaluate(12)
    last = evaluate(0)

    def told(**changes: Any) -> bool:
        last.task_version = new_version(task, spec=last.task_version.spec.model_copy(update=changes), by=admin)
        last.save(update_fields=["task_version"])
        return progress.of(last) is not None

    assert told(instruction="Write better.")
    assert not told(checks=())


@pytest.mark.django_db
@pytest.mark.slow
def test_a_round_is_not_compared_with_one_that_was_scored_in_another_way(evaluate: Any) -> None:
    first = evaluate(12)
    last = evaluate(0)
    assert progress.of(last) is not None

    first.summary["measured_as"] = last.summary["measured_as"] - 1
    first.save(update_fields=["summary"])

    assert progress.of(last) is None


@pytest.mark.django_db
def test_too_few_records_say_nothing(
    launch: Callable[..., TrainingRun], admin: Member, finish: Any, tmp_path: Path
) -> None:
    run = launch()
    conclude(run, tmp_path / "run")
    systems = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9)}

    assert progress.of(finish(start_evaluation.start(run, by=admin), systems)) is None
