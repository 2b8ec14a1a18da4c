"""One teacher is measured to be worse than another only where both wrote for the same records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluations import start_evaluation
from evaluation.evaluations.worse_teachers import TeacherComparison
from evaluation.models import Evaluation
from generation.models import Teacher
from members.models import Member
from review.tasks.authoring import new_version
from tests.training.miniatures import conclude
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


def test_a_teacher_is_worse_where_its_whole_interval_lies_below(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path
) -> None:
    for name in ("Old", "New"):
        Teacher.objects.create(slug=name.lower(), name=name, provider="openai", model=name.lower())
    run = conclude(launch(), tmp_path / "one").run
    evaluation = start_evaluation.start(run, by=admin)

    def told(old: tuple[float, float], new: tuple[float, float] | None) -> bool | None:
        values: dict[str, Any] = {"Old": old} | ({"New": new} if new else {})
        systems = {
            name: {"passes_all": {"mean": sum(ends) / 2, "low": ends[0], "high": ends[1], "n": 40}}
            for name, ends in values.items()
        }
        summary = {"kinds": dict.fromkeys(values, "teacher"), "systems": systems}
        Evaluation.objects.filter(pk=evaluation.pk).update(summary=summary, records_hash="a")
        return TeacherComparison()("openai:old", "openai:new")

    assert told((0.7, 0.9), (0.3, 0.5)) is True
    assert told((0.7, 0.9), (0.6, 0.8)) is False
    assert told((0.7, 0.9), None) is None
    assert TeacherComparison()("openai:old", "openai:unknown") is None


def test_teachers_that_were_measured_in_different_ways_are_not_compared(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path
) -> None:
    for name in ("Old", "New"):
        Teacher.objects.create(slug=name.lower(), name=name, provider="openai", model=name.lower())
    run = conclude(launch(), tmp_path / "one").run
    earlier, later = start_evaluation.start(run, by=admin), start_evaluation.start(run, by=admin)

    def told(metric: str = "passes_all", **more: Any) -> bool | None:
        for evaluation, name, mean in ((earlier, "Old", 0.8), (later, "New", 0.4)):
            of_new = name == "New"
            value = {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "n": 40}
            summary = {"kinds": {name: "teacher"}, "systems": {name: {metric if of_new else "passes_all": value}}}
            evaluation.summary, evaluation.records_hash = summary | (more if of_new else {}), "a"
            evaluation.save(update_fields=["summary", "records_hash"])
        return TeacherComparison()("openai:old", "openai:new")

    assert told() is True
    assert told(metric="exact") is None
    assert told(measured_as=2) is None
    assert told(is_exploratory=True) is None
    spec = later.task_version.spec
    for change, verdict in (({"instruction": "Write."}, True), ({"checks": ()}, None)):
        later.task_version = new_version(run.task, spec=spec.model_copy(update=change), by=admin)
        later.save(update_fields=["task_version"])
        assert told() is verdict
