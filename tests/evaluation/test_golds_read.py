"""Golds that an evaluation or a study reads from a frozen version: each once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.evaluations import inputs, run_inputs, start_evaluation
from members.models import Member
from review.datasets import mail_outcomes
from review.models import Task
from review.states import MailOutcome
from tests.review.datasets import golds
from tests.training.miniatures import conclude
from training.models import TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_a_gold_that_its_mails_outcome_weighs_is_an_example_once(
    launch: Callable[..., TrainingRun],
    task: Task,
    admin: Member,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_outcomes, "of_drafts", lambda ids, filters: {key: {MailOutcome.MEETING} for key in ids})
    weighed = golds.frozen(task, admin, outcome_weights={"meeting": 3})
    run = conclude(launch(dataset_version=weighed), tmp_path / "run").run

    body = run_inputs.evaluation_spec(start_evaluation.start(run, by=admin).pk, tmp_path)

    assert weighed.counts["sft_splits"]["train"] == 30
    assert len(list(inputs.trained_on(weighed))) == 10
    [asked] = [system for system in body["systems"] if system.get("shown")]
    for shown in asked["shown"]:
        facts = [example["facts"] for example in shown["examples"]]
        assert len({each["company"] for each in facts}) == len(facts) == 3
