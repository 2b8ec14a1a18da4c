"""Questions about members and their tokens."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from members.models import ApiToken, Member


def everyone(asking: Member) -> QuerySet[Member]:
    """All members with the number of their live tokens as `live_tokens`, the active first, by name.

    Raises:
        PermissionDenied: The asking member is no admin.
    """
    _require_admin(asking)
    live = Q(auth_token_set__expiry__isnull=True) | Q(auth_token_set__expiry__gt=timezone.now())
    return Member.objects.annotate(live_tokens=Count("auth_token_set", filter=live)).order_by("-is_active", "username")


def member_or_404(asking: Member, member_id: uuid.UUID) -> Member:
    """One member, for admins.

    Raises:
        PermissionDenied: The asking member is no admin.
        Http404: There is no such member.
    """
    _require_admin(asking)
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise Http404("There is no such member.")
    return member


def tokens_of(member: Member) -> QuerySet[ApiToken]:
    """The member's own tokens, newest first."""
    found: QuerySet[ApiToken] = ApiToken.objects.filter(user=member).order_by("-created")
    return found


def token_or_404(member: Member, key: str) -> ApiToken:
    """One of the member's own tokens, by the first characters that lists show.

    Raises:
        Http404: They have no such token.
    """
    token = tokens_of(member).filter(token_key=key).first()
    if token is None:
        raise Http404("You have no such token.")
    return token


def _require_admin(asking: Member) -> None:
    if not asking.is_admin:
        raise PermissionDenied("Only an admin sees all members.")
