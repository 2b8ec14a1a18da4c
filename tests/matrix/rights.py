"""What rights there are at a moment, and what a program sends that asks for as many as it can."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.test import Client

from members.models import ApiToken, Invitation, Member
from members.tokens.scopes import SCOPES
from review.models import Membership
from tests.matrix.bodies import body_of
from tests.matrix.installation import Installation
from tests.matrix.routes import Route
from webhooks.models import Hook

# Endpoints that give somebody rights, whoever may call them.
GRANTING = {
    "PATCH api-webhook",
    "POST api-invitations",
    "POST api-service-tokens",
    "POST api-tasks",
    "POST api-tokens",
    "POST api-webhooks",
    "PUT api-task-team-member",
}


class Right(NamedTuple):
    """One right: what it is, whose, and in which task; the events of a task go to an address,
    those of all have no task.
    """

    kind: str
    holder: str
    task: str = ""


def rights() -> set[Right]:
    """Every right that somebody holds now, or will hold once they take up an invitation."""
    invitations = Invitation.objects.values_list("email", "is_admin", "roles")
    tokens = ApiToken.objects.values_list("token_key", "scopes")
    roles = Membership.objects.values_list("role", "member__username", "task__slug")
    return {
        *(Right("admin", name) for name in Member.objects.filter(is_superuser=True).values_list("username", flat=True)),
        *(Right("account", name) for name in Member.objects.filter(is_active=True).values_list("username", flat=True)),
        *(Right("password", value) for value in Member.objects.values_list("password", flat=True)),
        *(Right(*row) for row in roles),
        *(Right(f"token {scope}", key) for key, scopes in tokens for scope in scopes),
        *(Right("admin", email) for email, is_admin, _ in invitations if is_admin),
        *(Right("account", email) for email, *_ in invitations),
        *(Right(row["role"], email, row["task"]) for email, _, held in invitations for row in held),
        *(
            Right("events", url, task)
            for url, task in Hook.objects.filter(is_active=True).values_list("url", "task_slug")
        ),
        *(Right("factor", str(pk)) for pk in Authenticator.objects.values_list("pk", flat=True)),
        *(Right("provider", str(pk)) for pk in SocialAccount.objects.values_list("pk", flat=True)),
    }


def granted(client: Client, route: Route, address: str, method: str, installation: Installation) -> set[Right]:
    """Rights that were not there before a program asked for all that there are, over one endpoint.

    One that is known to grant is asked in several ways, every other with what it needs and every name of a right beside
    it.
    """
    before, own_body, greedy = rights(), body_of(method, route.name, installation), _greedy(installation)
    ways = greedy if f"{method} {route.name}" in GRANTING else greedy[-1:]
    added: set[Right] = set()
    for body in (own_body, *(own_body | way for way in ways)):
        with transaction.atomic():
            _send(client, address, method, body)
            added |= rights() - before
            transaction.set_rollback(True)
    return added


def _send(client: Client, address: str, method: str, body: dict[str, Any]) -> None:
    """Send a body, and once more without the names that the endpoint does not take."""
    kind = {"content_type": "application/json", "headers": {"If-Match": '"x"'}}
    answer = client.generic(method, address, json.dumps(body), **kind)
    if answer.status_code == HTTPStatus.BAD_REQUEST and "json" in answer.headers["Content-Type"]:
        errors = answer.json().get("errors", {}).items()
        strange = {name for name, messages in errors if messages[0].startswith("There is no field")}
        if strange:
            client.generic(method, address, json.dumps({name: body[name] for name in body.keys() - strange}), **kind)


def _greedy(installation: Installation) -> list[dict[str, Any]]:
    """Bodies by every name under which an endpoint takes rights; none takes them all."""
    person = {"email": "more@example.org", "name": "more", "username": "more", "days": 30}
    everywhere = [{"task": slug, "role": "lead"} for slug in (installation.task.slug, installation.elsewhere.slug)]
    powers = {"is_admin": True, "is_superuser": True, "is_staff": True, "is_active": True}
    return [
        {**person, **powers, "role": "lead", "scopes": [scope], "roles": roles, "task": ""}
        for scope, roles in (("admin", []), ("lead", everywhere), ("read", everywhere[:1]))
    ] + [{**person, **powers, "roles": everywhere, "scopes": list(SCOPES), "role": "lead"}]
