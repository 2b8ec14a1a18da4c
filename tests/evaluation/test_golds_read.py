"""Golds that an evaluation or a study reads from a frozen version: each once, and in the output schema of the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.evaluations import inputs, run_inputs, start_evaluation
from evaluation.studies import queries as studies
from members.models import Member
from review.datasets import mail_outcomes
from review.models import DatasetVersion, Record, Task
from review.spec.schema import Label, OutputField
from review.states import MailOutcome, Split
from review.tasks import authoring
from tests.review import factories
from tests.review.datasets import golds
from tests.training.miniatures import conclude
from training.models import TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
TONE = OutputField(name="tone", type="choice", labels=(Label(name="warm"), Label(name="plain")))


@pytest.fixture
def of_two_schemas(task: Task, version: DatasetVersion, admin: Member) -> DatasetVersion:
    """Golds of the task's first version, and later ones with one more value."""
    spec = task.versions.get().spec
    authoring.new_version(task, spec=spec.model_copy(update={"output_schema": (*spec.output_schema, TONE)}), by=admin)
    records = factories.make_records(factories.make_source(task, name="Later"), 13)
    for record in records[10:]:
        record.split = Split.VALIDATION
    Record.objects.bulk_update(records, ["split"])
    factories.make_drafts(
        task, records, fields=[{**golds.mail(record, variant=5), "tone": "warm"} for record in records]
    )
    golds.accept_all(admin, task, count=13)
    return golds.frozen(task, admin)


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


def test_golds_of_another_output_schema_are_left_out_and_counted(
    launch: Callable[..., TrainingRun], of_two_schemas: DatasetVersion, admin: Member, tmp_path: Path
) -> None:
    run = conclude(launch(dataset_version=of_two_schemas), tmp_path / "run").run
    evaluation = start_evaluation.start(run, by=admin)

    body = run_inputs.evaluation_spec(evaluation.pk, tmp_path)

    assert of_two_schemas.counts["sft_splits"] == {"train": 20, "validation": 6, "test": 2}
    assert len(body["records"]) == 6
    assert len(body["golds"]) == 3
    assert all('"tone": "warm"' in gold["completion"] for gold in body["golds"])
    assert [note.rpartition(" ")[2] for note in body["notes"]] == ["3."]
    assert all(output["fields"]["tone"] == "warm" for output in body["written"][0]["outputs"])


def test_a_study_is_scored_on_records_whose_gold_its_runs_can_read(of_two_schemas: DatasetVersion) -> None:
    scored = studies.validation_records(of_two_schemas, limit=100)

    read = inputs.golds_of(of_two_schemas, scored, split=Split.VALIDATION)

    assert sorted(gold["record"] for gold in read) == sorted(scored)
    assert len(scored) == 3
