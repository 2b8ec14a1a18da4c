"""Studies carried by real engines on tiny models made from configs:
every job they queue is run until the study ends.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from demo.data.demo_task import AnsweredRecord, DemoTask
from evaluation.models import Study
from evaluation.studies import cells
from jobs.models import Job
from jobs.states import CLAIMABLE
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record, Task
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds

DEMO_WEIGHTS = Path(__file__).parents[3] / "demo" / "student" / "weights"
SHAPE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 2048, "tie_word_embeddings": False, "eos_token_id": 1,
    "pad_token_id": 0,
}  # fmt: skip


def carry(study: Study) -> None:
    """Run the study and what it has queued until it ends."""
    for _ in range(60):
        job = Job.objects.get(pk=study.job_id)
        if job.state == "succeeded":
            return
        assert job.state not in ("failed", "cancelled"), job.error
        for each in [*Job.objects.filter(state__in=CLAIMABLE, kind__in=("training", cells.KIND)), job]:
            run_job(each.pk, worker="w")
            each.refresh_from_db()
            assert each.state != "failed", (each.kind, each.error)
    raise AssertionError(f"the study is still {job.state}: {job.waiting_reason}")


def require_measured(study: Study) -> None:
    """Hold every cell to a finished tuning, of the base none, and to a finite score of each record it is scored on."""
    for cell in study.cells.select_related("measurement__run"):
        found = cell.measurement
        assert cell.problem == "", cell
        assert (found.run is None) == (cell.records == 0), cell
        assert found.run is None or found.run.summary["steps"] > 0, cell
        scores = found.scores[study.record["metric"]]
        assert set(scores) >= set(found.plan["scored"]), cell
        assert all(math.isfinite(score) for score in scores.values()), cell


def carried(study: Study, client: Client, by: Member, *arms: str) -> dict[str, Any]:
    """The verdict of a study that was run whole, once its page tells it with every arm."""
    carry(study)
    require_measured(study)
    assert {cell.arm for cell in study.cells.all()} == set(arms)
    body: dict[str, Any] = Study.objects.get(pk=study.pk).verdict.body
    assert not body["missing"]
    assert body["record_is_intact"]
    assert {(row["spikes"] is None, row["skipped_steps"]) for row in body["cells"] if row["records"]} == {(False, 0)}
    client.force_login(by)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert escape(body["sentence"]) in page
    assert all(arm in page for arm in arms)
    return body


def answered(task: Task, by: Member, records: Sequence[AnsweredRecord], *, train: int) -> None:
    """Give a task records with an accepted draft each: so many for training, the others for validation."""
    made = factories.make_records(factories.make_source(task), len(records))
    group = task.versions.latest("number").spec.facts_with_role("group")
    for place, (row, record) in enumerate(zip(made, records, strict=True)):
        row.facts, row.split = dict(record.facts), Split.TRAIN if place < train else Split.VALIDATION
        row.group = str(record.facts[group]).casefold()
    Record.objects.bulk_update(made, ["facts", "split", "group"])
    factories.make_drafts(task, made, fields=[record.fields for record in records])
    golds.accept_all(by, task, count=len(records))


def frozen(task: Task, by: Member, name: str, **filters: Any) -> DatasetVersion:
    """A frozen version of all that was accepted."""
    return golds.sealed(freezing.freeze(freezing.create(task, name=name, by=by, filters=filters), by=by))


def of_demo(demo: DemoTask, by: Member, *, train: int, validation: int) -> Task:
    """A task of the demo with its first records and their right answers; no company stands in both splits."""
    task = factories.make_task(by=by, spec=demo.spec, slug=demo.slug)
    drawn = demo.records()
    answered(task, by, [*drawn[:train], *drawn[-validation:]], train=train)
    return task


def save(folder: Path, model: type, config: type, *, tokenizer: str = "tiny", **more: Any) -> Path:
    """Write a freshly drawn model beside a tokenizer: the tiny one, or the demo's, whose tokens are words."""
    import torch

    from tests.training.engine.conftest import make_tokenizer

    if tokenizer == "demo":
        folder.mkdir()
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(DEMO_WEIGHTS / name, folder / name)
        size = 2048
    else:
        made = make_tokenizer()
        made.save_pretrained(folder)
        size = len(made)
    torch.manual_seed(7)
    model(config(vocab_size=size, **{**SHAPE, **more})).save_pretrained(folder)
    return folder
