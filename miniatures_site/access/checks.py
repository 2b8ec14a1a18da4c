"""System checks of the declaration: what it lacks is told before the site starts, not when somebody is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error

from miniatures_site.access import enforce, routes
from miniatures_site.access.levels import KEY, NONE, OPEN, USERS, Rule
from miniatures_site.access.routes import DeclaredRoute
from miniatures_site.access.rules import RULES
from miniatures_site.access.rules.accounts import ACCOUNTS
from miniatures_site.access.task_of import lookup_of

WHERE = "miniatures_site/access/rules"


def check_routes(**_: Any) -> list[CheckMessage]:
    """Return what is wrong between the routes and the declaration.

    Releases of allauth add pages and take some away. Neither is a fault: a page without a line is refused.
    """
    declared = [route for route in routes.walk() if route.key in RULES or not route.is_allauths]
    gone = sorted(set(RULES) - set(ACCOUNTS) - {route.key for route in declared})
    return [
        *(error for route in declared for error in _errors_of(route)),
        *(
            Error(f"A line without a route: '{key}'.", hint=f"Take it out of {WHERE}.", id="access.E002")
            for key in gone
        ),
    ]


def _errors_of(route: DeclaredRoute) -> Iterator[CheckMessage]:
    rule = RULES.get(route.key)
    if rule is None:
        yield Error(
            f"The route '{route.key}' has no line, so everybody is refused.",
            hint=f"Say in {WHERE} who may reach it.",
            id="access.E001",
        )
    elif _lacks_task(rule, route):
        yield Error(
            f"'{route.key}' needs a role in a task, but its address leads to none.",
            hint="Name the parameter in miniatures_site/access/task_of.py, or give the line a floor.",
            id="access.E003",
        )
    elif _is_unguarded(rule, route):
        yield Error(
            f"'{route.key}' is a view of the API without RouteAccess.",
            hint="Leave its permission_classes as they are by default.",
            id="access.E004",
        )


def _lacks_task(rule: Rule, route: DeclaredRoute) -> bool:
    roles = {rule.enforced("GET"), rule.enforced("POST")}
    return USERS in roles or (not roles.isdisjoint(enforce.ROLES) and lookup_of(route.pattern) is None)


def _is_unguarded(rule: Rule, route: DeclaredRoute) -> bool:
    is_api = hasattr(getattr(route.view, "cls", None), "permission_classes")
    return is_api and not enforce.decides_itself(route.view) and not set(rule[:2]) <= {OPEN, KEY, NONE}
