"""Results of an engine as the database keeps them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.evaluations import start_evaluation
from evaluation.models import EvaluationOutput
from members.models import Member
from tests.evaluation.conftest import conclude_evaluation
from tests.training.miniatures import conclude
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


def test_what_a_student_writes_is_kept_in_letters_that_every_database_takes(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path
) -> None:
    run = launch()
    conclude(run, tmp_path / "run")
    evaluation = start_evaluation.start(run, by=admin)

    conclude_evaluation(
        evaluation, {"tiny (base)": ("base", 0.1)}, tmp_path / "e", body="A zero\x00 byte, half \ud83d."
    )

    stored = EvaluationOutput.objects.filter(evaluation=evaluation)[0].fields["body"]
    assert stored == "A zero\ufffd byte, half ?."
