"""Questions about a member's own tokens."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from members.models import ApiToken, Member


def tokens_of(member: Member) -> QuerySet[ApiToken]:
    """The member's own tokens, newest first."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user=member).order_by("-created")
    return tokens


def token_or_404(member: Member, key: str) -> ApiToken:
    """One of the member's own tokens, by the first characters that lists show.

    Raises:
        Http404: They have no such token.
    """
    token = tokens_of(member).filter(token_key=key).first()
    if token is None:
        raise Http404("You have no such token.")
    return token
