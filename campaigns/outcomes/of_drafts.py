"""Outcomes of the mails that were sent from drafts, told to the room that makes datasets of them.

A draft is the one a mail's words come from, or one that a stage of its pipeline wrote on the way. What machines did
counts for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.events.outcomes import by_people, corrected_since
from campaigns.models import Campaign, Event, Message, StageRun
from campaigns.outcomes import figures, reply_pairs
from campaigns.states import EventKind, MessageState, ReplyClass
from members.models import Member
from review.mail_figures import MailFigures
from review.models import Draft, Task
from review.ports import ReplyPair
from review.states import MailOutcome

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
        return reply_pairs.of_task(task, until=until)


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
