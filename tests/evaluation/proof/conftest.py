"""Two miniatures tuned on judged mails, and evaluations that ended as their engine ends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evaluation.engine.contracts import EvaluationSpec
from evaluation.engine.report import report
from evaluation.evaluations import results, start_evaluation
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from jobs.contracts import Result
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import freezing
from review.desk import deck
from review.models import DatasetVersion, Record, Task
from review.states import Split
from tests.evaluation.proof.proof_rows import (
    BASE,
    SMALL,
    TEACHER,
    TEST,
    TRAIN,
    VALIDATION,
    decide,
    of_second,
    outputs_of,
    text_of,
)
from tests.review import factories
from tests.review.datasets.golds import sealed
from tests.training.engine.conftest import make_model, make_tokenizer
from training.models import Miniature, Student
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration


@pytest.fixture
def judged(task: Task, admin: Member) -> DatasetVersion:
    """Drafts that an expert accepted, edited and rejected, all three frozen."""
    splits = [Split.TRAIN] * TRAIN + [Split.VALIDATION] * VALIDATION + [Split.TEST] * TEST
    records = factories.make_records(factories.make_source(task), len(splits))
    for record, split in zip(records, splits, strict=True):
        record.split = split
    Record.objects.bulk_update(records, ["split"])
    texts = [text_of(record, n // 3, is_good=n % 3 == 0) for n, record in enumerate(records)]
    factories.make_drafts(task, records, fields=texts)
    for card in deck.deal(admin, task, count=len(records)):
        decide(card.draft, card.etag, by=admin)
    chosen = {"verdicts": ["accept", "edit", "reject"]}
    return sealed(freezing.freeze(freezing.create(task, name="All verdicts", by=admin, filters=chosen), by=admin))


@pytest.fixture
def tiny(tmp_path: Path, admin: Member, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Student:
    """A student of a hundred thousand parameters that is tuned in a second."""
    folder = tmp_path / "students" / "tiny"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 2048
    model.save_pretrained(folder)
    settings.STUDENT_ROOTS, settings.EVALUATE_AFTER_RUNS = [folder.parent], False
    settings.JOB_ENGINE_NICE = 0
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return registration.register_folder(path=str(folder), by=admin)


@pytest.fixture
def miniatures(judged: DatasetVersion, tiny: Student, admin: Member, forked: None) -> list[Miniature]:
    """Two, each tuned by the real engine under the supervisor."""
    made = []
    for seed in (1, 2):
        request = RunRequest(dataset_version=judged, student=tiny)
        run = launch_run.launch(request, recipe="demo", by=admin, overrides={**SMALL, "seed": seed})
        run_job(run.job_id, worker="worker-1")
        assert Job.objects.get(pk=run.job_id).state == "succeeded"
        made.append(Miniature.objects.get(run=run))
    return made


@pytest.fixture
def answers(tmp_path: Path) -> Callable[..., Evaluation]:
    """End an evaluation as its engine would: each system's answers, and the engine's own report of them."""

    def end(evaluation: Evaluation, kinds: Mapping[str, str]) -> Evaluation:
        records = list(Record.objects.filter(pk__in=evaluation.record_ids).order_by("row_number"))
        outputs = [line for name in kinds for line in outputs_of(name, records)]
        opening = getattr(evaluation, "opening", None)
        spec = EvaluationSpec.model_validate(
            {
                "task": evaluation.task_version.spec,
                "records": [{"id": str(each.pk), "company": each.group, "facts": each.facts} for each in records],
                "systems": [
                    {"name": name, "student": {"path": "."}, "method": kind}
                    for name, kind in kinds.items()
                    if kind != "teacher"
                ],
                "written": [{"name": TEACHER, "method": "teacher", "outputs": []}],
                "draws": 100,
                **({"level": opening.level} if opening and opening.planned > 1 else {}),
            }
        )
        folder = tmp_path / str(evaluation.pk)
        folder.mkdir()
        (folder / "outputs.jsonl").write_text("".join(line.model_dump_json() + "\n" for line in outputs))
        summary = report(spec, outputs, {}, 2.0, {}).model_dump(mode="json")
        collected = results.store_outputs(evaluation.pk, folder, fence=1)
        result = Result(outcome="succeeded", summary=summary)
        results.keep_results(evaluation.pk, result, collected, kinds=dict(kinds))
        Job.objects.filter(subject_id=evaluation.pk).update(state="succeeded")
        evaluation.refresh_from_db()
        return evaluation

    return end


@pytest.fixture
def evaluation(miniatures: list[Miniature], admin: Member, answers: Callable[..., Evaluation]) -> Evaluation:
    """The second run's, with the first beside it; the first's own came before."""
    first, second = (each.run for each in miniatures)
    answers(
        start_evaluation.start(first, by=admin, baselines=()),
        {TEACHER: "teacher", BASE: "base", tuned_name(first): "lora"},
    )
    return answers(
        start_evaluation.start(second, by=admin, baselines=()), {**of_second(second), tuned_name(first): "lora"}
    )
