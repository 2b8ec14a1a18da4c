"""A study of equal expert minutes with real engines: every arm tuned from where it starts, scored,
and told on the study's page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.models import DatasetVersion
from tests.evaluation.studies.test_expert_minutes import judged
from tests.evaluation.studies.whole import carry
from tests.training.test_kinds import model_folder, tiny
from training.models import Miniature, Student

__all__ = ["judged", "model_folder", "tiny"]
pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.stress,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("forked"),
]
ARMS = ("SFT", "SFT, then DPO", "SFT, then KTO", "SFT, on-policy")
SEEDS = (1, 2, 3)


def test_four_arms_of_equal_minutes_are_tuned_scored_and_told(
    judged: Callable[..., DatasetVersion], tiny: Student, admin: Member, client: Client
) -> None:
    asked = StudyRequest(kind="minutes", minutes=24, epochs=1, seeds=SEEDS, beside_sft=("dpo", "kto", "on_policy"))
    study = launch_study.launch(asked, version=judged(by_miniature=12), student=tiny, by=admin)

    carry(study)

    ended = {(cell.arm, cell.seed): cell for cell in study.cells.select_related("measurement__run__starts_from__run")}
    assert set(ended) == {(arm, seed) for arm in ARMS for seed in SEEDS}
    assert {cell.problem for cell in ended.values()} == {""}
    for (arm, seed), cell in ended.items():
        run: Any = cell.measurement.run
        before = run.starts_from.run if run.starts_from else None
        assert before == (ended["SFT", seed].measurement.run if "then" in arm else None)
        assert run.summary["steps"] > 0
        assert set(cell.measurement.scores["nll_per_byte"]) == set(cell.measurement.plan["scored"])
        assert all(math.isfinite(loss) for loss in cell.measurement.scores["nll_per_byte"].values())
    assert Miniature.objects.filter(run__in=[cell.measurement.run for cell in ended.values()]).count() == len(ended)
    told(study, client, admin)


def told(study: Study, client: Client, admin: Member) -> None:
    """The verdict stands on the page, with each arm held against SFT and a finished run to each cell."""
    body = Study.objects.get(pk=study.pk).verdict.body
    assert [one["arm"] for one in body["comparisons"]] == list(ARMS[1:])
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert body["sentence"] in page
    assert all(arm in page for arm in ARMS)
