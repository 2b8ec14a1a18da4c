"""Create, change and deactivate members."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from audit import trail
from members import ports, session
from members.accounts import addresses
from members.models import ApiToken, Invitation, Member
from web.errors import Refusal
from web.language.pages import AUTOMATIC

TEMPORARY = "temporary_password"
# Acts of `change` that grant rights, or give the acting member access to another account.
POWERFUL_CHANGES = frozenset({"make_admin", "reactivate", "renew_password", "remove_second_factor"})
CHOICES: dict[str, frozenset[str]] = {
    "work_mails": frozenset({"problems", "always", "never"}),
    "daily_mails": frozenset({"on", "off"}),
    "theme": frozenset({"system", "light", "dark"}),
    "density": frozenset({"regular", "compact"}),
    "shortcuts": frozenset({"on", "off"}),
    "language": frozenset({AUTOMATIC, *dict(settings.LANGUAGES)}),
}


def create_member(
    username: str,
    *,
    by: Member | None,
    display_name: str = "",
    email: str = "",
    is_admin: bool = False,
    password: str = "",
) -> tuple[Member, str]:
    """Add a member.

    Args:
        username: What they sign in with.
        by: The admin who adds them; None when the installation itself does (a command on the server).
        email: Where they are reached; may be empty.
        password: Their password; empty for a temporary one, which they are asked to change.

    Returns:
        The member and the password they sign in with.

    Raises:
        PermissionDenied: `by` is no admin.
        Refusal: The name or the address is taken (409), or the name cannot be used (422).
    """
    _require_admin(by)
    addresses.refuse_taken(email.strip())
    initial_password = password or secrets.token_urlsafe(9)
    member = Member(
        username=username.strip(),
        display_name=display_name.strip(),
        email=email.strip(),
        is_superuser=is_admin,
        is_staff=is_admin,
        preferences={} if password else {TEMPORARY: True},
    )
    member.set_password(initial_password)
    try:
        member.full_clean(validate_unique=False)
        with transaction.atomic():
            member.save(force_insert=True)
            trail.record("member_added", by=by, about=member, is_admin=is_admin)
    except ValidationError as error:
        raise Refusal("invalid_member", "This member cannot be added.", errors=error.message_dict) from None
    except IntegrityError:
        raise Refusal(
            "name_taken",
            f"There is a member '{member.username}' already.",
            hint="Choose another user name.",
            status=409,
        ) from None
    return member, initial_password


def update_profile(member: Member, *, display_name: str, choices: dict[str, str]) -> Member:
    """Change how pages call and look to a member. Unknown choices are refused, others of the member stay.

    Raises:
        Refusal: A choice has no such value.
    """
    for key, value in choices.items():
        if value not in CHOICES.get(key, frozenset()):
            words = ", ".join(sorted(CHOICES.get(key, ())))
            raise Refusal(
                "invalid_choice", f"'{value}' is not a valid {key}.", errors={key: [f"Must be one of {words}."]}
            )
    member.display_name = display_name.strip()[:80]
    return _with_preferences(member, choices, "display_name")


def save_preferences(member: Member, *, preferences: dict[str, Any]) -> Member:
    """Keep preferences of other pages, by key, beside those that stand."""
    return _with_preferences(member, preferences)


def set_admin(member: Member, *, is_admin: bool, by: Member) -> Member:
    """Make a member an admin, or no longer one.

    Raises:
        PermissionDenied: `by` is no admin.
        Refusal: This is the last admin (409).
    """
    _require_admin(by)
    with transaction.atomic():
        if not is_admin:
            _keep_one_admin(member)
        Member.objects.filter(pk=member.pk).update(is_superuser=is_admin, is_staff=is_admin)
        trail.record("member_made_admin" if is_admin else "member_unmade_admin", by=by, about=member)
    member.is_superuser = member.is_staff = is_admin
    return member


def deactivate(member: Member, *, by: Member) -> Member:
    """Shut a member out, in one transaction; what they decided stays.

    Their sessions and tokens end for good, the cards in their hand go back to the others, invitations they made and
    nobody accepted yet are revoked.

    Raises:
        PermissionDenied: `by` is no admin.
        Refusal: This is the last admin (409).
    """
    _require_admin(by)
    now = timezone.now()
    with transaction.atomic():
        _keep_one_admin(member)
        Member.objects.filter(pk=member.pk).update(is_active=False, session_epoch=F("session_epoch") + 1)
        live = Q(expiry__isnull=True) | Q(expiry__gt=now)
        ended = ApiToken.objects.filter(live, user=member).update(expiry=now)
        Invitation.objects.filter(invited_by=member, accepted_at=None, revoked_at=None).update(revoked_at=now)
        ports.member_left(member)
        trail.record("member_deactivated", by=by, about=member, tokens_ended=ended)
    member.refresh_from_db()
    return member


def reactivate(member: Member, *, by: Member) -> Member:
    """Let a member in again, with the roles they had. Sessions and tokens that ended stay ended.

    Raises:
        PermissionDenied: `by` is no admin.
    """
    _require_admin(by)
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(is_active=True)
        trail.record("member_reactivated", by=by, about=member)
    member.is_active = True
    return member


def renew_password(member: Member, *, by: Member) -> str:
    """A new temporary password for a member who lost theirs; their sessions end.

    Raises:
        PermissionDenied: `by` is no admin.
    """
    _require_admin(by)
    password = secrets.token_urlsafe(9)
    member.set_password(password)
    with transaction.atomic():
        _with_preferences(member, {TEMPORARY: True}, "password")
        trail.record("password_renewed", by=by, about=member)
    return password


def remove_second_factor(member: Member, *, by: Member) -> Member:
    """Take away the app and the recovery codes of a member who lost them; their sessions end. Twice is once.

    Raises:
        PermissionDenied: `by` is no admin.
    """
    _require_admin(by)
    with transaction.atomic():
        if Authenticator.objects.filter(user=member).delete()[0]:
            Member.objects.filter(pk=member.pk).update(session_epoch=F("session_epoch") + 1)
            trail.record("second_factor_off", by=by, about=member)
    member.refresh_from_db(fields=["session_epoch"])
    return member


def sign_out_everywhere(member: Member) -> Member:
    """End every session of the member, on all devices. Tokens stay."""
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(session_epoch=F("session_epoch") + 1)
        trail.record("signed_out_everywhere", by=member, about=member)
    member.refresh_from_db(fields=["session_epoch"])
    return member


def change(member: Member, *, act: str, by: Member) -> str:
    """Do one of the acts an admin has on a member's page, by its name; returns what was done, in one sentence.

    Raises:
        PermissionDenied: `by` is no admin.
        Refusal: No such act (400), or it would leave no admin (409). A new password is none of them: see
            `renew_password`.
    """
    if act == "deactivate":
        deactivate(member, by=by)
        return (
            f"{member.name} is deactivated: sessions and tokens are revoked, cards they held are back in the queue. "
            "Their decisions stay."
        )
    if act == "reactivate":
        reactivate(member, by=by)
        return f"{member.name} may sign in again."
    if act == "remove_second_factor":
        remove_second_factor(member, by=by)
        return f"{member.name} signs in by password alone until they set up an authenticator app again."
    if act in {"make_admin", "unmake_admin"}:
        set_admin(member, is_admin=act == "make_admin", by=by)
        return f"{member.name} is {'now' if member.is_superuser else 'no longer'} an admin."
    raise Refusal("unknown_act", "There is no such act.", status=400)


def _require_admin(by: Member | None) -> None:
    if by is not None:
        session.require_admin(by, "Only an admin may change members.")


def _keep_one_admin(leaving: Member) -> None:
    # The lock makes two admins who remove each other at once take turns.
    others = Member.objects.select_for_update().filter(is_superuser=True, is_active=True).exclude(pk=leaving.pk)
    if leaving.is_superuser and not others.exists():
        raise Refusal(
            "last_admin", f"{leaving.name} is the last admin.", hint="Make someone else an admin first.", status=409
        )


def _with_preferences(member: Member, changes: dict[str, Any], *also: str) -> Member:
    with transaction.atomic():
        # Read anew and locked: another request of theirs may have changed others meanwhile.
        standing = Member.objects.select_for_update(no_key=True).only("preferences").get(pk=member.pk).preferences
        member.preferences = {**(standing or {}), **changes}
        member.save(update_fields=["preferences", *also])
    return member
