"""Lay out the matrix's installation in a scratch database, and write down all that a caller over HTTP needs to know of it.

`python -m benchmarks.fire.layout FOLDER`, with production's settings; the last act is FOLDER/layout.json.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from members.models import ApiToken  # noqa: E402
from members.tokens.scopes import SCOPES, SERVICE_SCOPES, allows  # noqa: E402
from miniatures_site.access import ACCESS, RULES, AccessLevel  # noqa: E402
from review.tasks.service_tokens import issue  # noqa: E402
from serving.v1.auth import SCOPE  # noqa: E402
from tests.matrix.bodies import body_of, query_of  # noqa: E402
from tests.matrix.callers import CALLERS, REFUSED, allowed  # noqa: E402
from tests.matrix.installation import Installation  # noqa: E402
from tests.matrix.published import generate  # noqa: E402
from tests.matrix.routes import Route, walk  # noqa: E402

# What is over without an answer that means much, or is another's page: any answer but a fault is right.
ANY = ["login", "denied", "hidden", "no such method", "reached"]
# Pages of the local mail sink, which production has none of.
SINK = "demo:"
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def main(folder: Path) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with override_settings(MAILBOX_DIR=folder / "mailbox"):
        made = Installation(folder)
    laid = {
        "objects": {name: str(value) for name, value in made.objects.items()},
        "cookies": {
            name: client.cookies["sessionid"].value for name, client in made.browsers.items() if client.cookies
        },
        "tokens": tokens_of(made),
        "routes": [entry for route in walk() for entry in entries(route, made)],
        "schema": generate(),
    }
    (folder / "layout.json").write_text(json.dumps(laid, default=str))


def tokens_of(made: Installation) -> dict[str, str]:
    """A program of each scope, one of another task, and three whose tokens open nothing."""
    found = {f"token:{scope}": made.programs[scope].defaults["HTTP_AUTHORIZATION"] for scope in SCOPES}
    stranger = made.members["stranger"]
    _, elsewhere = issue.make(made.elsewhere, name="crm", scopes=list(SERVICE_SCOPES), days=7, by=stranger)
    expired, old = ApiToken.objects.create(user=made.admin, name="old", scopes=["admin"])
    ApiToken.objects.filter(pk=expired.pk).update(expiry=timezone.now() - timezone.timedelta(days=1))
    _, gone = ApiToken.objects.create(user=made.members["deactivated"], name="gone", scopes=["admin"])
    shut = {"elsewhere": elsewhere, "expired": old, "deactivated": gone, "invented": "0" * 64}
    return found | {f"token:{name}": f"Bearer {secret}" for name, secret in shut.items()}


def entries(route: Route, made: Installation) -> list[dict[str, Any]]:
    """One entry for each method of a route."""
    values = {name: str(value) for name, value in made.values(route).items()}
    template = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)
    methods = route.methods() or ["GET", "POST"]
    return [
        {
            "name": route.name,
            "method": method,
            "address": route.address(values),
            "query": query_of(route.name, made),
            "body": body_of(method, route.name, made),
            "template": template.replace("{pk}", "{id}"),
            "values": {"id" if name == "pk" else name: value for name, value in values.items()},
            "is_api": route.is_api,
            "need": RULES[route.name].declared(method).name,
            "allowed": expected(route, method),
        }
        for method in (*methods, *(["HEAD"] if "GET" in methods else []))
    ]


def expected(route: Route, method: str) -> dict[str, list[str]]:
    """What an answer may mean to each caller."""
    need = RULES[route.name].declared(method)
    if route.name not in ACCESS or (route.name.startswith(SINK) and settings.MAILBOX_DIR is None):
        callers = [*CALLERS, "forged", *(f"token:{scope}" for scope in SCOPES)]
        return dict.fromkeys(callers, ANY)
    of_browsers = {name: sorted(allowed(need, name)) for name in CALLERS}
    visitor, is_shut = of_browsers["visitor"], need in (AccessLevel.OPEN, AccessLevel.NONE)
    closed = ANY if is_shut else ["login"]
    of_programs = {f"token:{name}": closed for name in ("expired", "deactivated", "invented")}
    is_page = need is not AccessLevel.KEY and not (route.is_api and route.methods())
    for scope in SCOPES:
        of_programs[f"token:{scope}"] = visitor if is_page else program(route, method, scope)
    of_programs["token:elsewhere"] = visitor if is_page else elsewhere(route, need, visitor)
    if is_page and method in WRITES:
        # A page's guard against forged forms comes before the question who asks: a token is no proof to it.
        of_programs = {name: sorted({*may, "denied"}) for name, may in of_programs.items()}
    if method in WRITES:
        of_browsers["forged"] = ANY if is_shut else ["login" if need is AccessLevel.KEY else "denied"]
    return of_browsers | of_programs


def program(route: Route, method: str, scope: str) -> list[str]:
    """What an admin's token of one scope may get."""
    need = ACCESS[route.name].declared(method)
    if need is AccessLevel.KEY:
        return keyed(route, has_scope=allows([scope], SCOPE))
    if need in (AccessLevel.OPEN, AccessLevel.NONE):
        return ANY
    reads = method in ("GET", "HEAD")
    needed = getattr(route.view, "scope_read", "read") if reads else getattr(route.view, "scope_write", "lead")
    return ["reached", "hidden", "denied"] if allows([scope], needed) else ["denied"]


def keyed(route: Route, *, has_scope: bool) -> list[str]:
    """What a token is where the view asks for a key: one under `/v1` if it may serve, and none to who asks for a signature."""
    if not route.name.startswith("v1-"):
        return ["login", "denied"]
    return ["reached", "hidden", "no such method"] if has_scope else ["denied"]


def elsewhere(route: Route, need: AccessLevel, visitor: list[str]) -> list[str]:
    """What a program of another task may get: lists of what it sees, and nothing of this task."""
    if need is AccessLevel.KEY:
        return keyed(route, has_scope=True)
    if need in (AccessLevel.OPEN, AccessLevel.NONE):
        return ANY
    return ["reached", *REFUSED] if need is AccessLevel.MEMBER else sorted(REFUSED)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
