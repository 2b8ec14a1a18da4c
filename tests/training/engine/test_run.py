"""Whole runs in a subprocess, as a supervisor starts them."""

from __future__ import annotations

import hashlib
import signal
import time

import pytest
from safetensors.torch import load_file

pytestmark = pytest.mark.engine


def test_a_run_leaves_a_verified_adapter_samples_and_figures(student, lay_run, start, result, events):
    sample = {"id": "s1", "messages": [{"role": "user", "content": "company: Northwind 0"}]}
    run_dir = lay_run("run", student(), sample_prompts=[sample], sample_max_new_tokens=8)

    status = start(run_dir).wait()

    assert status == 0, (run_dir / "engine.log").read_text()
    ended = result(run_dir)
    assert ended["outcome"] == "succeeded"
    summary = ended["summary"]
    assert (summary["steps"], summary["epochs"], summary["rows"], summary["rank"]) == (16, 2.0, 16, 4)
    assert summary["validation_loss"] < summary["validation_loss_before"]
    assert 0 < summary["trainable_parameters"] < summary["total_parameters"]
    assert {"adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/tokenizer.json"} <= {
        artefact["path"] for artefact in ended["artefacts"]
    }
    for artefact in ended["artefacts"]:
        assert hashlib.sha256((run_dir / artefact["path"]).read_bytes()).hexdigest() == artefact["sha256"]
    assert [e["step"] for e in events(run_dir, "metric") if "loss" in e] == list(range(1, 17))
    assert [e["step"] for e in events(run_dir, "metric") if "val_loss" in e] == [0, 8, 16]
    assert [(e["step"], e["id"]) for e in events(run_dir, "sample")] == [(8, "s1"), (16, "s1")]
    assert events(run_dir, "progress")[-1]["done"] == 16
