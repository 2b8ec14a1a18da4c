"""Bearer tokens of programs: refused with a reason where unknown, expired or of a disabled member, and their last use.

The last use is noted once a minute, and never in a request's way.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Final

from django.db import DatabaseError, connection, connections
from django.db.models import Q, QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from members.models import ApiToken, Member
from web.db.compiled_query import CompiledQuery

logger = logging.getLogger(__name__)
EVERY_S: Final = 60.0
WAITING, REMEMBERED = 100, 10_000
_writer = ThreadPoolExecutor(1, thread_name_prefix="last-use")
_slots = BoundedSemaphore(WAITING)
# When the last use of each token was queued: a busy database is not asked again by each request.
_written_at: dict[object, float] = {}


def note_use(token: ApiToken, now: datetime) -> None:
    """Note that a token was used now, unless that was noted within the last minute.

    The row may lag behind; later readers see the update. Nothing is written while the database is busy.
    """
    if token.last_used_at is not None and (now - token.last_used_at).total_seconds() <= EVERY_S:
        return
    if connection.in_atomic_block:
        # Inside a transaction, write at once: another connection would not see this token's row.
        write(token.pk, now)
        return
    if time.monotonic() - _written_at.get(token.pk, -EVERY_S) < EVERY_S:
        return
    if _slots.acquire(blocking=False):
        if len(_written_at) > REMEMBERED:
            _written_at.clear()
        _written_at[token.pk] = time.monotonic()
        _writer.submit(_in_background, lambda: write(token.pk, now)).add_done_callback(lambda _: _slots.release())


def write(token_id: object, now: datetime) -> bool:
    """Write the time where the row's own is older than a minute; of several at once one does.

    Returns whether it did.
    """
    is_old = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(seconds=EVERY_S))
    return bool(ApiToken.objects.filter(is_old, pk=token_id).update(last_used_at=now))


def _in_background(work: Callable[[], object]) -> None:
    try:
        work()
    except DatabaseError as error:
        logger.info("The time of a token's use was not noted: %s", error)
    finally:
        connections.close_all()


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
    note_use(row, now)
    row.user.token_scopes = row.scopes
    return row.user, row
