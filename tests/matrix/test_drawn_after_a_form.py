"""Pages drawn at an address that only takes forms: nothing in them goes to that address by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from miniatures_site.access import ACCESS, ACCOUNTS, AccessLevel
from tests.leads import Leads
from tests.matrix.bodies import body_of
from tests.matrix.installation import Installation
from tests.matrix.routes import Route, walk

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ROUTES = [
    route
    for route in walk()
    if route.name not in ACCOUNTS and not route.is_api and ACCESS[route.name].read is AccessLevel.NONE
]
# What draws a page where the usual body leads to another one, or is refused in a line of text.
BODIES: dict[str, list[dict[str, Any]]] = {
    "campaigns:act": [{"verb": "none"}],
    "campaigns:suppression-search": [{"address": "somebody@example.org"}],
    "evaluation:freeze-suite": [{"kind": "none"}],
    "members:member_change": [{"act": "renew_password"}],
    "webhooks:act": [{"act": "secret"}],
}


def drawn(made: Installation, route: Route) -> list[str]:
    """Return the pages that forms sent to an address draw there."""
    address, client = route.address(made.values(route)), made.browsers["admin"]
    pages = []
    for body in [{}, body_of("POST", route.name, made), *BODIES.get(route.name, [])]:
        cookies = client.cookies.copy()
        with transaction.atomic():
            answer = client.post(address, body)
            transaction.set_rollback(True)
        client.cookies = cookies
        is_page = answer.get("Content-Type", "").startswith("text/html") and b"<html" in answer.content
        if is_page and answer.status_code not in (403, 404):
            pages.append(answer.content.decode())
    return pages


def test_forms_and_links_of_a_page_drawn_after_a_form_have_an_address_of_their_own(installation: Installation) -> None:
    leads = {route.name: [Leads(page) for page in drawn(installation, route)] for route in ROUTES}

    assert set(BODIES) <= {name for name, pages in leads.items() if pages}
    assert not {name: page.astray for name, pages in leads.items() for page in pages if page.astray}
