"""Allauth's pages: their own rules, held here for every route of theirs."""

from __future__ import annotations

import pytest

from miniatures_site.access import ACCOUNTS, AccessLevel
from tests.matrix.callers import ask
from tests.matrix.installation import Installation
from tests.matrix.routes import walk

pytestmark = pytest.mark.django_db
ROUTES = [route for route in walk() if route.pattern.startswith("accounts/")]
SAMPLES = dict.fromkeys(
    ("object_id", "content_type_id", "app_label", "url", "key", "uidb36", "provider_id"), "sample"
)  # fmt: skip


@pytest.mark.parametrize("caller", ["visitor", "deactivated"])
def test_pages_of_ones_own_account_ask_to_sign_in(caller: str, installation: Installation) -> None:
    client = installation.browsers[caller]
    closed = [route for route in ROUTES if AccessLevel.OPEN not in ACCOUNTS[route.name]]

    for method in ("GET", "POST"):
        answers = {route.name: ask(client, route, route.address(SAMPLES), method, {})[0] for route in closed}
        assert set(answers.values()) == {"login"}, answers
