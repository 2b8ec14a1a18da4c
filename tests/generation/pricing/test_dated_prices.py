"""Prices from a day on, and price maps."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from generation.models import Order, PriceEntry, Teacher
from generation.money import price_map, prices
from members.models import Member
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MAP = Path(__file__).with_name("price_map.json")


def new_price(model: str = "gpt-4o", **over: Any) -> PriceEntry:
    given = {"input_usd_per_million": Decimal(5), "output_usd_per_million": Decimal(20), "as_of": timezone.localdate()}
    return prices.new_price(provider="openai", model=model, **given | over)


def usd(model: str) -> Decimal | None:
    entry = prices.price_entry("openai", model)
    return entry.input_usd_per_million if entry else None


def test_a_price_counts_from_its_day_and_the_one_before_it_stays(admin: Member) -> None:
    later = timezone.localdate() + timedelta(days=7)

    prices.set_price(new_price(from_date=later), by=admin)

    assert usd("gpt-4o") == Decimal("2.5")
    assert prices.prices(later).get(model="gpt-4o").input_usd_per_million == 5
    assert [row.input_usd_per_million for row in prices.price_rows(model="gpt-4o")] == [5, Decimal("2.5")]


def test_no_price_is_written_into_the_past(admin: Member) -> None:
    with pytest.raises(Refusal) as refused:
        prices.set_price(new_price(from_date=timezone.localdate() - timedelta(days=1)), by=admin)

    assert "from_date" in refused.value.errors


def test_an_order_keeps_the_price_it_was_launched_with(admin: Member, paid_order: Order) -> None:
    prices.set_price(new_price(), by=admin)

    paid_order.refresh_from_db()
    assert paid_order.teacher_spec["input_usd_per_million"] == 2.5


def test_a_map_is_read_exactly_and_each_row_that_is_not_taken_is_named() -> None:
    read = price_map.read_text(MAP.read_bytes())

    by_model = {price.model: price for price in read.prices}
    assert set(by_model) == {"gpt-4o", "gpt-next"}
    assert by_model["gpt-4o"].input_usd_per_million == 2
    assert by_model["gpt-4o"].batch_factor == Decimal("0.5")
    assert by_model["gpt-4o"].shutdown_date == date(2027, 1, 14)
    assert (by_model["gpt-next"].input_usd_per_million, by_model["gpt-next"].shutdown_date) == (
        Decimal("0.075"),
        date(2028, 1, 31),
    )
    assert read.unchanged == ["gpt-4o-mini"]
    assert {row.name: row.is_foreign for row in read.refused} == {
        "sample_spec": True,
        "elsewhere/large": True,
        "embed-small": True,
        "gpt-halved": False,
        "gpt-negative": False,
        "openai/gpt-next": False,
    }
    assert "output_cost_per_token is missing" in {row.name: row.reason for row in read.refused}["gpt-halved"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"a": NaN}'])
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        price_map.read_text(text)


@pytest.mark.parametrize("value", [True, "1e-6", 10**400, 1, 1.23456789e-10, [1]])
def test_a_price_that_is_none_is_refused_by_its_row(value: object) -> None:
    row = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": value, "output_cost_per_token": 1e-6}

    read = price_map.read({"x": row})

    assert [refused.name for refused in read.mistakes] == ["x"]
    assert not read.prices


def test_a_row_of_any_shape_is_named_and_never_an_error() -> None:
    rows = {"a": [], "b": None, "c": {"litellm_provider": "openai", "mode": ["chat"]}, "d": {"litellm_provider": 1}}

    assert [row.name for row in price_map.read(rows).refused] == ["a", "b", "c", "d"]


def test_a_map_with_wrong_rows_is_written_whole_or_not_at_all(admin: Member) -> None:
    read = price_map.read_text(MAP.read_bytes())
    rows = PriceEntry.objects.count()

    with pytest.raises(Refusal) as refused:
        price_map.import_map(read, by=admin, is_confirmed=True)
    assert set(refused.value.errors) == {"gpt-halved", "gpt-negative", "openai/gpt-next"}
    assert PriceEntry.objects.count() == rows
    assert not price_map.import_map(read, by=admin, is_confirmed=False).saved

    saved = price_map.import_map(read, by=admin, is_confirmed=True, skips_refused=True).saved

    assert {entry.model for entry in saved} == {"gpt-4o", "gpt-next"}
    assert (usd("gpt-4o"), usd("gpt-next")) == (2, Decimal("0.075"))


def test_only_admins_change_prices(lead: Member) -> None:
    with pytest.raises(PermissionDenied):
        prices.set_price(new_price(), by=lead)
    with pytest.raises(PermissionDenied):
        price_map.import_map(price_map.read_text(MAP.read_bytes()), by=lead, is_confirmed=False)


def test_a_map_that_says_nothing_of_batches_keeps_the_share_that_was_entered() -> None:
    PriceEntry.objects.filter(model="gpt-4o").update(batch_factor=1)
    row = {"litellm_provider": "openai", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6}

    [price] = price_map.read({"gpt-4o": row}).prices

    assert price.batch_factor == 1


def test_the_page_saves_a_price_at_once(admin: Member, as_member: Any) -> None:
    form = {
        "provider": "openai",
        "model": "gpt-4o",
        "input_usd_per_million": "5",
        "output_usd_per_million": "20",
        "as_of": "2026-11-22",
    }
    page, url = as_member(admin), reverse("generation:prices")

    answer = page.post(url, form, follow=True)

    assert "The price of gpt-4o is saved." in answer.content.decode()
    assert usd("gpt-4o") == 5


def test_the_connected_prices_are_those_of_teachers_in_use() -> None:
    assert not prices.connected_prices().exists()

    used = Teacher.objects.create(slug="used", name="Used", provider="openai", model="gpt-4o")
    Teacher.objects.create(slug="unused", name="Unused", provider="openai", model="gpt-5", is_active=False)

    assert [price.model for price in prices.connected_prices()] == [used.model]


def test_a_map_comes_in_by_the_page_in_two_steps(admin: Member, as_member: Any) -> None:
    page, url = as_member(admin), reverse("generation:prices-import")

    shown = page.post(url, {"file": SimpleUploadedFile("map.json", MAP.read_bytes())})
    own = shown.context["map"]
    refused = page.post(url, {"map": own, "confirm": "yes"})
    saved = page.post(url, {"map": own, "confirm": "yes", "skip_refused": "on"})

    assert shown.status_code == 200
    assert "output_cost_per_token is missing" in shown.content.decode()
    assert "elsewhere/large" not in json.loads(own)
    assert (refused.status_code, saved.status_code) == (400, 302)
    assert usd("gpt-next") == Decimal("0.075")


def test_the_api_writes_prices_and_maps(admin: Member, lead: Member, as_member: Any) -> None:
    body = {"provider": "openai", "model": "gpt-4o", "input_usd_per_million": "5", "output_usd_per_million": "20"}
    url, client = reverse("api-prices"), as_member(admin)

    def post(address: str, sent: object, who: Any = client) -> Any:
        return who.post(address, json.dumps(sent), content_type="application/json")

    saved = post(url, body)
    checked = post(reverse("api-prices-import"), {"map": json.loads(MAP.read_text())}).json()
    whole = post(reverse("api-prices-import"), {"map": json.loads(MAP.read_text()), "confirm": True})
    imported = post(
        reverse("api-prices-import"),
        {"map": json.loads(MAP.read_text()), "confirm": True, "skip_refused": True},
    )

    assert (saved.json()["model"], saved.json()["input_usd_per_million"]) == ("gpt-4o", "5.0000")
    assert not checked["is_saved"]
    assert checked["changes"][0]["old"]["input_usd_per_million"] == "5.0000"
    assert checked["changes"][0]["new"]["input_usd_per_million"] == "2.0000"
    assert (saved.status_code, whole.status_code, imported.status_code) == (201, 422, 201)
    assert whole.json()["code"] == "price_rows_refused"
    assert len(client.get(url, {"model": "gpt-4o", "every_row": "true"}).json()["results"]) == 2
    assert post(url, body, as_member(lead)).status_code == 403


def test_a_price_by_the_api_keeps_what_it_does_not_name(admin: Member, as_member: Any) -> None:
    body = {"provider": "openai", "model": "gpt-4o", "input_usd_per_million": "5", "output_usd_per_million": "20"}
    shutdown = timezone.localdate() + timedelta(days=30)
    prices.set_price(new_price(shutdown_date=shutdown, batch_factor=Decimal("0.25")), by=admin)

    def post(**more: Any) -> tuple[Any, Any]:
        saved = as_member(admin).post(reverse("api-prices"), {**body, **more}, content_type="application/json").json()
        return saved["shutdown_date"], saved["batch_factor"]

    assert post() == (shutdown.isoformat(), "0.250")
    assert post(from_date=shutdown.isoformat()) == (shutdown.isoformat(), "0.250")
    assert post(shutdown_date=None, batch_factor="0.4") == (None, "0.400")


def test_the_command_checks_writes_nothing_and_then_writes(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    rows = json.loads(MAP.read_text())
    good.write_text(json.dumps({name: rows[name] for name in ("gpt-4o", "elsewhere/large")}))
    told = StringIO()

    call_command("import_prices", good, "--check", stdout=told)
    assert "2.5000 / 10.0000 -> 2.0000 / 8.0000" in told.getvalue()
    assert "refused: elsewhere/large" in told.getvalue()
    assert usd("gpt-4o") == Decimal("2.5")
    with pytest.raises(CommandError, match="3 rows cannot be imported"):
        call_command("import_prices", MAP, stdout=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_prices", tmp_path / "none.json", stdout=StringIO())

    call_command("import_prices", good, stdout=StringIO())
    assert usd("gpt-4o") == 2
