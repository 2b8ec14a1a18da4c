"""Encoder–decoders from tuning to every way of being asked, by the engines themselves: the same answers everywhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from evaluation.engine.__main__ import main as evaluate
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.engine.contracts import ModelEntry
from tests.serving import tiny
from tests.serving.engine.conftest import ask, running
from tests.serving.engine.test_students_as_they_are import evaluation_of, run, tuned
from tests.training.engine.seq2seq.conftest import make_seq2seq, make_seq2seq_tokenizer
from training.engine.contracts import StudentRef
from training.engine.export.__main__ import main as export
from training.engine.model import generate, loading

pytestmark = pytest.mark.engine
QUESTION = tiny.user("company: Ostra")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["t5", "bart"])
def test_an_encoder_decoder_is_tuned_evaluated_served_and_merged_and_has_no_gguf(family: str, tmp_path: Path) -> None:
    base, tokenizer = tmp_path / "student", make_seq2seq_tokenizer(family)
    tokenizer.save_pretrained(base)
    make_seq2seq(family, len(tokenizer), positions=2048).save_pretrained(base)
    ref = {"path": str(base)}

    adapter, model = (tuned(tmp_path / method, ref, method) for method in ("lora", "full"))
    report = run(tmp_path / "evaluation", evaluate, evaluation_of(ref, adapter, model, tmp_path), {})
    answers = served([tiny.adapter_entry("lora", adapter, base), tiny.full_entry("full", model)])
    wanted = {"student": ref, "artefact": "../lora/adapter", "method": "lora", "name": "tiny"}
    run(tmp_path / "merged", export, {**wanted, "format": "merged"}, {})

    known = loading.load(StudentRef(path=str(base)), dtype=torch.float32)
    beside = loading.load_tuned(known, adapter, merge=False)
    assert answers == {
        "lora": alone(beside),
        "full": alone(loading.load(StudentRef(path=str(model)), dtype=torch.float32)),
    }
    assert set(report["systems"]) == {"base", "lora", "full"}
    outputs = [json.loads(line) for line in (tmp_path / "evaluation" / "outputs.jsonl").read_text().splitlines()]
    assert all(output["scores"]["gold_nll_per_byte"] > 0 and not output["is_unfit"] for output in outputs)
    merged = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "merged" / "export")
    ids = torch.tensor([known.chat.prompt_ids(QUESTION)])
    with torch.no_grad():
        ours, theirs = (each(input_ids=ids, decoder_input_ids=ids).logits for each in (beside.model, merged))
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert refused(tmp_path / "gguf", {**wanted, "format": "gguf-q8"}) == "gguf_encoder_decoder"


def served(entries: list[ModelEntry]) -> dict[str, str]:
    async def asked() -> dict[str, str]:
        async with running(entries) as scheduler:
            return {
                each.name: (await ask(scheduler, each.name, "company: Ostra", max_tokens=12))[0] for each in entries
            }

    return asyncio.run(asked())


def alone(student: loading.LoadedStudent) -> str:
    sampling = generate.sampling_for(tiny.TASK)
    [answer] = generate.generate(student.model, student.chat, [QUESTION], max_new_tokens=12, sampling=sampling)
    return answer.text.strip()


def refused(folder: Path, body: dict[str, Any]) -> str:
    folder.mkdir()
    write_spec(folder, SpecEnvelope(job="1", kind="export", fence=1, lease_s=60, body=body))
    export(RunDir.open(folder))
    return str(json.loads((folder / "result.json").read_text())["error"]["code"])
