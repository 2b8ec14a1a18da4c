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
