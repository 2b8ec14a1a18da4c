"""Home's claim: a miniature beside its teacher, quality by round, and what 1,000 outputs cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evaluation.evaluations import start_evaluation
from evaluation.models import Evaluation
from members.models import Member
from miniatures_site.home import claim
from review.states import Split
from tests.evaluation.conftest import (
    admin,
    finish,
    launch,
    miniature,
    shared_admin,
    shared_task,
    shared_version,
    student,
    task,
    version,
)
from training.models import Miniature

__all__ = [
    "admin", "finish", "launch", "miniature", "shared_admin", "shared_task", "shared_version", "student", "task", "version",
]  # fmt: skip
pytestmark = pytest.mark.django_db
OWN = "run 1 (LoRA)"


@pytest.fixture
def evaluation(miniature: Miniature, admin: Member, finish: Any) -> Evaluation:
    systems = {"gpt": ("teacher", 0.9), OWN: ("lora", 0.8), "tiny (base)": ("base", 0.1)}
    made: Evaluation = finish(start_evaluation.start(miniature.run, by=admin), systems)
    return made


def priced(evaluation: Evaluation, **usd: float) -> None:
    for name, cost in usd.items():
        system = {"own": OWN, "teacher": "gpt"}[name]
        evaluation.summary["systems"][system]["cost_usd"] = {"mean": cost, "low": None, "high": None, "n": 2}
    evaluation.save()


def test_the_miniature_is_told_beside_its_teacher_with_prices(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    priced(evaluation, own=0.00002, teacher=0.0031)

    page = " ".join(as_member(admin).get("/").content.decode().split())

    assert "your miniature passes all checks in <strong>80.0 %</strong> (70.0 % to 90.0 %)" in page
    assert "gpt in <strong>90.0 %</strong>" in page
    assert "1,000 cost <strong>$0.02</strong>, from the teacher <strong>$3.10</strong>" in page
    assert 'data-chart="scatter"' in page


def test_without_a_price_nothing_is_told_as_free(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    priced(evaluation, own=0.0, teacher=0.0)

    page = as_member(admin).get("/").content.decode()

    assert "1,000 cost" not in page
    assert "$0.00" not in page
    assert 'data-chart="scatter"' not in page


def test_an_opened_test_split_goes_before_validation_and_exploratory_readings_do_not_count(
    evaluation: Evaluation, miniature: Miniature, admin: Member, finish: Any
) -> None:
    opened = finish(start_evaluation.start(miniature.run, by=admin), {OWN: ("lora", 0.5)})
    Evaluation.objects.filter(pk=opened.pk).update(split=Split.TEST)
    later = finish(start_evaluation.start(miniature.run, by=admin), {OWN: ("lora", 0.6)})
    later.summary["is_exploratory"] = True
    later.save()

    found = claim.claim_of(miniature.task)

    assert found and found.evaluation.pk == opened.pk
    assert found.rounds == {}


def test_a_task_without_an_evaluation_has_no_claim(miniature: Miniature) -> None:
    assert claim.claim_of(miniature.task) is None
    assert claim.saved_usd(miniature.task) is None
