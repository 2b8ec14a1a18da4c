"""Django's admin and allauth's pages: their own rules, held here for every route of theirs."""

from __future__ import annotations

import pytest

from miniatures_site.access import ELSEWHERE
from miniatures_site.open_routes import OPEN_ROUTES
from tests.matrix.callers import CALLERS, ask, browser
from tests.matrix.installation import Installation
from tests.matrix.routes import walk

pytestmark = pytest.mark.django_db
ROUTES = [route for route in walk() if route.pattern.startswith(ELSEWHERE)]
# The ways in and out show nothing.
DOORS = ("admin:login", "admin:logout")
ADMIN = [route for route in ROUTES if route.pattern.startswith("admin/") and route.name not in DOORS]
ACCOUNTS = [route for route in ROUTES if route.pattern.startswith("accounts/")]
SAMPLES = dict.fromkeys(
    ("object_id", "content_type_id", "app_label", "url", "key", "uidb36", "provider_id"), "sample"
)  # fmt: skip


@pytest.mark.parametrize("caller", CALLERS)
def test_djangos_admin_opens_for_admins_alone(caller: str, installation: Installation) -> None:
    client = browser(installation.members.get(caller))

    answers = {route.address(SAMPLES): ask(client, route, route.address(SAMPLES), "GET", {})[0] for route in ADMIN}

    wanted = {"reached", "hidden", "denied"} if caller == "admin" else {"login", "hidden"}
    assert {address: answer for address, answer in answers.items() if answer not in wanted} == {}
    assert len(answers) > 15


@pytest.mark.parametrize("caller", ["visitor", "deactivated"])
def test_pages_of_ones_own_account_ask_to_sign_in(caller: str, installation: Installation) -> None:
    client = browser(installation.members.get(caller))
    closed = [route for route in ACCOUNTS if route.name not in OPEN_ROUTES]

    for method in ("GET", "POST"):
        answers = {route.name: ask(client, route, route.address(SAMPLES), method, {})[0] for route in closed}
        assert set(answers.values()) == {"login"}, answers


def test_djangos_admin_shows_no_rows_of_ours(installation: Installation) -> None:
    """What is immutable, and what has services, is not edited by hand there."""
    from django.contrib import admin

    rooms = {model._meta.app_label for model in admin.site._registry}

    assert rooms <= {"auth", "account", "mfa", "socialaccount"}
