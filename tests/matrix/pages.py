"""Every page of the site, and what it shows to a caller of the seeded installation."""

from __future__ import annotations

from django.db import transaction

from miniatures_site.access import ACCESS, ACCOUNTS, AccessLevel
from tests.matrix.bodies import query_of
from tests.matrix.callers import browser
from tests.matrix.installation import Installation
from tests.matrix.routes import Route, walk

# Answers for machines, and addresses that are signed keys: with no valid one there is nothing.
NO_PAGES = {"healthz", "metrics", "campaigns:click", "campaigns:unsubscribe"}
PAGES = [
    route
    for route in walk()
    if route.name not in ACCOUNTS
    and not route.is_api
    and route.name not in NO_PAGES
    and ACCESS[route.name].read is not AccessLevel.NONE
]
# A list, a detail page and a form.
PAGE_OF_EACH_KIND = [route for route in PAGES if route.name in ("review:tasks", "review:draft", "review:new")]


def visit(made: Installation, route: Route, caller: str) -> tuple[int, str]:
    """Open a page, wherever it leads to, once; files and streams that are no page give no text."""
    key = route.pattern, caller
    if key not in made.visited:
        made.visited[key] = _visit(made, route, caller)
    return made.visited[key]


def _visit(made: Installation, route: Route, caller: str) -> tuple[int, str]:
    address = route.address(made.values(route)) + query_of(route.name, made)
    with transaction.atomic():
        answer = browser(made.members[caller]).get(address, follow=True)
        is_page = not answer.streaming and answer.get("Content-Type", "").startswith("text/html")
        html = answer.content.decode() if is_page else ""
        transaction.set_rollback(True)
    return answer.status_code, html
