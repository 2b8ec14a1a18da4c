"""What a run leaves, of every objective and method, through all that comes after: the real engines, on tiny students.

Each is given away, tuned, adopted, evaluated on held-out records, promoted, served, and exported. QLoRA tunes on a GPU
only; what it leaves is an adapter in PEFT's plain form, which is what is looked at here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from django.core.files.storage import default_storage
from transformers import AutoModelForCausalLM

from evaluation.engine.__main__ import main as evaluate
from evaluation.evaluations import start_evaluation as evaluations
from evaluation.models import Evaluation, EvaluationOutput
from jobs.contracts import SpecEnvelope
from jobs.kinds import registry
from jobs.models import Job
from jobs.rundir import RunDir, write_spec
from jobs.rundir.attempt import read_result, verify
from jobs.supervisor import run_dirs
from members.models import Member
from review.models import DatasetVersion, Task
from serving.engine.contracts import ModelEntry
from serving.promotions import promotion, sync_models
from tests.review import factories
from tests.serving.engine.conftest import ask, running
from tests.training.engine.conftest import make_model, make_tokenizer
from tests.training.preferences import freeze_edits
from training.engine.__main__ import main as tune
from training.engine.contracts import StudentRef
from training.engine.export.__main__ import main as export
from training.engine.model import generate, loading
from training.exports import formats
from training.inputs import run_inputs as laying_files
from training.models import Miniature, MiniatureExport, Student, TrainingRun
from training.runs import launch_run
from training.runs.portable import adopt_run, export_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
LENGTH = 4096
QUICK = {"epochs": 1, "rank": 4, "max_length": LENGTH, "batch_size": 4, "accumulation": 1, "dropout": 0.0,
         "learning_rate": 5e-3, "dtype": "fp32"}  # fmt: skip
FULL = {"method": "full", "rank": None, "learning_rate": 1e-3}
# By kind: the preset, what it changes, and what the run goes on from.
KINDS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "sft with rslora": ("demo", {"rslora": True, "alpha": 8}, None),
    "dpo": ("dpo", {}, "lora"),
    "dpo with rslora on rslora": ("dpo", {"rslora": True, "alpha": 8}, "rslora"),
    "kto": ("kto", {}, "lora"),
    "distilled": ("distil", {}, None),
    "full": ("demo-full", FULL, None),
    "dpo of all weights": ("dpo", FULL, "full"),
}
BEGUN = {"lora": ("demo", {}), "rslora": ("demo", {"rslora": True, "alpha": 8}), "full": ("demo-full", FULL)}


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def version(task: Task, admin: Member) -> DatasetVersion:
    return freeze_edits(task, admin, train=8, validation=2)


@pytest.fixture
def register(admin: Member, tmp_path: Path, settings: Any) -> Callable[[str], Student]:
    settings.STUDENT_ROOTS = [tmp_path / "students"]

    def make(name: str) -> Student:
        folder = tmp_path / "students" / name
        tokenizer = make_tokenizer()
        tokenizer.save_pretrained(folder)
        model = make_model("qwen", len(tokenizer))
        model.config.max_position_embeddings = LENGTH
        if name != "tiny":
            model.get_input_embeddings().weight.data.mul_(3)
        model.save_pretrained(folder)
        return registration.register_folder(path=str(folder), by=admin, name=name, licence="Apache-2.0")

    return make


def work(job: Job, engine: Callable[[RunDir], int]) -> None:
    """One job's engine as its worker starts it, and its end taken in as a worker takes it in."""
    kind, run_dir = registry.KINDS[job.kind], run_dirs.run_dir_of(job.pk, 1)
    run_dir.mkdir(parents=True)
    write_spec(
        run_dir, SpecEnvelope(job=str(job.pk), kind=job.kind, fence=1, lease_s=60, body=kind.build_spec(job, run_dir))
    )
    with torch.set_grad_enabled(engine is tune):
        engine(RunDir.open(run_dir))
    result = read_result(run_dir)
    assert result is not None and result.outcome == "succeeded", result
    verify(run_dir, result)
    kind.on_finished(job, result, kind.collect(job, result, run_dir))
    Job.objects.filter(pk=job.pk).update(state="succeeded")


@pytest.fixture
def make(version: DatasetVersion, register: Callable[[str], Student], admin: Member, tmp_path: Path) -> Any:
    student = register("tiny")

    def launched(preset: str, values: dict[str, Any], begun: Miniature | None) -> TrainingRun:
        return launch_run.launch(
            RunRequest(
                dataset_version=version,
                student=student,
                device="cpu",
                starts_from=begun,
                teacher=register("teacher") if preset == "distil" else None,
            ),
            recipe=preset,
            overrides=QUICK | values,
            by=admin,
        )

    def made(kind: str) -> Miniature:
        preset, values, begins = KINDS[kind]
        begun = None
        if begins is not None:
            run = launched(*BEGUN[begins], None)
            work(run.job, tune)
            begun = Miniature.objects.get(run=run)
        run = launched(preset, values, begun)
        export_run.export(run, tmp_path / "given")
        assert tune(RunDir.open(tmp_path / "given")) == 0
        return adopt_run.adopt(tmp_path / "given").miniature

    return made


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_miniature_of_every_kind_is_evaluated_served_and_exported(
    kind: str, make: Callable[[str], Miniature], admin: Member, tmp_path: Path
) -> None:
    miniature = make(kind)
    plain = loaded(miniature, tmp_path / "plain")

    evaluation = evaluated(miniature, admin)
    entry = promoted(miniature, admin)
    merged, packed = (exported(miniature, name, admin) for name in ("merged", "gguf-q8"))

    outputs = EvaluationOutput.objects.filter(evaluation=evaluation, system__contains="run")
    assert outputs.count() == 2
    assert all(output.scores["gold_nll_per_byte"] > 0 for output in outputs)
    assert served(entry, 24) == greedily(plain, entry, 24)
    if merged is not None:
        read = AutoModelForCausalLM.from_pretrained(laid(merged, tmp_path / "merged"), dtype=torch.float32)
        ids = torch.arange(5, 60).unsqueeze(0)
        with torch.no_grad():
            assert torch.allclose(read(ids).logits, plain.model(ids).logits, atol=1e-4)
    assert packed is not None and packed.summary["format"] == "gguf-q8"


def loaded(miniature: Miniature, folder: Path) -> loading.LoadedStudent:
    """The miniature as PEFT itself applies it: nothing folded."""
    laying_files.miniature_files(miniature, folder)
    if miniature.method == "full":
        return loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
    base = loading.load(StudentRef(path=miniature.student.path), dtype=torch.float32)
    return loading.load_tuned(base, folder, merge=False)


def evaluated(miniature: Miniature, by: Member) -> Evaluation:
    evaluation = Evaluation.objects.filter(run=miniature.run, job__isnull=False).first()
    evaluation = evaluation or evaluations.start(miniature.run, by=by)
    assert evaluation.job is not None, evaluation.problem
    work(evaluation.job, evaluate)
    return evaluation


def promoted(miniature: Miniature, by: Member) -> ModelEntry:
    promotion.promote(miniature, by=by, override_reason="So small a student may have nothing right.")
    [entry] = [ModelEntry.model_validate(each) for each in sync_models.model_entries()]
    return entry


def served(entry: ModelEntry, tokens: int) -> str:
    """What serving answers, with the adapter beside the base and then folded into it: the same."""

    async def asked() -> list[str]:
        async with running([entry]) as scheduler:
            return [(await ask(scheduler, entry.name, "company: Lattice", max_tokens=tokens))[0] for _ in range(2)]

    first, again = asyncio.run(asked())
    assert first == again
    return first


def greedily(student: loading.LoadedStudent, entry: ModelEntry, tokens: int) -> str:
    prompt = [{"role": "user", "content": "company: Lattice"}]
    sampling = generate.sampling_for(entry.task)
    [answer] = generate.generate(student.model, student.chat, [prompt], max_new_tokens=tokens, sampling=sampling)
    return answer.text.strip()


def exported(miniature: Miniature, format: str, by: Member) -> MiniatureExport | None:
    """The export, or None where a format says nothing new of whole weights."""
    if format == "merged" and miniature.method == "full":
        return None
    made = formats.request_export(miniature, format=format, by=by)
    work(made.job, export)
    made.refresh_from_db()
    return made


def laid(export: MiniatureExport, folder: Path) -> Path:
    folder.mkdir()
    for file in export.files:
        with default_storage.open(f"{export.storage_prefix}/{file['path']}", "rb") as stored:
            (folder / file["path"]).write_bytes(stored.read())
    return folder
