"""How a worker tells that a message is too old: by the database's clock, since its own may be hours off."""

from __future__ import annotations

from celery.worker import request
from celery.worker.state import revoked as revoked_tasks

from web.db import database_clock


class Request(request.Request):
    def maybe_expire(self) -> bool:
        """Whether it has expired; it is then marked, and dropped."""
        if not self.expires or database_clock.now() <= self.expires:
            return False
        revoked_tasks.add(self.id)
        return True
