"""Sessions in the database as Django keeps them, read by a question that is compiled once, as each request asks it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from web.db.compiled_query import CompiledQuery


def _live(*, key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


_LIVE = CompiledQuery(_live)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        for session in _LIVE(key=str(self.session_key), now=timezone.now()):
            return session
        self._session_key = None
        return None
