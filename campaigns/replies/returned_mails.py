"""Mail of ours that a report carries back, by the signs of ours that stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from campaigns.compose import link_tokens
from campaigns.compose.link_tokens import ForgedTokenError, TokenPurpose
from campaigns.models import Message


def mail_of(marks: Iterable[str]) -> Message | None:
    """Return the mail of the first valid token or id, with contact and campaign; None where none is ours."""
    ids = [pk for mark in marks if (pk := _id_of(mark)) is not None]
    mails = Message.objects.select_related("contact", "campaign").in_bulk(ids) if ids else {}
    return next((mails[pk] for pk in ids if pk in mails), None)


def _id_of(mark: str) -> UUID | None:
    """The id that a mark is, or that its token, of whatever purpose, names first."""
    if "-" in mark:
        return UUID(mark)
    for purpose in TokenPurpose:
        try:
            return link_tokens.verify(purpose, mark)[0]
        except ForgedTokenError:
            continue
    return None
