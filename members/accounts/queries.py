"""Questions about members."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from members import session
from members.models import Member
from web.db.keys import uuid_or_none
from web.db.spellings import holds
from web.http.first_or_404 import first_or_404


def all_members(asking: Member) -> QuerySet[Member]:
    """All people with the number of their live tokens as `live_tokens`, the active first, by name.

    Raises:
        PermissionDenied: The asking member is no admin.
    """
    _require_admin(asking)
    live = Q(auth_token_set__expiry__isnull=True) | Q(auth_token_set__expiry__gt=timezone.now())
    people = Member.objects.filter(is_service=False)
    return people.annotate(live_tokens=Count("auth_token_set", filter=live)).order_by("-is_active", "username")


def member_or_404(asking: Member, member_id: uuid.UUID) -> Member:
    """One person, for admins.

    Raises:
        PermissionDenied: The asking member is no admin.
        Http404: There is no such member.
    """
    _require_admin(asking)
    return first_or_404(Member.objects.filter(pk=member_id, is_service=False), "There is no such member.")


def has_second_factor(member: Member) -> bool:
    return bool(Authenticator.objects.filter(user=member).exists())


def names_of(ids: Collection[str]) -> dict[str, str]:
    """Return names of members by id as text; unknown ids are left out."""
    members = Member.objects.filter(pk__in=[member_id for text in ids if (member_id := uuid_or_none(text))])
    return {str(member.pk): member.name for member in members}


def ids_matching(word: str) -> list[str]:
    """Ids of the members whose id, user name or name a searched word is or is part of."""
    fits = holds(word, "username", "display_name")
    if member_id := uuid_or_none(word):
        fits |= Q(pk=member_id)
    ids = [str(pk) for pk in Member.objects.filter(fits).values_list("pk", flat=True)]
    # The id of a deleted member still finds their actions.
    return ids or ([str(member_id)] if member_id else [])


def _require_admin(asking: Member) -> None:
    session.require_admin(asking, "Only an admin can see all members.")
