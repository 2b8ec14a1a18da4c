"""Models that are shut down: who is warned, when, and what is proposed instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.models import Order, PriceEntry, Teacher
from generation.money import prices
from generation.teachers import shutdowns
from members.models import Member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "left"), [(date(2026, 10, 15), None), (date(2026, 10, 16), 90), (date(2027, 1, 15), -1)]
)
def test_a_model_is_warned_of_for_ninety_days(day: date, left: int | None) -> None:
    notices = shutdowns.of_models([("openai", "gpt-4o"), ("openai", "gpt-6-luna")], today=day)

    assert [notice.days_left for notice in notices] == ([] if left is None else [left])


def test_the_nearest_in_price_that_stays_and_is_not_worse_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    PriceEntry.objects.filter(provider="openai").update(shutdown_date=date(2027, 1, 14))
    for model, price in (("near", 3), ("far", 30)):
        PriceEntry.objects.create(
            provider="openai", model=model, input_usd_per_million=price, output_usd_per_million=11, as_of="2026-11-22"
        )
    today = date(2026, 12, 1)

    def proposed() -> Any:
        return shutdowns.of_models([("openai", "gpt-4o")], today=today)[0].replacement

    assert (proposed().model, proposed().was_measured) == ("near", False)
    monkeypatch.setattr(shutdowns.teacher_comparison, "answer", lambda: lambda was, new: new.endswith(":near"))
    assert (proposed().model, proposed().was_measured) == ("far", True)
    monkeypatch.setattr(shutdowns.teacher_comparison, "answer", lambda: lambda was, new: True)
    assert proposed() is None


def test_warnings_ask_the_database_as_often_for_many_models_as_for_one(
    django_assert_max_num_queries: Any,
) -> None:
    day = timezone.localdate() + timedelta(days=10)
    PriceEntry.objects.filter(provider="openai").update(shutdown_date=day)
    for model in ("stays", *PriceEntry.objects.filter(provider="openai").values_list("model", flat=True)):
        Teacher.objects.create(slug=model.replace(".", "-"), name=model, provider="openai", model=model)
    PriceEntry.objects.create(
        provider="openai", model="stays", input_usd_per_million=1, output_usd_per_million=1, as_of="2026-11-22"
    )

    with django_assert_max_num_queries(3):
        warned = shutdowns.upcoming()

    assert len(warned) > 5
    assert {notice.replacement.model for notice in warned.values() if notice.replacement} == {"stays"}


@pytest.mark.slow
def test_pages_and_api_of_teachers_and_orders_warn(
    admin: Member, paid: Teacher, paid_order: Order, order: Order, as_member: Any
) -> None:
    day = timezone.localdate() + timedelta(days=10)
    PriceEntry.objects.filter(model="gpt-4o").update(shutdown_date=day)
    page, words = as_member(admin), "gpt-4o is shut down on"

    for address in (
        reverse("generation:teachers"),
        reverse("generation:teacher-edit", args=[paid.slug]),
        reverse("generation:detail", args=[paid_order.pk]),
        reverse("generation:diversity", args=[paid_order.pk]),
    ):
        assert words in page.get(address).content.decode(), address
    assert words not in page.get(reverse("generation:detail", args=[order.pk])).content.decode()
    told = page.get(reverse("api-teacher", args=[paid.slug])).json()["shutdown"]
    # One fewer where midnight came meanwhile.
    assert told["shutdown_date"] == day.isoformat()
    assert told["days_left"] in (9, 10)
    [notice] = page.get(reverse("api-order", args=[paid_order.pk])).json()["shutdowns"]
    assert notice["model"] == "gpt-4o"
    assert page.get(reverse("api-order", args=[order.pk])).json()["shutdowns"] == []


def test_days_from_a_providers_list_are_kept_on_the_prices_it_names(admin: Member) -> None:
    day = date(2027, 3, 1)

    changed = prices.keep_shutdown_dates("openai", {"gpt-6-luna": day, "unknown": day}, by=admin)

    assert changed == ["gpt-6-luna"]
    entry = prices.price_entry("openai", "gpt-6-luna")
    assert entry
    assert entry.shutdown_date == day
    assert prices.keep_shutdown_dates("openai", {"gpt-6-luna": day}, by=admin) == []
