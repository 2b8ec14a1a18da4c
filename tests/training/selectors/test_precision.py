"""What half precision saved a run, told beside a twin in fp32."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.training.miniatures import SUMMARY
from training.models import TrainingRun
from training.runs.comparison import compare_with_fp32

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def ended(run, **summary):
    TrainingRun.objects.filter(pk=run.pk).update(summary={**SUMMARY, **summary})
    run.refresh_from_db()
    return run


def test_a_run_is_measured_against_the_one_that_differs_in_nothing_but_its_precision(launch):
    twin = ended(launch(), peak_memory_gib=2.0, tokens_per_s=100.0, dtype="fp32")
    ended(launch(overrides={"rank": 8}), peak_memory_gib=1.0, tokens_per_s=900.0, dtype="fp32")
    run = ended(launch(overrides={"dtype": "bf16", "seed": 5}), peak_memory_gib=1.5, tokens_per_s=170.0, dtype="bf16")

    found = compare_with_fp32(run)

    assert (found.memory, found.speed, found.twin) == (0.25, 1.7, twin)
    assert compare_with_fp32(twin) is None


def test_without_a_twin_the_estimate_tells_the_memory_and_nobody_the_speed(launch):
    run = ended(launch(overrides={"dtype": "bf16"}), dtype="bf16")

    found = compare_with_fp32(run)

    told = run.estimate
    assert found.memory == pytest.approx(1 - told["memory_gib"] / told["fp32_memory_gib"])
    assert (found.speed, found.twin) == (None, None)


def test_the_page_sets_what_it_saved_beside_the_papers_figures(launch, as_member, admin):
    ended(launch(), peak_memory_gib=2.0, tokens_per_s=100.0, dtype="fp32")
    run = ended(launch(overrides={"dtype": "bf16"}), peak_memory_gib=1.5, tokens_per_s=170.0, dtype="bf16")

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    assert re.search(r"25 % less memory, 1\.70 times the speed", page)
    assert "The paper reports 50 % less memory and 1.5 to 2 times the speed." in page
    assert ", 1 value changed" in page
