"""The pages before the door: where signing in begins, and what stands there after too many tries."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import AsyncClient, Client

from members.recent_login.reauthentication import SIGNED_IN_AT

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


# What a stranger may name as host, origin or page: none of it is one.
ODD_AND_ALLOWED = ["[::1]:99999999"]
NO_HOSTS = [
    *ODD_AND_ALLOWED,
    "[::1", "::1", "[", "]", "[]", "[::1]:x", "[v1.x]", "[::ffff:999.1.1.1]", "testserver:", "testserver:port",
    "testserver:-1", "user:word@testserver", "@testserver", "testserver, evil.example", " testserver", "test server",
    "t\u00ebst", "\u0130", "%5B::1", "//[x", "a" * 70_000, ".", "",
]  # fmt: skip
PATHS = ("/", "/accounts/login/", "/livez", "/u/x", "/api/v1/tasks/", "/v1/models", "/no/such/page")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("host", NO_HOSTS, ids=lambda host: host[:20])
def test_a_host_that_is_none_is_refused_and_breaks_nothing(host: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "[::1]"]
    client = Client(raise_request_exception=False, headers={"host": host})

    statuses = {path: client.get(path).status_code for path in PATHS}
    settings.ALLOWED_HOSTS = ["*"]
    where_all_are_let_in = {path: client.get(path).status_code for path in PATHS}

    assert statuses["/accounts/login/"] == (200 if host in ODD_AND_ALLOWED else 400)
    assert max([*statuses.values(), *where_all_are_let_in.values()]) < 500, (statuses, where_all_are_let_in)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("host", ["[::1", "a@b", "testserver:port"])
def test_neither_does_it_where_the_server_is_asynchronous(host: str) -> None:
    client, named = AsyncClient(raise_request_exception=False), {"host": host}

    statuses = {path: async_to_sync(client.get)(path, headers=named).status_code for path in ("/v1/models", "/u/x")}

    assert set(statuses.values()) == {400}, statuses


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("address", ["http://[::1", "//[x", "[", "https://a@[b/", "http://testserver:port/"])
@pytest.mark.parametrize("header", ["referer", "origin", "HX-Current-URL"])
def test_a_page_or_an_origin_that_is_none_breaks_nothing(header: str, address: str, admin: Any) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True, headers={header: address})
    signed_in = Client(raise_request_exception=False, headers={header: address, "HX-Request": "true"})
    signed_in.force_login(admin)
    session = signed_in.session
    session[SIGNED_IN_AT] = 0
    session.save()

    posted = client.post("/accounts/login/", {"login": "a", "password": "b"})
    # Asks first who it is, and leads back to the page that it came from.
    proof = signed_in.post("/settings/tokens/", {"name": "x", "scopes": ["read"], "days": "7"})

    assert posted.status_code == 403
    assert proof.status_code < 500
