"""Students of the families in use, with templates in their ways, from tuning to every way of being asked.

Each is made from its config, tuned by adapters and whole, evaluated, served, and written as merged weights or GGUF, by
the engines themselves. What all have in common is said once: the prompt is the same everywhere, answers hold no
thinking, and whole weights stay in the format their base came in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file

from evaluation.engine.__main__ import main as evaluate
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.engine.contracts import ModelEntry
from tests.serving import tiny
from tests.serving.engine.conftest import ask, running
from tests.training.engine import chats
from tests.training.engine.conftest import PAIRS, sft_row
from training.engine.__main__ import main as tune
from training.engine.contracts import StudentRef
from training.engine.export.__main__ import main as export
from training.engine.model import generate, loading

pytestmark = pytest.mark.engine
torch.set_num_threads(1)
DAY = {"day": "2026-03-01", "thinks": False}
SYSTEM = {"role": "system", "content": "Write a short mail."}
SMALL = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512,
}  # fmt: skip
SEES = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip
GEMMA = {"head_dim": 8, "sliding_window": 16, "query_pre_attn_scalar": 8}


@dataclass(frozen=True)
class Family:
    """A family: its config's class and values, its template's way, and what it is written as."""

    config: str
    template: str
    values: dict[str, Any]
    dtype: torch.dtype = torch.float32
    written: str = "merged"


FAMILIES = {
    "qwen3": Family("Qwen3", chats.SWITCHED, {"head_dim": 8, "tie_word_embeddings": True}, written="gguf-f16"),
    "llama": Family("Llama", chats.DATED, {"tie_word_embeddings": True}, torch.bfloat16, written="gguf-f16"),
    "mistral": Family("Mistral", chats.SYSTEM_LAST, {"sliding_window": 16}, torch.bfloat16),
    "gemma2": Family("Gemma2", chats.NO_SYSTEM, {**GEMMA, "final_logit_softcapping": 30.0}),
    "gemma3 that sees": Family("Gemma3", chats.NO_SYSTEM, GEMMA, torch.bfloat16),
    "phi3": Family("Phi3", chats.SYSTEM_LAST, {}),
}


def make_student(folder: Path, family: Family) -> Path:
    tokenizer = chats.make_chatty(family.template, begins=family.template in (chats.NO_SYSTEM, chats.SYSTEM_LAST))
    tokenizer.save_pretrained(folder)
    ends = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": tokenizer.bos_token_id}
    text = {**SMALL, **ends, "vocab_size": len(tokenizer), **family.values}
    kind = getattr(transformers, f"{family.config}Config")
    if family.config == "Gemma3":
        config = kind(text_config=text, vision_config=SEES, mm_tokens_per_image=4, image_token_index=4)
        model_class: Any = transformers.Gemma3ForConditionalGeneration
    else:
        config, model_class = kind(**text), transformers.AutoModelForCausalLM
    torch.manual_seed(7)
    model = model_class.from_config(config) if hasattr(model_class, "from_config") else model_class(config)
    model.to(family.dtype).save_pretrained(folder)
    return folder


def run(folder: Path, engine: Callable[[RunDir], int], body: dict[str, Any], files: dict[str, str]) -> dict[str, Any]:
    """One engine on a run directory; its summary."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    write_spec(folder, SpecEnvelope(job="1", kind="training", fence=1, lease_s=60, body=body))
    with torch.set_grad_enabled(engine is tune):
        engine(RunDir.open(folder))
    result = json.loads((folder / "result.json").read_text())
    assert result["outcome"] == "succeeded", result
    return dict(result["summary"])


def tuned(folder: Path, ref: dict[str, Any], method: str) -> Path:
    rows = [sft_row(n, facts, text) for n, (facts, text) in enumerate(PAIRS)]
    lines = "".join(json.dumps({**row, "prompt": [SYSTEM, *row["prompt"]]}) + "\n" for row in rows)
    recipe = {"method": method, "rank": 4 if method == "lora" else None, "epochs": 1, "batch_size": 2,
              "max_length": 512, "learning_rate": 5e-3, "dtype": "fp32"}  # fmt: skip
    body = {"student": ref, "train_file": "rows.jsonl", "device": "cpu", "recipe": recipe}
    run(folder, tune, body, {"rows.jsonl": lines})
    return folder / ("adapter" if method == "lora" else "model")


def served(entries: list[ModelEntry]) -> dict[str, tuple[str, int]]:
    """What serving answers to one question, and how many tokens the question had."""
    messages = [SYSTEM, {"role": "user", "content": "company: Ostra"}]

    async def asked() -> dict[str, tuple[str, int]]:
        async with running(entries) as scheduler:
            found = {}
            for entry in entries:
                text, done = await ask(scheduler, entry.name, "", messages=messages, max_tokens=12)
                found[entry.name] = (text, done.prompt_tokens)
            return found

    return asyncio.run(asked())


def alone(student: loading.LoadedStudent) -> tuple[str, int]:
    prompt = [SYSTEM, {"role": "user", "content": "company: Ostra"}]
    sampling = generate.sampling_for(tiny.TASK)
    [answer] = generate.generate(student.model, student.chat, [prompt], max_new_tokens=12, sampling=sampling)
    return answer.text, answer.prompt_tokens


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_student_is_tuned_evaluated_served_and_written(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    base = make_student(tmp_path / "student", family)
    ref = {"path": str(base), "ways": DAY}

    adapter, model = (tuned(tmp_path / method, ref, method) for method in ("lora", "full"))
    report = run(tmp_path / "evaluation", evaluate, evaluation_of(ref, adapter, model, tmp_path), {})
    entries = [
        tiny.adapter_entry("lora", adapter, base).model_copy(update={"base": StudentRef.model_validate(ref)}),
        ModelEntry.model_validate({**tiny.full_entry("full", model).model_dump(), "ways": DAY}),
    ]
    answers = served(entries)
    written = run(tmp_path / "export", export, {
        "student": ref, "artefact": "../lora/adapter", "method": "lora", "format": family.written, "name": "tiny",
    }, {})  # fmt: skip

    known = loading.load(StudentRef.model_validate(ref), dtype=torch.float32)
    assert answers["lora"] == alone(loading.load_tuned(known, adapter, merge=False))
    assert answers["full"] == alone(loading.load(StudentRef(path=str(model)), dtype=torch.float32))
    assert {tensor.dtype for tensor in load_file(model / "model.safetensors").values()} == {family.dtype}
    assert json.loads((model / "config.json").read_text())["dtype"] == str(family.dtype).removeprefix("torch.")
    assert set(report["systems"]) == {"base", "lora", "full"}
    assert written["format"] == family.written


def evaluation_of(ref: dict[str, Any], adapter: Path, model: Path, folder: Path) -> dict[str, Any]:
    facts = {"company": "Ostra", "first_name": "Ada"}
    return {
        "task": tiny.TASK.canonical(), "records": [{"id": "a", "facts": facts}], "max_new_tokens": 8, "draws": 100,
        "golds": [{"record": "a", "completion": PAIRS[2][1]}], "device": "cpu",
        "systems": [
            {"name": "base", "student": ref, "method": "base"},
            {"name": "lora", "student": ref, "method": "lora", "tuned": f"../lora/{adapter.name}"},
            {"name": "full", "student": ref, "method": "full", "tuned": f"../full/{model.name}"},
        ],
    }  # fmt: skip
