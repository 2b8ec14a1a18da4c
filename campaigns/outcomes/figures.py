"""Outcomes of the mails of drafts, miniatures and dataset versions, counted for the rooms that show them.

A member is told of mails of campaigns whose task they see. Mails to simulated inboxes are counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet
from django.urls import reverse

from campaigns.events.outcomes import COUNTS_AS, by_people
from campaigns.models import Campaign, Event, Message, StageRun
from campaigns.planning.edit import MINIATURES
from campaigns.states import EventKind, MessageState, ReplyClass
from generation.models import Order
from members.models import Member
from review.mail_figures import MailFigures, MailsOfCampaign, RepliesOfClass
from review.models import Draft
from review.states import Role
from review.tasks.permissions import may, tasks_for
from stats.intervals import shares
from training.models import Miniature

_COUNTED: Final = (EventKind.REPLIED, EventKind.MEETING, EventKind.REVENUE)


class Place(NamedTuple):
    """Place that mails went to: the campaign, and the reader's company."""

    campaign: UUID
    cluster: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a person did about a mail."""

    mail: UUID
    place: Place
    kind: str
    meaning: str
    value_usd: str | None


_PLACE: Final = ("campaign", "enrolment__cluster")
_HAPPENED: Final = ("message", *_PLACE, COUNTS_AS, "reply__meaning", "payload__value_usd")
Campaigns = Mapping[UUID, Campaign]


def of_drafts_together(drafts: QuerySet[Any], *, by: Member) -> list[MailFigures]:
    """Return figures of all mails that some drafts are in, the real ones first.

    Three queries, and one where it is a single mail.

    Args:
        drafts: A query of their ids.
    """
    return _together(_mails_of(drafts), by=by)


def of_each_draft(drafts: Sequence[UUID], *, by: Member) -> dict[UUID, list[MailFigures]]:
    """Figures of each of some drafts; drafts that no mail was sent from are absent.

    Five queries for any number of drafts.
    """
    draft_of: dict[UUID, set[UUID]] = defaultdict(set)
    for mail, draft in mails_of(drafts):
        draft_of[mail].add(draft)
    if not draft_of:
        return {}
    sent = _sent(list(draft_of))
    places = {pk: Place(*place) for pk, *place in sent.values_list("pk", *_PLACE)}
    campaigns = _visible({place.campaign for place in places.values()}, by=by)
    mails: dict[UUID, dict[UUID, Place]] = defaultdict(dict)
    for pk, place in places.items():
        for draft in draft_of[pk] if place.campaign in campaigns else ():
            mails[draft][pk] = place
    happened: dict[UUID, list[Happened]] = defaultdict(list)
    for event in _happened(sent, campaigns):
        for draft in draft_of[event.mail]:
            happened[draft].append(event)
    return {
        draft: _figures(Counter(own.values()), happened[draft], campaigns, url=_mail_url(own, campaigns, by))
        for draft, own in mails.items()
    }


def of_miniatures(miniatures: Sequence[UUID], *, by: Member) -> list[MailFigures]:
    """Figures of all mails that some miniatures wrote, or that a stage of theirs is in.

    Three queries, and one of a single mail.
    """
    names = [f"{MINIATURES}:{pk}" for pk in miniatures]
    orders = Order.objects.filter(teacher__provided_by__in=names, job__isnull=False).order_by()
    drafts = Draft.objects.filter(job_id__in=orders.values("job")).order_by().values("pk")
    in_arms = Message.objects.filter(arm__miniature__in=list(miniatures), draft__isnull=False)
    in_stages = StageRun.objects.filter(stage__teacher__provided_by__in=names, stage__router__isnull=True)
    mails = _mails_of(drafts)
    return _together(mails.union(in_arms.order_by().values("pk"), in_stages.order_by().values("message")), by=by)


def of_trained_on(version: UUID, *, by: Member) -> list[MailFigures]:
    """Figures of the mails of all miniatures that were trained on a dataset version."""
    miniatures = list(Miniature.objects.filter(run__dataset_version=version).order_by().values_list("pk", flat=True))
    return of_miniatures(miniatures, by=by) if miniatures else []


def mails_of(drafts: Sequence[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """Yield each mail of some drafts with the draft: of its words, or of a stage of its pipeline."""
    draft_ids = list(drafts)
    for mail, draft in Message.objects.filter(draft__in=draft_ids).order_by().values_list("pk", "draft_id"):
        if draft is not None:
            yield mail, draft
    for mail, draft in StageRun.objects.filter(draft__in=draft_ids).order_by().values_list("message_id", "draft_id"):
        if draft is not None:
            yield mail, draft


def _mails_of(drafts: QuerySet[Any]) -> QuerySet[Any]:
    written = Message.objects.filter(draft__in=drafts).order_by().values("pk")
    return written.union(StageRun.objects.filter(draft__in=drafts).order_by().values("message"))


def _together(mails: object, *, by: Member) -> list[MailFigures]:
    sent = _sent(mails)
    rows = list(sent.values_list(*_PLACE).annotate(mails=Count("pk")))
    campaigns = _visible({row[0] for row in rows}, by=by)
    counts = {Place(campaign, cluster): n for campaign, cluster, n in rows if campaign in campaigns}
    if not counts:
        return []
    url = ""
    if sum(counts.values()) == 1:
        own = {pk: Place(*place) for pk, *place in sent.values_list("pk", *_PLACE)}
        url = _mail_url({pk: place for pk, place in own.items() if place.campaign in campaigns}, campaigns, by)
    return _figures(counts, _happened(sent, campaigns), campaigns, url=url)


def _sent(mails: Any) -> QuerySet[Message]:
    return Message.objects.filter(pk__in=mails, state=MessageState.SENT).order_by()


def _visible(campaigns: Collection[UUID], *, by: Member) -> Campaigns:
    rows = Campaign.objects.filter(pk__in=campaigns, task__in=tasks_for(by).order_by()).select_related("task")
    return {campaign.pk: campaign for campaign in rows} if campaigns else {}


def _happened(sent: QuerySet[Message], campaigns: Campaigns) -> list[Happened]:
    events = by_people(Event.objects.filter(message__in=sent.values("pk")), *_COUNTED).order_by()
    rows = events.filter(campaign__in=list(campaigns)).values_list(*_HAPPENED) if campaigns else ()
    return [
        Happened(mail, Place(campaign, cluster), kind, meaning or "", value)
        for mail, campaign, cluster, kind, meaning, value in rows
    ]


def _mail_url(places: Mapping[UUID, Place], campaigns: Campaigns, by: Member) -> str:
    if len(places) != 1:
        return ""
    [(mail, place)] = places.items()
    campaign = campaigns[place.campaign]
    return reverse("campaigns:mail", args=[campaign.slug, mail]) if may(by, campaign.task, Role.LEAD) else ""


def _figures(
    counts: Mapping[Place, int], happened: Sequence[Happened], campaigns: Campaigns, *, url: str
) -> list[MailFigures]:
    mail_figures = []
    for is_simulated in (False, True):
        own = {pk: campaign for pk, campaign in campaigns.items() if campaign.is_simulated == is_simulated}
        mails = {place: count for place, count in counts.items() if place.campaign in own}
        if mails:
            events = [event for event in happened if event.place.campaign in own]
            mail_figures.append(_of_inboxes(mails, events, own, is_simulated=is_simulated, url=url))
    return mail_figures


def _of_inboxes(
    counts: Mapping[Place, int], happened: Sequence[Happened], campaigns: Campaigns, *, is_simulated: bool, url: str
) -> MailFigures:
    sent: Counter[str] = Counter()
    for place, count in counts.items():
        sent[place.cluster.casefold()] += count
    by_kind: dict[str, dict[UUID, Happened]] = defaultdict(dict)
    for event in happened:
        by_kind[event.kind][event.mail] = event
    replies = by_kind[EventKind.REPLIED]
    replied = Counter(event.place.cluster.casefold() for event in replies.values())
    interval = _interval(sent, replied)
    values = [Decimal(event.value_usd) for event in happened if event.value_usd and event.kind == EventKind.REVENUE]
    return MailFigures(
        is_simulated=is_simulated,
        sent=sent.total(),
        replied=len(replies),
        share=len(replies) / sent.total(),
        low=interval.low,
        high=interval.high,
        classes=_classes(happened),
        meetings=len(by_kind[EventKind.MEETING]),
        revenue_usd=sum(values, Decimal(0)) if values else None,
        campaigns=_campaigns(counts, campaigns),
        mail_url=url,
    )


def _interval(sent: Mapping[str, int], replied: Mapping[str, int]) -> shares.ShareInterval:
    """Interval by company: mails to one company are not independent."""
    values: list[float] = []
    clusters: list[str] = []
    for cluster, count in sent.items():
        answered = replied.get(cluster, 0)
        values += [1.0] * answered + [0.0] * (count - answered)
        clusters += [cluster] * count
    return shares.clustered(values, clusters)


def _classes(happened: Iterable[Happened]) -> tuple[RepliesOfClass, ...]:
    mails = Counter(meaning for _, meaning in {(e.mail, e.meaning) for e in happened if e.kind == EventKind.REPLIED})
    labels = {**dict(ReplyClass.choices), "": "Not sorted yet"}
    return tuple(RepliesOfClass(name, labels[name], mails[name]) for name in labels if mails[name])


def _campaigns(counts: Mapping[Place, int], campaigns: Campaigns) -> tuple[MailsOfCampaign, ...]:
    sent: Counter[UUID] = Counter()
    for place, count in counts.items():
        sent[place.campaign] += count
    return tuple(
        MailsOfCampaign(campaign.slug, campaign.name, reverse("campaigns:detail", args=[campaign.slug]), count)
        for campaign, count in ((campaigns[pk], count) for pk, count in sent.most_common())
    )
