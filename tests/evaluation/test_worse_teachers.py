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
