"""Ask again of stages that failed: the mails whose stage could not be asked go back to it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from campaigns.models import StageRun
from campaigns.states import StageState
from web.db.chunks import chunked

CHUNK = 500


def prepare_again(messages: Sequence[UUID]) -> set[UUID]:
    """Set failed stages of these mails back to waiting, and return the mails; one without a record begins anew.

    What was paid for is kept on its order, and an answer that came stays.
    """
    found: set[UUID] = set()
    for chunk in chunked(messages, CHUNK):
        failed = StageRun.objects.filter(message__in=chunk, state=StageState.FAILED)
        found.update(failed.values_list("message_id", flat=True))
        failed.filter(record__isnull=True, site__isnull=True).delete()
        # The order they had stays theirs by its own row.
        failed.update(state=StageState.WAITING, order=None, site=None, reason="", ended_at=None)
    return found
