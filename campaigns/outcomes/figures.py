"""What came of the mails of drafts, miniatures and dataset versions, counted for the rooms that show them.

A member is told of mails of campaigns whose task they see. Mails to simulated inboxes are counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet
from django.urls import reverse

from campaigns.models import Event, Message, StageRun
from campaigns.planning.edit import MINIATURES
from campaigns.states import EventKind, MessageState, ReplyClass
from generation.models import Order
from members.models import Member
from review.mail_figures import MailFigures, MailsOfCampaign, RepliesOfClass
from review.models import Draft
from review.states import Role
from review.tasks.permissions import slugs_with, tasks_for
from stats.intervals import shares
from training.models import Miniature

_COUNTED: Final = (EventKind.REPLIED, EventKind.MEETING, EventKind.REVENUE)


class Place(NamedTuple):
    """Where mails went: the campaign's slug and name, its task, whether its inboxes are simulated, the reader's company."""

    slug: str
    name: str
    task: str
    is_simulated: bool
    cluster: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a person did about a mail."""

    mail: UUID
    kind: str
    meaning: str
    value_usd: str | None
    is_simulated: bool
    cluster: str


_PLACE: Final = (
    "campaign__slug",
    "campaign__name",
    "campaign__task__slug",
    "campaign__is_simulated",
    "enrolment__cluster",
)
_HAPPENED: Final = (
    "message_id",
    "kind",
    "reply__meaning",
    "payload__value_usd",
    "campaign__is_simulated",
    "enrolment__cluster",
)


def of_drafts_together(drafts: QuerySet[Draft], *, by: Member) -> list[MailFigures]:
    """Figures of all mails that some drafts are in, the real ones first. Two queries, and one where it is a single mail."""
    return _together(_mails_of(drafts.order_by().values("pk")), by=by)


def of_each_draft(drafts: Sequence[UUID], *, by: Member) -> dict[UUID, list[MailFigures]]:
    """Figures of each of some drafts; drafts that no mail was sent from are absent. Four queries for any number of drafts."""
    draft_of: dict[UUID, set[UUID]] = defaultdict(set)
    for mail, draft in mails_of(drafts):
        draft_of[mail].add(draft)
    if not draft_of:
        return {}
    sent = _sent(list(draft_of), by=by)
    mails: dict[UUID, dict[UUID, Place]] = defaultdict(dict)
    for pk, *place in sent.values_list("pk", *_PLACE):
        for draft in draft_of[pk]:
            mails[draft][pk] = Place(*place)
    happened: dict[UUID, list[Happened]] = defaultdict(list)
    for event in _happened(sent.values("pk")):
        for draft in draft_of[event.mail]:
            happened[draft].append(event)
    leads = slugs_with(by, Role.LEAD)
    return {
        draft: _figures(Counter(places.values()), happened[draft], url=_mail_url(places, leads))
        for draft, places in mails.items()
    }


def of_miniatures(miniatures: Sequence[UUID], *, by: Member) -> list[MailFigures]:
    """Figures of all mails that some miniatures wrote, or that a stage of theirs is in. Two queries, and one of a single mail."""
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
    wanted = list(drafts)
    for mail, draft in Message.objects.filter(draft__in=wanted).order_by().values_list("pk", "draft_id"):
        if draft is not None:
            yield mail, draft
    for mail, draft in StageRun.objects.filter(draft__in=wanted).order_by().values_list("message_id", "draft_id"):
        if draft is not None:
            yield mail, draft


def _mails_of(drafts: QuerySet[Any]) -> QuerySet[Any]:
    written = Message.objects.filter(draft__in=drafts).order_by().values("pk")
    return written.union(StageRun.objects.filter(draft__in=drafts).order_by().values("message"))


def _together(mails: object, *, by: Member) -> list[MailFigures]:
    sent = _sent(mails, by=by)
    rows = sent.values_list(*_PLACE).annotate(mails=Count("pk"))
    counts = Counter({Place(*place): count for *place, count in rows})
    if not counts:
        return []
    url = ""
    if counts.total() == 1:
        url = _mail_url(
            {pk: Place(*place) for pk, *place in sent.values_list("pk", *_PLACE)}, slugs_with(by, Role.LEAD)
        )
    return _figures(counts, _happened(sent.values("pk")), url=url)


def _sent(mails: Any, *, by: Member) -> QuerySet[Message]:
    seen = tasks_for(by).order_by().values("pk")
    return Message.objects.filter(pk__in=mails, state=MessageState.SENT, campaign__task__in=seen).order_by()


def _happened(mails: QuerySet[Any]) -> list[Happened]:
    events = Event.objects.filter(message__in=mails, kind__in=_COUNTED, is_machine=False).order_by()
    return [
        Happened(mail, kind, meaning or "", value, is_simulated, cluster)
        for mail, kind, meaning, value, is_simulated, cluster in events.values_list(*_HAPPENED)
    ]


def _mail_url(places: Mapping[UUID, Place], leads: frozenset[str] | None) -> str:
    if len(places) != 1:
        return ""
    [(mail, place)] = places.items()
    is_lead = leads is None or place.task in leads
    return reverse("campaigns:mail", args=[place.slug, mail]) if is_lead else ""


def _figures(counts: Mapping[Place, int], happened: Sequence[Happened], *, url: str) -> list[MailFigures]:
    """The figures of mails, those to real inboxes before those to simulated ones."""
    found = []
    for is_simulated in (False, True):
        own = {place: count for place, count in counts.items() if place.is_simulated == is_simulated}
        if own:
            found.append(_of_inboxes(own, [each for each in happened if each.is_simulated == is_simulated], url=url))
    return found


def _of_inboxes(counts: Mapping[Place, int], happened: Sequence[Happened], *, url: str) -> MailFigures:
    sent: Counter[str] = Counter()
    for place, count in counts.items():
        sent[place.cluster.casefold()] += count
    by_kind: dict[str, dict[UUID, Happened]] = defaultdict(dict)
    for event in happened:
        by_kind[event.kind][event.mail] = event
    replies = by_kind[EventKind.REPLIED]
    replied = Counter(event.cluster.casefold() for event in replies.values())
    interval = _interval(sent, replied)
    values = [Decimal(event.value_usd) for event in happened if event.value_usd and event.kind == EventKind.REVENUE]
    return MailFigures(
        is_simulated=next(iter(counts)).is_simulated,
        sent=sent.total(),
        replied=len(replies),
        share=len(replies) / sent.total(),
        low=interval.low,
        high=interval.high,
        classes=_classes(happened),
        meetings=len(by_kind[EventKind.MEETING]),
        revenue_usd=sum(values, Decimal(0)) if values else None,
        campaigns=_campaigns(counts),
        mail_url=url,
    )


def _interval(sent: Mapping[str, int], replied: Mapping[str, int]) -> shares.ShareInterval:
    """The interval of the share of mails that were answered; mails to one company are no independent ones."""
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


def _campaigns(counts: Mapping[Place, int]) -> tuple[MailsOfCampaign, ...]:
    sent: Counter[tuple[str, str]] = Counter()
    for place, count in counts.items():
        sent[place.slug, place.name] += count
    return tuple(
        MailsOfCampaign(slug, name, reverse("campaigns:detail", args=[slug]), count)
        for (slug, name), count in sent.most_common()
    )
