"""A student of the paper's smallest size through the product on a CPU: registered, tuned, promoted, asked, exported.

The shape is Gemma-3-1B's (1.0 B parameters, 262,144 tokens in its vocabulary) with random weights in bf16;
`make stress` runs it so, and prints what was forecast beside what was measured (`docs/memory.md`). Otherwise a
hundredth of it.
"""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import openai
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig

from benchmarks.memory import STUDENTS
from jobs.models import Job
from jobs.supervisor import run_job
from review.models import Task
from serving.promotions import promotion
from serving.runtime import engine_client
from tests.serving.tiny import user
from tests.serving.waiting import wait_until
from tests.training.conftest import freeze
from tests.training.engine.conftest import make_tokenizer
from training.exports import formats
from training.models import Miniature
from training.recipes.schema import Recipe
from training.runs import launch_run
from training.runs.estimate import estimate_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.slow, pytest.mark.stress,
    pytest.mark.timeout(3600),
]  # fmt: skip
IN_FULL = os.environ.get("STRESS") == "1"
SMALL: dict[str, Any] = {
    "vocab_size": 2048, "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16, "sliding_window": 64,
    "query_pre_attn_scalar": 16,
}  # fmt: skip
STEPS, BATCH, NEW_TOKENS = 5, 2, 16
GIB = 1 << 30


def make_student(folder: Path) -> Path:
    """Random weights in bf16, as `save_pretrained` writes them."""
    make_tokenizer().save_pretrained(folder)
    config = STUDENTS["gemma-3-1b"] if IN_FULL else Gemma3TextConfig(**SMALL)
    config.max_position_embeddings = 8192
    config.pad_token_id, config.eos_token_id, config.bos_token_id = 0, 1, None
    torch.manual_seed(1)
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    return folder


def carried(job: Job) -> tuple[Job, float]:
    """A job carried to its end by a worker, its engine a process of its own; and the seconds that took."""
    began = time.monotonic()
    run_job(job.pk, worker="w")
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return job, time.monotonic() - began


def test_a_student_of_the_papers_size_goes_the_whole_way_on_a_cpu(
    workers, site, task: Task, admin, lead, key_of, settings, tmp_path, capsys
):
    settings.STUDENT_ROOTS = [tmp_path]
    seconds: dict[str, float] = {}
    version = freeze(task, admin, train=STEPS * BATCH, validation=2)
    student = registration.register_folder(
        path=str(make_student(tmp_path / "student")), by=admin, name="Real size", licence="None"
    )
    run = launch_run.launch(
        RunRequest(dataset_version=version, student=student, device="cpu"),
        recipe="modern-lora",
        by=lead,
        overrides={
            "epochs": 1,
            "batch_size": BATCH,
            "accumulation": 1,
            "max_length": 8192,
            "sample_every_steps": 10**6,
        },
    )
    _, seconds["tuned"] = carried(run.job)
    miniature = Miniature.objects.get(run=run)

    began = time.monotonic()
    promotion.promote(miniature, by=lead)
    client = openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=1200)
    wait_until(engine_client.engine_state, within_s=300)
    answers = []
    for _ in range(2):
        answers.append(client.chat.completions.create(
            model=miniature.slug, messages=user("company: Northwind"), max_tokens=NEW_TOKENS, temperature=1.0, seed=1
        ))  # fmt: skip
        seconds["first answer" if len(answers) == 1 else "second answer"] = time.monotonic() - began
        began = time.monotonic()
    export = formats.request_export(miniature, format="gguf-q8", by=lead)
    _, seconds["exported"] = carried(export.job)
    export.refresh_from_db()

    run.refresh_from_db()
    forecast, measured = run.estimate, run.summary
    assert measured["steps"] == STEPS
    assert export.bytes > 0
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content
    assert all(1 <= answer.usage.completion_tokens <= NEW_TOKENS for answer in answers)
    shape = student.parameters
    if IN_FULL:
        assert 0.95e9 < shape < 1.05e9
        # The file's pages stay mapped beside the fp32 copy, and this tokenizer spells in bytes (docs/memory.md).
        told = estimate_run(Path(student.path), Recipe(**run.recipe), [measured["tokens"] // measured["rows"]] * 10)
        assert measured["peak_memory_gib"] - student.bytes / GIB == pytest.approx(told.peak_gib, rel=0.15)
    figures = {
        "parameters": shape, "student_gib": student.bytes / GIB, "rows": measured["rows"], "tokens": measured["tokens"],
        "memory_forecast_gib": forecast["memory_gib"], "memory_measured_gib": measured["peak_memory_gib"],
        "seconds_forecast": forecast["seconds"], "step_seconds": measured["seconds"] / STEPS,
        "dtype": measured["dtype"], "adapter_mib": miniature.bytes / (1 << 20),
        "gguf_gib": export.bytes / GIB,
        "children_peak_gib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20),
        **{f"{name} (s)": value for name, value in seconds.items()},
    }  # fmt: skip
    with capsys.disabled():
        print(f"\nreal size: {json.dumps(figures)}" if IN_FULL else "", end="")
