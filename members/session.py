"""Member of a request, as the type that services take, and the check that they act as an admin."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from members.models import Member


def member_of(request: HttpRequest | Request) -> Member:
    """The member signed in.

    Raises:
        PermissionDenied: The request is anonymous. On all but public pages the login middleware answers first.
    """
    if isinstance(request.user, Member):
        return request.user
    raise PermissionDenied("Sign in first.")


def require_still_active(member: Member) -> None:
    """Refuse who was shut out since their request began; called inside the transaction that makes what would open.

    The lock makes shutting them out come before or after, so that what was made ends with everything else of theirs.

    Raises:
        PermissionDenied: They were shut out.
    """
    if Member.objects.select_for_update(no_key=True).filter(pk=member.pk, is_active=True).first() is None:
        raise PermissionDenied("This member was deactivated.")


def require_admin(member: Member, words: str) -> None:
    """Refuse whoever is no admin, and an admin's program whose token lacks the scope `admin`.

    Args:
        words: What is refused, a sentence.

    Raises:
        PermissionDenied: With these words, and the scope where the token alone lacks the right.
    """
    if member.is_admin and not member.may_administer:
        raise PermissionDenied(f"{words} This token lacks the scope 'admin'.")
    if not member.is_admin:
        raise PermissionDenied(words)
