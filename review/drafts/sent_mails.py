"""Results of mails sent from drafts, for their pages and the API.

Kept from reviewers who have not judged a draft yet, as its author is: who wrote a mail and what came of it would sway
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from members.models import Member
from review import ports
from review.drafts.authorship import visible_to
from review.mail_figures import MailFigures
from review.models import Draft


def of_each(member: Member, drafts: Sequence[Draft]) -> Mapping[UUID, list[MailFigures]]:
    """Figures by draft, for those that were sent and that the member may know the author of.

    A few queries for any number of drafts, and none without a room that sends mails.

    Args:
        member: Who looks; sees these drafts.
        drafts: With their task loaded.
    """
    room = ports.mail_outcomes()
    visible = visible_to(member, drafts) if room and drafts else frozenset()
    return room.figures_of_each(sorted(visible), by=member) if room and visible else {}


def of_all(member: Member, drafts: QuerySet[Any]) -> list[MailFigures]:
    """Figures of all mails of some drafts, a query of ids, together."""
    room = ports.mail_outcomes()
    return room.figures(drafts, by=member) if room else []


def of_trained_on(member: Member, version: UUID) -> list[MailFigures]:
    """Figures of the mails of all students that were trained on a dataset version."""
    room = ports.mail_outcomes()
    return room.figures_of_trained_on(version, by=member) if room else []
