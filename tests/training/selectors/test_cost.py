"""What a miniature cost with those it goes on from, each draft, decision and run counted once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.models import Member
from review.models import DatasetVersion, Decision, Draft, Task
from tests.training.miniatures import conclude
from tests.training.preferences import freeze_edits
from training.costs import data_cost
from training.miniatures import cost
from training.models import HostPrice, Miniature, TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
Launch = Callable[..., TrainingRun]
DRAFT_USD = Decimal("0.25")


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze_edits(shared_task, shared_admin, train=9, validation=2)


@pytest.fixture
def larger(version: DatasetVersion, task: Task, admin: Member) -> DatasetVersion:
    """All that the first version holds, and ten drafts more."""
    return freeze_edits(task, admin, train=6, validation=2, skip=13)


@pytest.fixture
def goes_on(miniature: Miniature, launch: Launch, tmp_path: Path) -> Callable[..., Miniature]:
    def start(before: Miniature = miniature, **order: Any) -> Miniature:
        run = launch(recipe="dpo", starts_from=before, **order)
        return conclude(run, tmp_path / str(run.pk))

    return start


def priced(miniature: Miniature) -> TrainingRun:
    """Its run, at two dollars."""
    run = miniature.run
    run.cost = {
        "host_seconds": 3600.0, "devices": 1, "usd_per_hour": "2", "usd": "2.0000", "kwh": None, "is_final": True,
    }  # fmt: skip
    run.save(update_fields=["cost"])
    return run


def test_what_several_learnt_from_counts_once(
    miniature: Miniature, goes_on: Callable[..., Miniature], larger: DatasetVersion, settings: Any
) -> None:
    settings.PERSON_USD_PER_HOUR = 36
    Draft.objects.update(cost_usd=DRAFT_USD)
    last = goes_on(goes_on(dataset_version=larger))
    for each in Miniature.objects.select_related("run"):
        priced(each)

    told = cost.miniature_costs(Miniature.objects.get(pk=last.pk))

    both, seconds = told.with_starts, sum(Decision.objects.values_list("seconds", flat=True))
    assert (told.own.data.drafts, both.data.drafts) == (13, 23)
    assert (told.own.data.drafts_usd, both.data.drafts_usd) == (13 * DRAFT_USD, 23 * DRAFT_USD)
    assert (told.own.data.decisions, both.data.decisions) == (13, 23)
    assert both.data.human_s == pytest.approx(seconds)
    assert (told.own.run.usd, both.runs_usd, both.host_seconds) == (2, 6, 3 * 3600)
    assert [each.pk for each in both.starts] == [last.run.starts_from_id, miniature.pk]
    assert both.total_usd == both.data.drafts_usd + both.data.human_usd + 6
    assert both.is_whole


def test_a_decision_taken_after_the_first_freezing_counts_for_who_froze_later(
    version: DatasetVersion, larger: DatasetVersion
) -> None:
    version.created_at = Decision.objects.earliest("created_at").created_at

    assert data_cost.of_versions([version]).decisions == 1
    assert data_cost.of_versions([version, larger]).decisions == 23


def test_one_that_goes_on_from_none_costs_what_it_cost_itself(miniature: Miniature) -> None:
    told = cost.miniature_costs(miniature)

    assert told.with_starts.starts == ()
    assert (told.with_starts.data, told.with_starts.runs) == (told.own.data, (told.own.run,))


def test_without_the_price_of_a_start_the_sum_says_that_it_is_not_whole(
    miniature: Miniature, goes_on: Callable[..., Miniature], settings: Any
) -> None:
    settings.HOST_USD_PER_HOUR = 0
    further = goes_on()
    further.run = priced(further)

    told = cost.miniature_costs(further)

    assert told.own.is_whole
    assert not told.with_starts.is_whole
    assert told.with_starts.runs_usd == 2


def test_each_start_costs_one_question_more(goes_on: Callable[..., Miniature], larger: DatasetVersion) -> None:
    def questions(last: Miniature) -> int:
        found = Miniature.objects.select_related("run__job", "run__dataset_version").get(pk=last.pk)
        with CaptureQueriesContext(connection) as asked:
            cost.miniature_costs(found)
        return len(asked)

    second = goes_on(dataset_version=larger)
    third = goes_on(second)
    fifth = goes_on(goes_on(third, dataset_version=larger))

    assert questions(fifth) == questions(third) + 2


@pytest.mark.slow
def test_the_page_and_the_api_tell_both(
    miniature: Miniature, goes_on: Callable[..., Miniature], larger: DatasetVersion, admin: Member, as_member: Any
) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=2)
    Draft.objects.update(cost_usd=DRAFT_USD)
    further, client = goes_on(dataset_version=larger), as_member(admin)

    page = client.get(reverse("training:miniature", args=[further.pk])).content.decode()
    told = client.get(f"/api/v1/miniatures/{further.pk}/").json()
    alone = client.get(reverse("training:miniature", args=[miniature.pk])).content.decode()

    assert "<dt>Including its start</dt>" in page
    assert reverse("training:miniature", args=[miniature.pk]) in page
    assert "Including its start" not in alone
    assert "run" in told["cost"]
    both = told["cost_with_starts"]
    assert both["starts"] == [{"id": str(miniature.pk), "slug": miniature.slug, "name": miniature.name}]
    assert (both["drafts"], Decimal(both["drafts_usd"]), both["runs"]) == (23, 23 * DRAFT_USD, 2)
