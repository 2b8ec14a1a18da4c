"""Outcomes of the mails that were sent from drafts, told to the room that makes datasets of them.

A draft is the one a mail's words come from, or one that a stage of its pipeline wrote on the way. What machines did
counts for nothing. Pairs of drafts by reply are made here too: one answered, one not, to comparable readers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.events.outcomes import POSITIVE, by_people, corrected_since
from campaigns.models import Campaign, Event, Message, StageRun
from campaigns.outcomes import figures
from campaigns.states import EventKind, MessageState, ReplyClass
from members.models import Member
from review.mail_figures import MailFigures
from review.models import Draft, Task
from review.ports import ReplyPair
from review.states import MailOutcome
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


_REPLIES: Final = {
    MailOutcome.INTERESTED: ReplyClass.INTERESTED,
    MailOutcome.QUESTION: ReplyClass.QUESTION,
    MailOutcome.REFERRAL: ReplyClass.REFERRAL,
    MailOutcome.NOT_NOW: ReplyClass.NOT_NOW,
    MailOutcome.NOT_INTERESTED: ReplyClass.NOT_INTERESTED,
}
_EVENTS: Final = {
    MailOutcome.REPLIED: EventKind.REPLIED,
    MailOutcome.CLICKED: EventKind.CLICKED,
    MailOutcome.MEETING: EventKind.MEETING,
    MailOutcome.OPPORTUNITY: EventKind.OPPORTUNITY,
    MailOutcome.REVENUE: EventKind.REVENUE,
    MailOutcome.UNSUBSCRIBED: EventKind.UNSUBSCRIBED,
    MailOutcome.COMPLAINED: EventKind.COMPLAINED,
    MailOutcome.BOUNCED: EventKind.BOUNCED,
}


class CampaignOutcomes:
    """Implements `review.ports.MailOutcomes`."""

    def drafts_with(self, outcome: MailOutcome, *, until: datetime | None) -> QuerySet[Draft]:
        """Return drafts of which a mail had an outcome, told by the moment; told by now without one."""
        mails = _mails_with(outcome, until).order_by().values("pk")
        written = Message.objects.filter(pk__in=mails, draft__isnull=False).order_by().values("draft")
        staged = StageRun.objects.filter(message__in=mails, draft__isnull=False).order_by().values("draft")
        return Draft.objects.filter(Q(pk__in=written) | Q(pk__in=staged))

    def of_drafts(self, drafts: Sequence[UUID], *, until: datetime | None) -> Mapping[UUID, frozenset[MailOutcome]]:
        """Return what came of the mails of some drafts; drafts that no mail was sent from are absent.

        As many questions as there are outcomes, and two, whatever the number of drafts.
        """
        by_mail: dict[UUID, set[UUID]] = defaultdict(set)
        for mail, draft in figures.mails_of(drafts):
            by_mail[mail].add(draft)
        result: dict[UUID, set[MailOutcome]] = defaultdict(set)
        for outcome in MailOutcome if by_mail else ():
            for mail in _mails_with(outcome, until, within=list(by_mail)).order_by().values_list("pk", flat=True):
                for draft in by_mail[mail]:
                    result[draft].add(outcome)
        return {draft: frozenset(outcomes) for draft, outcomes in result.items()}

    def corrected_since(self, task: Task, since: datetime) -> bool:
        """Return whether a member has said since a moment what a reply to a mail of a task's campaigns means."""
        return corrected_since(Campaign.objects.filter(task=task).order_by(), since)

    def from_simulations(self, drafts: Sequence[UUID]) -> frozenset[UUID]:
        """Return those of some drafts whose mails went to simulated inboxes."""
        draft_ids = list(drafts)
        mails = Message.objects.filter(draft__in=draft_ids, campaign__is_simulated=True, sent_at__isnull=False)
        staged = StageRun.objects.filter(
            draft__in=draft_ids, message__campaign__is_simulated=True, message__sent_at__isnull=False
        )
        draft_rows = [rows.order_by().values_list("draft_id", flat=True) for rows in (mails, staged)]
        return frozenset(draft for rows in draft_rows for draft in rows if draft is not None)

    def figures(self, drafts: QuerySet[Any], *, by: Member) -> list[MailFigures]:
        return figures.of_drafts_together(drafts, by=by)

    def figures_of_each(self, drafts: Sequence[UUID], *, by: Member) -> Mapping[UUID, list[MailFigures]]:
        return figures.of_each_draft(drafts, by=by)

    def figures_of_miniature(self, miniature: UUID, *, by: Member) -> list[MailFigures]:
        """Count what came of the mails that a miniature wrote, or that a stage of its is in."""
        return figures.of_miniatures([miniature], by=by)

    def figures_of_trained_on(self, version: UUID, *, by: Member) -> list[MailFigures]:
        """Count what came of the mails of miniatures that were trained on a dataset version."""
        return figures.of_trained_on(version, by=by)

    def reply_pairs(self, task: Task, *, until: datetime | None) -> list[ReplyPair]:
        """Return pairs of drafts sent to readers of one company, of which one answered."""
        return of_task(task, until=until)


def _mails_with(
    outcome: MailOutcome, until: datetime | None, *, within: Sequence[UUID] | None = None
) -> QuerySet[Message]:
    mails, all_events = Message.objects.all(), Event.objects.all()
    if within is not None:
        mails, all_events = mails.filter(pk__in=within), all_events.filter(message__in=within)
    if outcome == MailOutcome.SENT:
        went = mails.filter(state=MessageState.SENT)
        return went.filter(sent_at__lte=until) if until else went
    events = by_people(all_events, _EVENTS.get(outcome, EventKind.REPLIED))
    if outcome in _REPLIES:
        events = events.filter(reply__meaning=_REPLIES[outcome])
    if until:
        events = events.filter(received_at__lte=until)
    return mails.filter(pk__in=events.order_by().values("message"))
