"""Who calls: a visitor, members of each role, a stranger, somebody shut out; and what an answer means to them."""

from __future__ import annotations

import json
import time
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from members.models import ApiToken, Member
from members.recent_login.reauthentication import SIGNED_IN_AT
from miniatures_site.access import AccessLevel
from tests.matrix.routes import Route

BACKEND = "django.contrib.auth.backends.ModelBackend"
# The order of power inside a task.
ROLES = ("viewer", "reviewer", "lead", "admin")
DAY_S = 24 * 3600
CALLERS = ("visitor", "deactivated", "stranger", *ROLES)
REFUSED = {"denied", "hidden"}
LEAST = {AccessLevel.VIEWER: "viewer", AccessLevel.REVIEWER: "reviewer", AccessLevel.LEAD: "lead"}


def browser(member: Member | None) -> Client:
    """A browser with the member's session, made without signing in: somebody shut out cannot sign in any more."""
    client = Client(raise_request_exception=False)
    if member is not None:
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        # All tests of a file use it, and those together may take longer than a proof of who one is lasts.
        session[SIGNED_IN_AT] = time.time() + DAY_S
        session.create()
        client.cookies["sessionid"] = session.session_key
    return client


def program(member: Member, scope: str) -> Client:
    """A program with a token of one scope."""
    _, plaintext = ApiToken.objects.create(user=member, name=scope, scopes=[scope])
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {plaintext}"})


def ask(client: Client, route: Route, address: str, method: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """Send one request and take back what it did.

    Returns:
        What the answer means (`login`, `denied`, `hidden`, `no such method`, `reached` or `broken`), and its body.
    """
    cookies = client.cookies.copy()
    with transaction.atomic():
        if method in ("GET", "HEAD"):
            response = client.generic(method, address)
        elif route.is_api and "file" not in body:
            response = client.generic(
                method, address, json.dumps(body), content_type="application/json", headers={"If-Match": '"x"'}
            )
        else:
            response = client.post(address, _with_file(body))
        content = b"" if response.streaming else response.content
        transaction.set_rollback(True)
    # An answer may have changed the session, which is rolled back with all the rest.
    client.cookies = cookies
    return meaning(response), content


def meaning(response: Any) -> str:
    """What a status means here."""
    status = response.status_code
    if status == 401 or (status == 302 and "/login/" in response["Location"]):
        return "login"
    named = {403: "denied", 404: "hidden", 405: "no such method"}
    return named.get(status) or ("broken" if status >= 500 and status != 503 else "reached")


def allowed(need: AccessLevel, caller: str) -> set[str]:
    """What a caller's answer may mean, given what the route needs."""
    if need is AccessLevel.NONE:
        return {"no such method"} if caller not in ("visitor", "deactivated") else {"no such method", "login"}
    if need is AccessLevel.OPEN:
        return {"reached", "hidden", "denied"}
    if need is AccessLevel.KEY or caller in ("visitor", "deactivated"):
        return {"login"}
    if need is AccessLevel.MEMBER or caller == "admin":
        return {"reached"}
    if need is AccessLevel.ANY_LEAD:
        return {"reached"} if caller in ("lead", "stranger") else REFUSED
    if need is AccessLevel.USERS:
        return {"reached"} if caller == "lead" else REFUSED
    if need in (AccessLevel.ADMIN, AccessLevel.OWN):
        return REFUSED
    if caller == "stranger":
        # Of a task that is not theirs nobody learns even that it exists.
        return {"hidden"}
    return {"reached"} if ROLES.index(caller) >= ROLES.index(LEAST[need]) else REFUSED


def _with_file(body: dict[str, Any]) -> dict[str, Any]:
    """A form's values; what stands under `file` is sent as one."""
    if "file" not in body:
        return body
    return {**body, "file": SimpleUploadedFile("rows.csv", body["file"].encode(), content_type="text/csv")}
