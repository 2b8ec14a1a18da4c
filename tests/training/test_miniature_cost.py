from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from generation.models import Call, Teacher
from generation.money import daily_sums
from generation.orders import launch
from jobs.models import PLAYED_BACK, RECORDED_S, Job
from members.models import Member
from review.models import DatasetRow, Decision, Draft
from training.miniatures import cost
from training.models import HostPrice, Miniature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def priced(miniature: Miniature, usd: str) -> int:
    """Give every draft of the version a price; how many there are."""
    rows = DatasetRow.objects.filter(version_id=miniature.run.dataset_version_id)
    return Draft.objects.filter(pk__in=rows.values("draft")).update(cost_usd=Decimal(usd))


def test_a_miniature_cost_its_drafts_its_people_and_its_run(miniature: Miniature, settings: Any) -> None:
    settings.PERSON_USD_PER_HOUR = 36
    HostPrice.objects.create(host="default", usd_per_hour=2)
    drafts = priced(miniature, "0.004001")
    seconds = sum(Decision.objects.values_list("seconds", flat=True))

    told = cost.miniature_costs(miniature).own

    assert (told.data.drafts, told.data.drafts_usd) == (drafts, drafts * Decimal("0.004001"))
    assert (told.data.decisions, told.data.human_s) == (drafts, pytest.approx(seconds))
    assert told.data.human_usd == pytest.approx(Decimal(str(seconds)) / 100, abs=Decimal("0.000001"))
    assert told.run.usd is not None
    assert told.total_usd == told.data.drafts_usd + told.data.human_usd + told.run.usd
    assert told.is_whole


def test_without_a_price_of_its_host_the_sum_says_that_it_is_not_whole(miniature: Miniature, settings: Any) -> None:
    settings.HOST_USD_PER_HOUR = 0

    told = cost.miniature_costs(miniature).own

    assert not told.is_whole
    assert told.total_usd == told.data.drafts_usd + told.data.human_usd


def test_a_draft_that_was_written_again_brings_what_the_first_one_cost(miniature: Miniature) -> None:
    priced(miniature, "0.01")
    before = cost.miniature_costs(miniature).own
    row = DatasetRow.objects.filter(version_id=miniature.run.dataset_version_id).select_related("draft").first()
    assert row is not None
    first = Draft.objects.create(
        task=row.draft.task, task_version=row.draft.task_version, record=row.draft.record,
        fields=row.draft.fields, fields_hash="f" * 64, cost_usd=Decimal("0.5"),
    )  # fmt: skip
    Draft.objects.filter(pk=row.draft_id).update(parent=first)

    told = cost.miniature_costs(miniature).own

    assert (told.data.drafts, told.data.drafts_usd) == (before.data.drafts + 1, before.data.drafts_usd + Decimal("0.5"))


def test_orders_are_told_whole_with_what_was_rejected(miniature: Miniature, admin: Member) -> None:
    row = DatasetRow.objects.filter(version_id=miniature.run.dataset_version_id).first()
    assert row is not None
    order = launch.launch(
        launch.OrderRequest(
            miniature.task,
            teacher=Teacher.objects.get(slug="offline"),
            count=3,
            by=admin,
            record_ids=[row.draft.record_id],
        )
    )
    for n, usd in enumerate(("0.25", "0.5", "0.125")):
        Call.objects.create(
            id=UUID(int=n), order=order, record_id=row.draft.record_id, state="answered",
            cost_usd=Decimal(usd), possible_cost_usd=Decimal("0.01"),
        )  # fmt: skip
    daily_sums.rebuild(order)
    Draft.objects.filter(pk=row.draft_id).update(job_id=order.job_id)

    told = cost.miniature_costs(miniature).own

    assert (told.data.orders_usd, told.data.orders_possible_usd) == (Decimal("0.875"), Decimal("0.03"))


def test_the_page_and_the_api_tell_it(miniature: Miniature, admin: Member, as_member: Any) -> None:
    priced(miniature, "1")
    client = as_member(admin)

    page = client.get(reverse("training:miniature", args=[miniature.pk])).content.decode()
    told = client.get(f"/api/v1/miniatures/{miniature.pk}/").json()["cost"]

    assert "Cost" in page
    assert Decimal(told["drafts_usd"]) == told["drafts"] > 0
    assert Decimal(told["total_usd"]) >= Decimal(told["drafts_usd"])


def test_the_page_of_one_that_was_played_back_says_so_and_asks_for_no_price(
    miniature: Miniature, admin: Member, as_member: Any
) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=2)
    job = miniature.run.job
    Job.objects.filter(pk=job.pk).update(spec={**job.spec, PLAYED_BACK: True, RECORDED_S: 87})

    page = as_member(admin).get(reverse("training:miniature", args=[miniature.pk])).content.decode()

    assert "not counted here" in page
    assert "price is not set" not in page
    assert "without its training" not in page
