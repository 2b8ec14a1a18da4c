"""Expiry of messages by the database's clock, since a worker's own clock may be hours off."""

from __future__ import annotations

from celery.worker import request
from celery.worker.state import revoked as revoked_tasks

from web.db import database_clock


class Request(request.Request):
    def maybe_expire(self) -> bool:
        """Return whether the message has expired. An expired message is marked, and dropped."""
        if not self.expires or database_clock.now() <= self.expires:
            return False
        revoked_tasks.add(self.id)
        return True
