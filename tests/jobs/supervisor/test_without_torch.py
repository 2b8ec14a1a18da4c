"""A host without torch: jobs that need it fail at once and say what to install."""

from __future__ import annotations

import sys

import pytest

from jobs.kinds import registry
from jobs.supervisor import run_job

NEEDING_TORCH = {
    *("training", "training-part", "download", "isolation", "export", "write", "evaluation", "study-cell", "serving")
}


@pytest.mark.django_db(transaction=True)
def test_a_job_that_needs_torch_fails_at_once_on_a_host_without_and_names_the_extra(launch, kinds, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    kinds["counting"].needs_torch = True
    job = launch()

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.crashes, job.error["code"]) == ("failed", 0, "no_library")
    assert job.error["message"].startswith("Counting needs torch, which is not installed on the host ")
    assert "miniatures[training]" in job.error["hint"]


def test_every_engine_that_imports_torch_says_so():
    assert {kind.name for kind in registry.KINDS.values() if kind.needs_torch} == NEEDING_TORCH


def test_an_engine_that_plays_a_recording_back_needs_no_torch(monkeypatch):
    kind = registry.KINDS["training"]
    assert kind.begins_with_torch

    monkeypatch.setattr(kind, "engine_module", "demo.recordings.engine")

    assert not kind.begins_with_torch
