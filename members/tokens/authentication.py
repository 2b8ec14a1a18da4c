"""Bearer tokens of programs. A token of a disabled member, an expired or an unknown one is refused with its reason."""

from __future__ import annotations

import hmac

from django.db.models import QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from members.models import ApiToken, Member
from members.tokens import last_use
from web.db.compiled_query import CompiledQuery


def _with_key(*, token_key: str) -> QuerySet[ApiToken]:
    rows: QuerySet[ApiToken] = ApiToken.objects.select_related("user").filter(token_key=token_key)
    return rows


# Every request of a program asks this first.
_WITH_KEY = CompiledQuery(_with_key)


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`; the token's scopes come as `request.auth.scopes`."""

    def authenticate_credentials(self, token: bytes) -> tuple[Member, ApiToken]:
        """Find the token's row and its member.

        Raises:
            AuthenticationFailed: Unknown, expired, or its member is disabled.
        """
        text = token.decode("ascii", "replace")
        digest = hash_token(text)
        for row in _WITH_KEY(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if hmac.compare_digest(row.digest, digest):
                return _checked(row)
        raise AuthenticationFailed("This token is not known. Make one under Settings, API tokens.", "token_unknown")


def _checked(row: ApiToken) -> tuple[Member, ApiToken]:
    now = timezone.now()
    if not row.user.is_active:
        raise AuthenticationFailed("The member this token belongs to is disabled.", "member_disabled")
    if row.expiry is not None and row.expiry <= now:
        raise AuthenticationFailed(
            f"This token expired on {row.expiry:%Y-%m-%d %H:%M} UTC. Make a new one under Settings, API tokens.",
            "token_expired",
        )
    last_use.note_use(row, now)
    row.user.token_scopes = row.scopes
    return row.user, row
