"""One way in by password, for all routes there are: it asks for the second factor, and counts who tries too often."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.matrix.routes import walk
from tests.members.test_second_factor import set_up
from tests.miniatures_site.test_open_routes import _address

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
# Field names by which forms and endpoints of Django, allauth, DRF and knox take who it is.
CREDENTIALS = {
    "login": "ada", "username": "ada", "email": "ada", "user": "ada", "password": PASSWORD, "password1": PASSWORD,
}  # fmt: skip
BASIC = {"Authorization": "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()}


@pytest.fixture
def guarded(admin: Any, as_member: Any) -> Any:
    """An admin with a second factor."""
    set_up(as_member(admin))
    return admin


@pytest.fixture(autouse=True)
def _nobody_has_tried() -> Any:
    cache.clear()
    yield
    cache.clear()


def is_in(client: Client, response: Any) -> bool:
    """Whether somebody is signed in now, or was given a key."""
    return "_auth_user_id" in client.session or b'"token"' in getattr(response, "content", b"")


@pytest.mark.slow
def test_no_route_signs_in_by_a_password_alone(guarded: Any) -> None:
    ways = []

    for route in walk():
        client = Client(raise_request_exception=False, headers=BASIC)
        if is_in(client, client.post(_address(route.pattern), CREDENTIALS)):
            ways.append(route.name)

    assert ways == []


@pytest.mark.slow
def test_who_has_no_second_factor_signs_in_at_one_address_alone(admin: Any) -> None:
    ways = set()

    for route in walk():
        client = Client(raise_request_exception=False)
        if is_in(client, client.post(_address(route.pattern), CREDENTIALS)):
            ways.add(route.name)

    assert ways == {"account_login"}


def test_a_password_is_not_guessed_at_the_sign_in(admin: Any) -> None:
    for number in range(10):
        Client().post("/accounts/login/", {"login": "ada", "password": f"guess {number}"})

    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert "_auth_user_id" not in client.session


@pytest.mark.slow
def test_a_code_is_not_guessed_once_the_password_is_known(guarded: Any) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}) for number in range(12)]

    assert "_auth_user_id" not in client.session
    assert any("Too many" in answer.content.decode() or answer.status_code == 429 for answer in answers)


@pytest.mark.parametrize("address", ["/accounts/reauthenticate/", "/accounts/2fa/reauthenticate/"])
def test_neither_is_guessed_where_a_member_proves_again_who_they_are(
    guarded: Any, as_member: Any, address: str
) -> None:
    client = as_member(guarded)

    answers = [client.post(address, {"password": f"guess {n}", "code": f"{n:06}"}).status_code for n in range(12)]

    assert answers[-1] == 429
