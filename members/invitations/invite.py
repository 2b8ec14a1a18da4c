"""Invite people by mail address; revoke and accept invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit import trail
from members import ports, session
from members.accounts import manage
from members.models import Invitation, Member
from web.db.turns import wait_for_turn
from web.errors import Refusal

SALT = "members.invitation"
LONGEST_DAYS = 30
# A name that no mail ever reaches (RFC 2606).
ERASED_ADDRESS = "erased@erased.invalid"


def invite(
    email: str,
    *,
    by: Member,
    display_name: str = "",
    is_admin: bool = False,
    roles: ports.Roles | None = None,
    days: int = 7,
) -> Invitation:
    """Ask a person in.

    Args:
        email: Where they are reached; a sign-in by SSO must bring the same address.
        by: An admin, or a lead who gives roles in their own tasks.
        display_name: How pages will call them; they may change it.
        is_admin: Whether they will be an admin; only an admin may say so.
        roles: Role by task they will have: `[{"task": slug, "role": role}]`.
        days: Days until the link no longer opens, 1 to 30.

    Raises:
        PermissionDenied: `by` may not invite, or not with these roles, or was shut out meanwhile.
        Refusal: 422 for what cannot be, 409 when the address has a member or an open invitation.
    """
    role_list = list(roles or [])
    _require_may_give(by, role_list, is_admin=is_admin)
    address = email.strip()
    if not 1 <= days <= LONGEST_DAYS:
        raise _not_made(days=f"Choose from 1 to {LONGEST_DAYS} days.")
    invitation = Invitation(
        email=address,
        display_name=display_name.strip(),
        is_admin=is_admin,
        roles=role_list,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    try:
        invitation.full_clean(exclude=["accepted_by", "accepted_at", "revoked_at", "roles"])
    except ValidationError as error:
        raise Refusal("invalid_invitation", "The invitation was not made.", errors=error.message_dict) from None
    with transaction.atomic():
        session.require_still_active(by)
        # Of two who ask in the same person at once, the second is told.
        wait_for_turn(f"invitation of {address.casefold()}")
        _refuse_known(address)
        invitation.save(force_insert=True)
        trail.record("invited", by=by, about=invitation, is_admin=is_admin, roles=_in_words(role_list), days=days)
    return invitation


def forget(address: str) -> int:
    """Take an erased person out of invitations that made no member, and revoke open ones.

    Returns how many held them.
    """
    held = Invitation.objects.filter(email__iexact=address.strip(), accepted_by__isnull=True)
    held.filter(_open()).update(revoked_at=timezone.now())
    return held.update(email=ERASED_ADDRESS, display_name="")


def token_of(invitation: Invitation) -> str:
    """Return the signed word in the invitation's link: it names the row, holds nothing else, and never changes."""
    return signing.Signer(salt=SALT).sign_object(str(invitation.pk))


def by_token(token: str) -> Invitation:
    """The open invitation a link names.

    Raises:
        Refusal: 404 for a link that is not ours, 409 for one that no longer opens; says why.
    """
    try:
        invitation = (
            Invitation.objects.select_related("invited_by")
            .filter(pk=UUID(signing.Signer(salt=SALT).unsign_object(token)))
            .first()
        )
    except (signing.BadSignature, ValueError, TypeError):
        invitation = None
    if invitation is None:
        raise Refusal(
            "no_invitation", "This link is not complete.", hint="Copy the whole link from the invitation.", status=404
        )
    _require_open(invitation)
    return invitation


def accept(invitation: Invitation, *, username: str, display_name: str, password: str) -> Member:
    """Become a member. Of two that accept one invitation at once, one becomes the member and the other is refused.

    It is worth what its inviter may give at this moment, whatever they could when they made it.

    Raises:
        Refusal: 409 when it no longer opens, its inviter may no longer make it, or the name is taken, 422 by field for
            what cannot be used.
    """
    _refuse_weak(password, username=username, email=invitation.email)
    with transaction.atomic():
        _take(invitation)
        member, _ = manage.create_member(
            username,
            by=None,
            display_name=display_name,
            email=invitation.email,
            is_admin=invitation.is_admin,
            password=password,
        )
        settle(invitation, member)
    return member


def settle(invitation: Invitation, member: Member) -> None:
    """Give a new member what their invitation promised, by whom and as far as they may still give it."""
    _give(invitation, member)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=member)
    trail.record("invitation_accepted", by=member, about=invitation)


def accept_pending(email: str) -> Invitation | None:
    """Accept the newest open invitation of an address that the SSO provider has verified.

    One whose inviter may no longer make it is passed over. Runs inside the caller's transaction, which then calls
    `settle`. None when there is none to take.
    """
    rows = Invitation.objects.filter(_open(), email__iexact=email).order_by("-created_at")
    for invitation in rows:
        try:
            _take(invitation)
        except Refusal:
            continue
        return invitation
    return None


def has_open(email: str) -> bool:
    """Return whether an address has an invitation whose sender may still invite."""
    rows = Invitation.objects.select_related("invited_by").filter(_open(), email__iexact=email)
    return any(_grants_anything(row, row.invited_by) for row in rows)


def revoke(invitation: Invitation, *, by: Member) -> None:
    """Take an invitation back; its link opens no more. One that was accepted stays as it is.

    Raises:
        PermissionDenied: `by` is neither an admin nor who invited.
        Refusal: 409 when it was accepted already.
    """
    if not by.is_admin and invitation.invited_by_id != by.pk:
        raise PermissionDenied("Only an admin, or the member who made an invitation, can take it back.")
    with transaction.atomic():
        rows = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if rows.update(revoked_at=timezone.now()):
            trail.record("invitation_revoked", by=by, about=invitation)
            return
    invitation.refresh_from_db()
    if invitation.state == "accepted":
        raise Refusal(
            "already_accepted",
            "This invitation was accepted already.",
            hint="An admin can deactivate the member.",
            status=409,
        )


def _take(invitation: Invitation) -> None:
    # Locked, so that who takes the inviter's power away at this moment comes before or after, never between.
    by = Member.objects.select_for_update().filter(pk__in=[invitation.invited_by_id]).first()
    if not _grants_anything(invitation, by):
        raise _cancel()
    # The conditional update is what makes a link good for one person, however many open it at once.
    rows = Invitation.objects.filter(_open(), pk=invitation.pk)
    if not rows.update(accepted_at=timezone.now()):
        invitation.refresh_from_db()
        _require_open(invitation)


def _give(invitation: Invitation, member: Member) -> None:
    by = Member.objects.filter(pk__in=[invitation.invited_by_id]).first()
    for row in _still_given(invitation, by):
        assert by is not None
        ports.teams().give(member, task=row["task"], role=row["role"], by=by)


def _still_given(invitation: Invitation, by: Member | None) -> ports.Roles:
    led = ports.teams().led_by(by) if by is not None and by.is_active else {}
    return [row for row in invitation.roles if row["task"] in led]


def _grants_anything(invitation: Invitation, by: Member | None) -> bool:
    """Return whether the inviter could make this invitation, or what is left of it, today.

    An admin may ask in whom they like. Others make no admins, and ask people into tasks that they lead.
    """
    if by is None or not by.is_active:
        return False
    return by.is_admin or (not invitation.is_admin and bool(_still_given(invitation, by)))


def _cancel() -> Refusal:
    words = "The member who made this invitation may no longer invite."
    return Refusal("invitation_void", words, hint="Ask an admin for a new one.", status=409)


def _open() -> Q:
    return Q(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def _require_open(invitation: Invitation) -> None:
    why = {
        "accepted": "This invitation was accepted already.",
        "revoked": "This invitation was revoked.",
        "expired": "This invitation has expired.",
    }.get(invitation.state)
    if why:
        hint = "Sign in, or ask who invited you for a new one."
        raise Refusal(f"invitation_{invitation.state}", why, hint=hint, status=409)
    if not _grants_anything(invitation, invitation.invited_by):
        raise _cancel()


def _require_may_give(by: Member, roles: Sequence[dict[str, str]], *, is_admin: bool) -> None:
    if is_admin:
        session.require_admin(by, "Only an admin can invite admins.")
    if not by.is_admin and not roles:
        if not ports.teams().leads_any(by):
            raise PermissionDenied("Inviting needs the role lead in a task.")
        raise _not_made(roles="Choose a role in at least one of your tasks.")
    led_tasks = ports.teams().led_by(by)
    if not by.is_admin and any(row["task"] not in led_tasks for row in roles):
        raise PermissionDenied("You can only give roles in tasks that you lead.")
    for row in roles:
        if row["task"] not in led_tasks:
            raise _not_made(roles=f"There is no task '{row['task']}'.")
        if row["role"] not in ports.teams().roles():
            raise _not_made(roles=f"There is no role '{row['role']}'.")


def _not_made(**mistakes: str) -> Refusal:
    errors = {name: [words] for name, words in mistakes.items()}
    return Refusal("invalid_invitation", "The invitation was not made.", errors=errors)


def _refuse_known(address: str) -> None:
    if Member.objects.filter(email__iexact=address).exclude(email="").exists():
        raise Refusal(
            "member_already",
            "There is a member with this address already.",
            hint="Give them a role on the task's page, under Team.",
            status=409,
            errors={"email": ["There is a member with this address already."]},
        )
    if has_open(address):
        raise Refusal(
            "invited_already",
            "This address has an open invitation already.",
            hint="Copy its link again, or have it taken back first.",
            status=409,
            errors={"email": ["This address has an open invitation already: copy its link again, or take it back."]},
        )


def _refuse_weak(password: str, *, username: str, email: str) -> None:
    try:
        validate_password(password, Member(username=username, email=email))
    except ValidationError as error:
        raise Refusal(
            "weak_password", "This password cannot be used.", errors={"password": list(error.messages)}
        ) from None


def _in_words(roles: Sequence[dict[str, str]]) -> list[str]:
    return [f"{row['task']}={row['role']}" for row in roles]
