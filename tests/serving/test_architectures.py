"""Walk of every architecture of the list from its registration to its merged weights, by the engines themselves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from evaluation.engine.__main__ import main as evaluate
from members.models import Member
from serving.engine import multi_lora
from serving.engine.contracts import ModelEntry
from serving.engine.running_states import bytes_of_a_row
from tests.serving import tiny
from tests.serving.architectures import ARCHITECTURES, make_student, table
from tests.serving.engine.conftest import ask, running
from tests.serving.engine.test_students_as_they_are import run
from tests.training.engine.conftest import PAIRS, sft_row
from training.engine.__main__ import main as tune
from training.engine.contracts import StudentRef
from training.engine.export.__main__ import main as export
from training.engine.model import generate, loading
from training.students import registration

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
torch.set_num_threads(1)
WAYS = {"day": "2026-03-01", "thinks": False}
SYSTEM = {"role": "system", "content": "Write a short mail."}
# Of different lengths: rows of one batch must not disturb each other.
QUESTIONS = ("company: Ostra", "company: Quill & Sons, which makes ink in three colours")
TOKENS = 8
RECIPE = {"method": "lora", "rank": 4, "epochs": 1, "batch_size": 2, "max_length": 512, "learning_rate": 5e-3,
          "dtype": "fp32", "dropout": 0.0}  # fmt: skip


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_goes_from_registration_to_merged_weights(
    name: str, admin: Member, tmp_path: Path, settings: Any
) -> None:
    settings.STUDENT_ROOTS = [tmp_path]
    base = make_student(tmp_path / "student", ARCHITECTURES[name])
    registered = registration.register_folder(path=str(base), by=admin)
    ref = {"path": registered.path, "ways": WAYS}

    summary = tuned(tmp_path / "lora", ref)
    report = run(tmp_path / "evaluation", evaluate, evaluation_of(ref), {})
    answers = served(tiny.adapter_entry("lora", tmp_path / "lora" / "adapter", base), ref)
    body = {"student": ref, "artefact": "../lora/adapter", "method": "lora", "format": "merged", "name": "tiny"}
    run(tmp_path / "export", export, body, {})

    assert summary["validation_loss"] < summary["validation_loss_before"]
    assert set(report["systems"]) == {"base", "lora"}
    student = loading.load(StudentRef.model_validate(ref), dtype=torch.float32)
    plain = loading.load_tuned(student, tmp_path / "lora" / "adapter", merge=False)
    assert answers == [alone(plain, question) for question in QUESTIONS]
    merged = loading.load(StudentRef.model_validate({**ref, "path": str(merged_of(tmp_path))}), dtype=torch.float32)
    assert torch.allclose(scores(merged), scores(plain), atol=1e-4)
    assert multi_lora.must_be_merged(tmp_path / "lora" / "adapter") == ARCHITECTURES[name].is_merged
    assert bool(bytes_of_a_row(merged.model)) == ARCHITECTURES[name].has_running_states


def test_the_documents_have_the_table_of_architectures() -> None:
    assert table() in (Path(__file__).parents[2] / "docs" / "students.md").read_text()


def tuned(folder: Path, ref: dict[str, Any]) -> dict[str, Any]:
    rows = [sft_row(n, facts, text) for n, (facts, text) in enumerate(PAIRS)]
    lines = "".join(json.dumps({**row, "prompt": [SYSTEM, *row["prompt"]]}) + "\n" for row in rows)
    body = {"student": ref, "train_file": "rows.jsonl", "validation_file": "rows.jsonl", "device": "cpu",
            "recipe": RECIPE}  # fmt: skip
    return run(folder, tune, body, {"rows.jsonl": lines})


def evaluation_of(ref: dict[str, Any]) -> dict[str, Any]:
    return {
        "task": tiny.TASK.canonical(), "records": [{"id": "a", "facts": {"company": "Ostra", "first_name": "Ada"}}],
        "max_new_tokens": 4, "draws": 100, "golds": [{"record": "a", "completion": PAIRS[2][1]}], "device": "cpu",
        "systems": [
            {"name": "base", "student": ref, "method": "base"},
            {"name": "lora", "student": ref, "method": "lora", "tuned": "../lora/adapter"},
        ],
    }  # fmt: skip


def served(entry: ModelEntry, ref: dict[str, Any]) -> list[str]:
    """Served answers to questions that come at the same time."""
    entry = entry.model_copy(update={"base": StudentRef.model_validate(ref)})

    async def asked() -> list[str]:
        async with running([entry]) as scheduler:
            every = [ask(scheduler, "lora", "", messages=messages(text), max_tokens=TOKENS) for text in QUESTIONS]
            return [text for text, _ in await asyncio.gather(*every)]

    return asyncio.run(asked())


def messages(question: str) -> list[dict[str, Any]]:
    return [SYSTEM, {"role": "user", "content": question}]


def alone(student: loading.LoadedStudent, question: str) -> str:
    """The text that PEFT's adapter beside the base writes in a batch of its own."""
    sampling = generate.sampling_for(tiny.TASK)
    [answer] = generate.generate(
        student.model, student.chat, [messages(question)], max_new_tokens=TOKENS, sampling=sampling
    )
    return answer.text


def scores(student: loading.LoadedStudent) -> torch.Tensor:
    ids = torch.arange(5, 60).unsqueeze(0)
    apart = {"decoder_input_ids": ids} if student.chat.is_apart else {}
    with torch.no_grad():
        found: torch.Tensor = student.model(input_ids=ids, **apart).logits
    return found


def merged_of(folder: Path) -> Path:
    [config] = (folder / "export").rglob("config.json")
    return config.parent
