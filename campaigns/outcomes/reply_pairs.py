"""Pairs of drafts of which one was answered and the other was not, by readers of one company who can be compared.

A reader counts by the first mail that a task's campaigns ever sent them: what came later met somebody who knew the
sender. Whether the two drafts answer the same prompt is looked at by the room that makes pairs of texts of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Final
from uuid import UUID

from django.utils import timezone

from campaigns.events.outcomes import POSITIVE, by_people
from campaigns.models import Event, Message
from campaigns.states import EventKind, MessageState, ReplyClass
from review.models import Task
from review.ports import ReplyPair
from web.db.chunks import chunked

CHUNK: Final = 500
# A mail without an answer by then counts as not answered, and an answer that came later as none.
ANSWERED_WITHIN: Final = timedelta(days=14)
# Reply rates change with the season: what went further apart is not compared.
APART_AT_MOST: Final = timedelta(days=90)
DECLINES: Final = frozenset({ReplyClass.NOT_INTERESTED, ReplyClass.UNSUBSCRIBE})
# Of who did any of these it cannot be said that they read the mail and let it be.
_NOT_SILENT: Final = (EventKind.REPLIED, EventKind.AUTO_REPLIED, EventKind.BOUNCED)


@dataclass(frozen=True, slots=True)
class FirstMail:
    """The first mail that a reader got from the campaigns of a task; `draft` is None of a fixed text."""

    mail: UUID
    enrolment: UUID
    draft: UUID | None
    cluster: str
    is_simulated: bool
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    mail: UUID
    at: datetime
    meaning: str


def of_task(task: Task, *, until: datetime | None) -> list[ReplyPair]:
    """Pairs of drafts of a task, those sent nearest to each other first; told by the moment, by now without one.

    A few queries for every 500 companies with an answer, none for those without.
    """
    moment = until or timezone.now()
    events = Event.objects.filter(campaign__task=task, received_at__lte=moment)
    answers = by_people(events, EventKind.REPLIED).filter(reply__meaning__in=POSITIVE).order_by()
    clusters = sorted(set(answers.values_list("enrolment__cluster", flat=True)) - {""})
    pairs = {
        (pair.better, pair.worse): pair
        for chunk in chunked(clusters, CHUNK)
        for pair in _pairs(_first_mails(task, chunk, moment), _reactions(task, chunk, moment), moment)
    }
    return sorted(pairs.values(), key=_nearness)


def _nearness(pair: ReplyPair) -> tuple[timedelta, UUID, UUID]:
    return abs(pair.better_sent_at - pair.worse_sent_at), pair.better, pair.worse


def _first_mails(task: Task, clusters: Sequence[str], moment: datetime) -> list[FirstMail]:
    rows = Message.objects.filter(
        campaign__task=task, enrolment__cluster__in=clusters, state=MessageState.SENT, sent_at__lte=moment
    )
    columns = ("contact", "pk", "enrolment", "draft", "enrolment__cluster", "campaign__is_simulated", "sent_at")
    first: dict[UUID, FirstMail] = {}
    for contact, *mail in rows.order_by("sent_at", "pk").values_list(*columns):
        first.setdefault(contact, FirstMail(*mail))
    return list(first.values())


def _reactions(task: Task, clusters: Sequence[str], moment: datetime) -> dict[UUID, list[Reaction]]:
    rows = Event.objects.filter(
        campaign__task=task, enrolment__cluster__in=clusters, kind__in=_NOT_SILENT, received_at__lte=moment
    ).order_by()
    reactions: dict[UUID, list[Reaction]] = defaultdict(list)
    columns = ("enrolment", "message", "occurred_at", "reply__meaning")
    for enrolment, mail, at, meaning in rows.values_list(*columns):
        reactions[enrolment].append(Reaction(mail, at, meaning or ""))
    return reactions


def _pairs(mails: Sequence[FirstMail], reactions: dict[UUID, list[Reaction]], moment: datetime) -> Iterator[ReplyPair]:
    answered: dict[tuple[str, bool], list[FirstMail]] = defaultdict(list)
    silent: dict[tuple[str, bool], list[FirstMail]] = defaultdict(list)
    heard_of = {mail.draft for mail in mails if reactions.get(mail.enrolment)}
    for mail in mails:
        there = (mail.cluster, mail.is_simulated)
        if mail.draft is None:
            continue
        if _is_answered(mail, reactions.get(mail.enrolment, ())):
            answered[there].append(mail)
        # A draft that several readers got is silent if none of them was heard of.
        elif mail.draft not in heard_of and mail.sent_at <= moment - ANSWERED_WITHIN:
            silent[there].append(mail)
    for there, better in answered.items():
        for winner, loser in product(better, silent[there]):
            if abs(winner.sent_at - loser.sent_at) <= APART_AT_MOST:
                yield _pair(winner, loser)


def _is_answered(mail: FirstMail, reactions: Sequence[Reaction]) -> bool:
    # Both are people's words: the class says so, whatever the event was taken for.
    if any(each.meaning in DECLINES for each in reactions):
        return False
    of_mail = [each for each in reactions if each.mail == mail.mail and each.meaning in POSITIVE]
    return any(reply.at <= mail.sent_at + ANSWERED_WITHIN for reply in of_mail)


def _pair(winner: FirstMail, loser: FirstMail) -> ReplyPair:
    assert winner.draft is not None
    assert loser.draft is not None
    return ReplyPair(
        winner.draft, loser.draft, winner.mail, winner.sent_at, loser.sent_at, is_simulated=winner.is_simulated
    )
