"""Questions about what contacts wrote back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from campaigns.models import Campaign, InboxAnswer, InboxSetup, Reply
from campaigns.states import AnswerState, ReplyClass
from campaigns.suppression.queries import standing
from members.models import Member
from review.states import Role
from review.tasks.permissions import slugs_with
from review.tasks.queries import latest_version
from web.db.keys import uuid_or_none

PER_PAGE = 25
# Beside the meanings: replies that the rules are not sure of.
TO_READ = "to_read"
_UNSURE = Count("pk", filter=Q(is_unsure=True))
_LISTED = Exists(standing().filter(address_hmac=OuterRef("message__contact__address_hmac")))


def visible(member: Member) -> QuerySet[Reply]:
    """Replies to campaigns of the tasks the member may see, newest first; each knows whether its address `is_listed`."""
    rows = Reply.objects.select_related("event", "message__contact", "message__campaign__task", "message__arm")
    rows = rows.annotate(is_listed=_LISTED)
    slugs = slugs_with(member, Role.VIEWER)
    if slugs is not None:
        rows = rows.filter(message__campaign__task__slug__in=slugs)
    return rows.order_by("-created_at", "-event_id")


def of_campaign(member: Member, campaign: Campaign, *, meaning: str = "") -> QuerySet[Reply]:
    """Replies to a campaign's mails, those to be read by a person first, then newest first; of one meaning if it is named."""
    rows = visible(member).filter(message__campaign=campaign).order_by("-is_unsure", "-created_at", "-event_id")
    if meaning == TO_READ:
        return rows.filter(is_unsure=True)
    return rows.filter(meaning=meaning) if meaning in ReplyClass.values else rows


def chosen_or_404(member: Member, campaign: Campaign, reply_id: str) -> Reply | None:
    """The reply that an address names; None where it names none.

    Raises:
        Http404: It names one that this campaign does not have.
    """
    if not reply_id:
        return None
    key = uuid_or_none(reply_id)
    reply = of_campaign(member, campaign).filter(pk=key).first() if key else None
    if reply is None:
        raise Http404("There is no such reply in this campaign.")
    return reply


def reply_or_404(member: Member, reply_id: UUID) -> Reply:
    """One reply, by the id of its event.

    Raises:
        Http404: There is none, or not for this member.
    """
    reply = visible(member).filter(pk=reply_id).first()
    if reply is None:
        raise Http404("There is no such reply that you can see.")
    return reply


def counts(member: Member, campaign: Campaign) -> list[dict[str, Any]]:
    """How many replies a person is to read, and how many say what, in the order of the meanings. One query."""
    rows = of_campaign(member, campaign).order_by().values_list("meaning").annotate(count=Count("pk"), unsure=_UNSURE)
    counted = list(rows)
    count_by_meaning = {meaning: count for meaning, count, _ in counted}
    to_read = {"value": TO_READ, "label": "To be read by a person", "count": sum(unsure for *_, unsure in counted)}
    return [to_read] + [
        {"value": each.value, "label": each.label, "count": count_by_meaning.get(each.value, 0)} for each in ReplyClass
    ]


def campaign_or_404(member: Member, slug: str) -> Campaign:
    """A campaign of a task the member may see.

    Raises:
        Http404: There is none, or not for this member.
    """
    campaign = Campaign.objects.select_related("task").filter(slug=slug).first()
    slugs = slugs_with(member, Role.VIEWER)
    if campaign is None or (slugs is not None and campaign.task.slug not in slugs):
        raise Http404("There is no such campaign that you can see.")
    return campaign


def answers_in_doubt(campaign: Campaign) -> list[InboxAnswer]:
    """Answers of a campaign of which nobody knows whether they arrived, the oldest first. They name people: a lead's."""
    rows = InboxAnswer.objects.filter(reply__message__campaign=campaign, state=AnswerState.UNKNOWN)
    return list(rows.select_related("reply__message__contact").order_by("created_at", "id"))


def languages_of(campaign: Campaign) -> list[str]:
    """What the campaign's sorting task may say of a reply's language; empty where it asks for none."""
    setup = InboxSetup.objects.select_related("sorting_task").filter(campaign=campaign).first()
    if setup is None or setup.sorting_task is None:
        return []
    spec = latest_version(setup.sorting_task).spec
    return [label.name for field in spec.output_schema if field.name == "language" for label in field.labels]


def page(rows: QuerySet[Reply], number: str | None) -> Page[Reply]:
    """A page of replies; a number that is none, or beyond the end, is brought into range."""
    return Paginator(rows, PER_PAGE).get_page(number)
