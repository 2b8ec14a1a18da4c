"""The pages before the door: where signing in begins, and what stands there after too many tries."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db


def test_signing_in_begins_in_the_field_of_the_name(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()

    field = page[page.index('name="login"') - 200 : page.index('name="login"') + 200]
    assert "autofocus" in field.split("<input")[-1]
    assert page.count("autofocus") == 1


def test_too_many_tries_are_told_on_a_page_of_the_house(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    cache.clear()
    tried = {"login": "nobody", "password": "wrong"}

    client.post("/accounts/login/", tried)
    refused = client.post("/accounts/login/", tried)

    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()
    assert "Too many attempts in a short time" in refused.content.decode()


@pytest.mark.parametrize("address", ["http://[::1", "http://[", "//[x"])
def test_an_address_to_go_on_to_that_is_none_is_passed_over(client: Client, address: str) -> None:
    page = client.get("/accounts/login/", {"next": address})

    assert page.status_code == 200


@pytest.mark.parametrize("path", ["/accounts/login/", "/no/such/page/"])
def test_a_form_in_another_encoding_is_refused(client: Client, path: str) -> None:
    form = "application/x-www-form-urlencoded; charset="

    other = client.post(path, b"login=x", content_type=f"{form}utf-7")
    alias = client.post(path, b"login=x", content_type=f"{form}UTF8")

    assert other.status_code == 400
    assert "not in UTF-8" in other.content.decode()
    assert alias.status_code in (200, 404)
