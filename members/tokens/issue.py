"""API tokens: made, shown once, taken back. Only a hash is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from audit import trail
from members.models import ApiToken, Member
from members.session import require_still_active
from members.tokens.scopes import SCOPES, SERVICE_SCOPES, allows
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

LONGEST_DAYS = 366


def make_token(member: Member, *, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """Make a token for a member.

    Args:
        member: Whose it is; it never gives more than they have, nor than the token that they come with.
        scopes: Some of `members.tokens.scopes.SCOPES`.
        days: Days until it expires, 1 to 366.

    Returns:
        The row and the token itself, which is nowhere kept.

    Raises:
        PermissionDenied: The member was shut out meanwhile.
        Refusal: With a message by field.
    """
    errors = _mistakes(name, scopes, days, valid_scopes=SCOPES)
    if "scopes" not in errors and (beyond := _beyond(member, scopes)):
        errors["scopes"] = [f"The scope '{beyond}' goes beyond what you have."]
    return _made(member, errors, name=name, scopes=scopes, days=days, by=member)


def make_service_token(
    program: Member, *, name: str, scopes: Sequence[str], days: int, by: Member, task: str
) -> tuple[ApiToken, str]:
    """Make the token of a program. The caller gave the program its role in the task, in the same transaction.

    Args:
        program: The member the token acts as.
        scopes: Some of `members.tokens.scopes.SERVICE_SCOPES`.
        days: Days until it expires, 1 to 366.
        task: Slug of its task, for the audit trail.

    Returns:
        The row and the token itself, which is nowhere kept.

    Raises:
        Refusal: With a message by field.
    """
    errors = _mistakes(name, scopes, days, valid_scopes=SERVICE_SCOPES)
    return _made(program, errors, name=name, scopes=scopes, days=days, by=by, task=task)


def _mistakes(name: str, scopes: Sequence[str], days: int, *, valid_scopes: Iterable[str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not name.strip():
        errors["name"] = ["Enter what the token is for, such as 'nightly export'."]
    if not scopes:
        errors["scopes"] = ["Choose at least one scope."]
    if unknown := sorted(set(scopes) - set(valid_scopes)):
        errors["scopes"] = [f"There is no scope '{unknown[0]}' here. Scopes are {', '.join(valid_scopes)}."]
    if not 1 <= days <= LONGEST_DAYS:
        errors["days"] = [f"Choose from 1 to {LONGEST_DAYS} days."]
    return errors


def _made(
    member: Member,
    errors: dict[str, list[str]],
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    by: Member,
    task: str = "",
) -> tuple[ApiToken, str]:
    if errors:
        raise Refusal("invalid_token", "The token was not made.", hint="Correct these fields.", errors=errors)
    kept = [scope for scope in SCOPES if scope in scopes]
    with transaction.atomic():
        require_still_active(member)
        row, plaintext = ApiToken.objects.create(
            user=member, expiry=timedelta(days=days), name=name.strip()[:80], scopes=kept
        )
        trail.record("token_made", by=by, begins_with=row.token_key[:8], scopes=kept, days=days, **_of(task))
    return row, plaintext


def revoke(token: ApiToken, *, by: Member | None = None, task: str = "") -> None:
    """Take a token back; the next request with it is refused. `by` is its own member, unless said otherwise."""
    with transaction.atomic():
        trail.record("token_revoked", by=by or token.user, begins_with=token.token_key[:8], **_of(task))
        token.delete()


def _beyond(member: Member, scopes: Sequence[str]) -> str:
    for scope in scopes:
        if scope == "admin" and not member.may_administer:
            return scope
        if member.token_scopes is not None and not allows(member.token_scopes, scope):
            return scope
    return ""


def _of(task: str) -> dict[str, Any]:
    return {"task": task} if task else {}


def tokens_of(member: Member) -> QuerySet[ApiToken]:
    """The member's own tokens, newest first."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user=member).order_by("-created")
    return tokens


def token_or_404(member: Member, key: str) -> ApiToken:
    """One of the member's own tokens, by the first characters that lists show."""
    return first_or_404(tokens_of(member).filter(token_key=key), "You have no such token.")
