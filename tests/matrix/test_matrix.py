"""Every route against every caller: who is let in, who is refused, and that nothing of a task reaches a stranger."""

from __future__ import annotations

import pytest
from django.test import Client

from members.models import ApiToken
from members.tokens.scopes import SCOPES, SERVICE_SCOPES, allows, needed_by
from miniatures_site.access import ACCESS, ACCOUNTS, AccessLevel
from review.tasks.service_tokens import issue
from tests.matrix.bodies import BODIES, QUERIES, body_of, query_of
from tests.matrix.callers import REFUSED, allowed, ask
from tests.matrix.installation import CANARY, Installation
from tests.matrix.parts import NEAREST, PARTS, callers_of, held_by, scopes_of
from tests.matrix.rights import GRANTING, Right, granted
from tests.matrix.routes import Route, walk

pytestmark = pytest.mark.django_db
ROUTES = [route for route in walk() if route.name not in ACCOUNTS]
API = [route for route in ROUTES if route.is_api and route.methods() and route.name in ACCESS]

# Scopes that may write what a level of access guards. Comments, restored drafts and outcomes have a scope of their own.
SCOPES_OF_LEVEL = {
    AccessLevel.ADMIN: {"admin"},
    AccessLevel.LEAD: {"lead", "admin"},
    AccessLevel.ANY_LEAD: {"lead", "admin"},
    AccessLevel.REVIEWER: {"review", "serve", "lead", "admin"},
}
OWN_SCOPES = {"api-comment": "review", "api-restore": "review", "api-outcomes": "outcomes"}


@pytest.fixture(scope="module")
def program_elsewhere(installation: Installation) -> Client:
    """A program with all that a service token may have, in the stranger's task."""
    lead = installation.members["stranger"]
    _, secret = issue.make(installation.elsewhere, name="crm", scopes=list(SERVICE_SCOPES), days=7, by=lead)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def test_every_route_is_declared() -> None:
    holes = sorted({route.name for route in ROUTES} - set(ACCESS))

    assert not holes, f"Routes without a line in miniatures_site/access/rules (who may reach them?): {holes}"


def test_no_line_is_left_of_a_route_that_is_gone() -> None:
    names = {route.name for route in ROUTES}
    gone = sorted(set(ACCESS) - names)
    sent = {entry.split()[-1] for entry in (*BODIES, *QUERIES)}

    assert not gone, f"Lines of miniatures_site/access/rules without a route: {gone}"
    assert sent <= names


def test_a_token_needs_a_scope_as_strong_as_the_level_of_what_it_writes() -> None:
    weak = [
        f"{method} {route.name}: {route.view.scope_write}"
        for route in API
        for method in sorted({*route.methods()} - {"GET"})
        if (scopes := SCOPES_OF_LEVEL.get(ACCESS[route.name].declared(method)))
        and getattr(route.view, "scope_write", "lead") not in {*scopes, OWN_SCOPES.get(route.name)}
    ]

    assert weak == []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("route", [route for route in ROUTES if route.name in ACCESS], ids=lambda route: route.name)
def test_each_caller_gets_what_the_route_declares(route: Route, part: str, installation: Installation) -> None:
    address = route.address(installation.values(route)) + query_of(route.name, installation)
    methods = route.methods() or ["GET", "POST"]
    wrong = []

    for method in methods:
        need = ACCESS[route.name].declared(method)
        body = body_of(method, route.name, installation)
        for caller in callers_of(part, need):
            got, content = ask(installation.browsers[caller], route, address, method, body)
            if got not in allowed(need, caller):
                wrong.append(f"{method} {address} as {caller}: {got}, but it needs {need.name}. {content[:160]!r}")
            # Monitors and link checkers ask for the headers alone.
            is_shown = caller == "admin" and (method, got) == ("GET", "reached")
            if is_shown and ask(installation.browsers[caller], route, address, "HEAD", body)[0] != "reached":
                wrong.append(f"HEAD {address}: does not answer as GET does")
            if caller == "stranger" and got == "reached" and CANARY.encode() in content.lower():
                wrong.append(f"{method} {address}: shows a stranger what belongs to another task")

    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("route", API, ids=lambda route: route.name)
def test_a_token_does_what_its_scopes_say_and_no_more(
    route: Route, part: str, installation: Installation, program_elsewhere: Client
) -> None:
    address = route.address(installation.values(route)) + query_of(route.name, installation)
    wrong = []

    for method in route.methods() or []:
        if ACCESS[route.name].declared(method) in (AccessLevel.OPEN, AccessLevel.KEY):
            continue
        needed = needed_by(route.view, method)
        body = body_of(method, route.name, installation)
        for scope in scopes_of(part, needed[0]):
            got, content = ask(installation.programs[scope], route, address, method, body)
            is_refused = got == "denied" and b"lacks the scope" in content
            if is_refused == any(allows([scope], each) for each in needed) or got in ("login", "broken"):
                wrong.append(f"{method} {address} with '{scope}': {got}, but it needs '{needed}'. {content[:120]!r}")
        if part != NEAREST:
            continue
        got, content = ask(program_elsewhere, route, address, method, body)
        is_lists = ACCESS[route.name].declared(method) is AccessLevel.MEMBER
        shows = got == "reached" and CANARY.encode() in content.lower()
        if shows or (got not in REFUSED and not is_lists):
            wrong.append(f"{method} {address} with a service token of another task: {got}. {content[:120]!r}")

    assert not wrong, "\n" + "\n".join(wrong)


ALL_BUT_ADMIN = [scope for scope in SCOPES if scope != "admin"]
WRITES = [(route, method) for route in API for method in route.methods() or [] if method != "GET"]
GRANTS = [(route, method) for route, method in WRITES if f"{method} {route.name}" in GRANTING]


@pytest.fixture(scope="module")
def weak_programs(installation: Installation) -> dict[str, Client]:
    """Programs with all that a token has short of `admin`: of an admin, of the task's lead, and of the task itself."""
    secrets = {
        name: ApiToken.objects.create(user=installation.members[name], name="weak", scopes=ALL_BUT_ADMIN)[1]
        for name in ("admin", "lead")
    }
    lead = installation.members["lead"]
    _, secrets["service"] = issue.make(installation.task, name="crm", scopes=list(SERVICE_SCOPES), days=7, by=lead)
    return {
        name: Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
        for name, secret in secrets.items()
    }


def _is_within(right: Right, caller: str, installation: Installation) -> bool:
    """Return whether a program of scope `lead` had a right itself.

    It has roles and events of the tasks that its member leads, and asks people in.
    """
    if caller == "service":
        return False
    own = {installation.task.slug} | ({installation.elsewhere.slug} if caller == "admin" else set())
    is_new_task = right.task == "new-one" and right.holder == installation.members[caller].username
    return right.kind == "account" or (
        right.kind in ("viewer", "reviewer", "lead", "events") and (right.task in own or is_new_task)
    )


@pytest.mark.parametrize("part", PARTS)
def test_no_token_short_of_admin_brings_about_rights_beyond_its_own(
    part: str, installation: Installation, weak_programs: dict[str, Client]
) -> None:
    calls = held_by(part, WRITES, GRANTS)
    beyond = []

    for route, method in calls:
        address = route.address(installation.values(route))
        for caller, client in weak_programs.items():
            new = granted(client, route, address, method, installation)
            beyond += [
                f"{method} {route.name}: {caller}'s token made {right}"
                for right in new
                if not _is_within(right, caller, installation)
            ]

    assert calls
    assert beyond == []


@pytest.mark.parametrize("part", PARTS)
def test_the_endpoints_that_grant_rights_are_these(part: str, installation: Installation) -> None:
    calls = held_by(part, WRITES, GRANTS)

    granting = {
        f"{method} {route.name}"
        for route, method in calls
        if granted(
            installation.programs["admin"], route, route.address(installation.values(route)), method, installation
        )
    }

    assert granting == (GRANTING if part == NEAREST else set()), "Look at the new one, then add it to GRANTING."
