"""Rows for tests of evaluation: what the training room's tests make, and reports as an engine would write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from evaluation.engine.contracts import SCORING_VERSION
from evaluation.evaluations import results
from evaluation.models import Evaluation
from generation.models import Order, Teacher
from jobs.contracts import Result
from jobs.models import Job
from members.models import Member
from review.models import Draft, Task
from tests.signed_in import context_of
from tests.training.conftest import (
    admin,
    launch,
    lead,
    miniature,
    shared_admin,
    shared_task,
    shared_version,
    student,
    task,
    version,
    viewer,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = [
    "admin", "finish", "launch", "lead", "miniature", "shared_admin", "shared_task", "shared_version", "student",
    "task", "version", "viewer",
]  # fmt: skip


@pytest.fixture
def taught(task: Task, version: Any) -> Teacher:
    """The dataset's texts are of the offline teacher."""
    Draft.objects.filter(task=task).update(teacher="offline:offline-composer")
    return Teacher.objects.get(slug="offline")


def end_order(order: Order, state: str = "succeeded", **result: Any) -> Job:
    Job.objects.filter(pk=order.job_id).update(state=state, finished_at=timezone.now(), result=result)
    return Job.objects.get(pk=order.job_id)


def interval(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "n": 2, "companies": 2}


def conclude_evaluation(
    evaluation: Evaluation, systems: dict[str, tuple[str, float]], folder: Path, **said: Any
) -> None:
    """End an evaluation as its engine would: every system passes with its own share.

    Args:
        systems: By name, the kind and the share.
        folder: Where the engine's files go.
        said: Fields that every system wrote for every record; a mail without any.
    """
    folder.mkdir(exist_ok=True)
    lines = []
    for name in systems:
        fields = said or {"subject": "Hello", "body": f"A mail by {name} <script>alert(1)</script>"}
        for record in evaluation.record_ids:
            lines.append(
                {
                    "system": name, "record": record, "text": "Subject: Hello", "fields": fields, "error": "",
                    "marks": [], "seconds": 0.1, "cost_usd": 0.0, "tokens": 9,
                    "scores": {"passes_all": 1.0, "gold_nll_per_byte": 0.7},
                }
            )  # fmt: skip
    (folder / "outputs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    summary = {
        "measured_as": SCORING_VERSION,
        "records": len(evaluation.record_ids), "with_gold": 1, "seconds": 2.0, "distinct": {},
        "systems": {name: {"passes_all": interval(share)} for name, (_, share) in systems.items()},
        "general_nll_per_byte": {name: 1.5 for name, (kind, _) in systems.items() if kind != "teacher"},
        "differences": [],
    }  # fmt: skip
    kinds = {name: kind for name, (kind, _) in systems.items()}
    collected = results.store_outputs(evaluation.pk, folder, fence=1)
    results.keep_results(evaluation.pk, Result(outcome="succeeded", summary=summary), collected, kinds=kinds)
    evaluation.refresh_from_db()


@pytest.fixture
def finish(tmp_path: Path) -> Any:
    """End an evaluation as its engine would: every system passes with its own share."""

    def end(evaluation: Evaluation, systems: dict[str, tuple[str, float]]) -> Evaluation:
        conclude_evaluation(evaluation, systems, tmp_path / str(evaluation.pk))
        return evaluation

    return end


@pytest.fixture
def open_as(browser: Browser, live_server: Any) -> Iterator[Callable[[Member, str], Page]]:
    """Pages of signed-in members, each with a browser of their own."""
    contexts, errors = [], []

    def open_page(member: Member, address: str) -> Page:
        context = context_of(browser, live_server.url, member)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.message))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
