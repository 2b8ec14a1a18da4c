"""Questions about a member's own tokens."""

from __future__ import annotations

from django.db.models import QuerySet

from members.models import ApiToken, Member
from web.http.first_or_404 import first_or_404


def tokens_of(member: Member) -> QuerySet[ApiToken]:
    """The member's own tokens, newest first."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user=member).order_by("-created")
    return tokens


def token_or_404(member: Member, key: str) -> ApiToken:
    """One of the member's own tokens, by the first characters that lists show."""
    return first_or_404(tokens_of(member).filter(token_key=key), "You have no such token.")
