"""Home's claim: a miniature beside its teacher, quality by round, and what 1,000 outputs cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.evaluations import costs, start_evaluation
from evaluation.models import Evaluation
from generation.models import Call, Order, Teacher
from members.models import Member
from miniatures_site.home import claim
from review.models import Record
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
from tests.training.miniatures import conclude
from training.models import HostPrice, Miniature

__all__ = [
    "admin", "finish", "launch", "miniature", "shared_admin", "shared_task", "shared_version", "student", "task",
    "version",
]  # fmt: skip
pytestmark = pytest.mark.django_db
OWN = "run 1 (LoRA)"


@pytest.fixture
def evaluation(miniature: Miniature, admin: Member, finish: Any) -> Evaluation:
    systems = {"gpt": ("teacher", 0.9), OWN: ("lora", 0.8), "tiny (base)": ("base", 0.1)}
    made: Evaluation = finish(start_evaluation.start(miniature.run, by=admin), systems)
    return made


def test_the_miniature_is_told_beside_its_teacher_with_prices(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    # 0.72 s on a host at 0.10 an hour are 0.02 for 1,000.
    HostPrice.objects.create(host="default", usd_per_hour="0.10")
    evaluation.summary["systems"][OWN]["seconds"] = {"mean": 0.72, "low": None, "high": None, "n": 2}
    evaluation.summary["systems"]["gpt"]["cost_usd"] = {"mean": 0.0031, "low": None, "high": None, "n": 2}
    evaluation.save()

    page = " ".join(as_member(admin).get("/").content.decode().split())

    assert "your miniature passes all checks in <strong>80.0 %</strong> (70.0 % to 90.0 %)" in page
    assert "gpt in <strong>90.0 %</strong>" in page
    assert "1,000 outputs cost <strong>$0.02</strong>, from the teacher <strong>$3.10</strong>" in page
    assert 'data-chart="scatter"' in page


def test_the_cost_page_opens_with_the_figures_of_home(
    evaluation: Evaluation, miniature: Miniature, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    HostPrice.objects.create(host="default", usd_per_hour="0.10")
    evaluation.summary["systems"][OWN]["seconds"] = {"mean": 0.72, "low": None, "high": None, "n": 2}
    evaluation.summary["systems"]["gpt"]["cost_usd"] = {"mean": 0.0031, "low": None, "high": None, "n": 2}
    evaluation.save()

    page = as_member(admin).get(reverse("serving:costs", args=[miniature.task.slug])).content.decode()

    shown = re.findall(r'stat-value">(?:<span[^>]*>)?([^<]*)', page)
    assert shown[:2] == ["$0.02", "$3.10"]
    assert page.index("stat-value") < page.index('name="volume"')


def test_a_better_miniature_of_before_is_not_told_as_the_teacher(
    evaluation: Evaluation, miniature: Miniature, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    HostPrice.objects.create(host="default", usd_per_hour="0.10")
    seconds = {"mean": 0.72, "low": None, "high": None, "n": 2}
    evaluation.summary["kinds"]["run 0 (LoRA)"] = "lora"
    evaluation.summary["systems"]["run 0 (LoRA)"] = {**evaluation.summary["systems"]["gpt"], "seconds": seconds}
    evaluation.summary["systems"]["gpt"]["cost_usd"] = {"mean": 0.0031, "low": None, "high": None, "n": 2}
    evaluation.save()
    client, slug = as_member(admin), miniature.task.slug

    home, costs_page, listed = (
        " ".join(client.get(address).content.decode().split())
        for address in ("/", reverse("serving:costs", args=[slug]), reverse("evaluation:list", args=[slug]))
    )

    assert "gpt in <strong>90.0 %</strong>" in home
    assert "1,000 outputs of gpt" in costs_page
    assert "run 0 (LoRA)" not in costs_page + listed


def test_without_a_price_nothing_is_told_as_free(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get("/").content.decode()

    assert "1,000 outputs cost" not in page
    assert "$0.00" not in page
    assert 'data-chart="intervals"' in page


def test_the_offline_teacher_is_priced_as_a_named_model(evaluation: Evaluation, miniature: Miniature) -> None:
    teacher, record = Teacher.objects.get(slug="offline"), Record.objects.filter(task=miniature.task).first()
    order = Order.objects.create(
        task=miniature.task, task_version=evaluation.task_version, teacher=teacher, teacher_spec={"name": "t"}, count=1
    )
    for position, (given, answered) in enumerate(((900, 100), (1100, 300))):
        Call.objects.create(
            id=uuid4(),
            order=order,
            position=position,
            state="answered",
            input_tokens=given,
            output_tokens=answered,
            record=record,
        )
    evaluation.teacher_order = order

    found = costs.of(evaluation)

    # 1,000 tokens in at 2.00 and 200 out at 10.00 a million.
    assert found["gpt"].usd == pytest.approx(4.0)
    # Outputs may be older than the price: it is today's, and never looks like the price of that time.
    assert "at the price of claude-sonnet-5-5 read on " in found["gpt"].basis
    assert found["gpt"].url.startswith("https://")
    assert OWN not in found


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


def test_rounds_are_drawn_of_the_same_records_alone(
    evaluation: Evaluation, miniature: Miniature, launch: Any, admin: Member, finish: Any, tmp_path: Path
) -> None:
    opened = finish(start_evaluation.start(miniature.run, by=admin), {OWN: ("lora", 0.5)})
    Evaluation.objects.filter(pk=opened.pk).update(split=Split.TEST, records_hash="others")
    second = conclude(launch(), tmp_path / "second")
    before = claim.claim_of(miniature.task)

    finish(start_evaluation.start(second.run, by=admin), {"run 2 (LoRA)": ("lora", 0.9)})

    found = claim.claim_of(miniature.task)
    assert before and before.rounds == {}
    assert found and (found.evaluation.pk, found.is_newest) == (opened.pk, False)
    assert [(row["name"], row["value"]) for row in found.rounds["rows"]] == [("Round 1", 80.0), ("Round 2", 90.0)]
