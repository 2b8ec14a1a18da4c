"""Questions about what contacts wrote back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign, InboxAnswer, InboxSetup, Reply
from campaigns.states import NO_REPLIES, AnswerState, ReplyClass
from campaigns.suppression.queries import standing
from members.models import Member
from review.states import Role
from review.tasks.permissions import slugs_with
from review.tasks.queries import latest_version
from web.db.keys import uuid_or_none
from web.http.first_or_404 import first_or_404

# Beside the meanings: replies that may ask to leave, those that nobody is sure of, and what programs sent.
OPTOUT, TO_READ, AUTOMATIC = "may_be_optout", "to_read", "automatic"
_FILTERS = {
    OPTOUT: Q(may_be_optout=True),
    TO_READ: Q(is_unsure=True),
    AUTOMATIC: Q(meaning__in=NO_REPLIES),
    # Of a program's mails those alone that a person has to look at.
    "": ~Q(meaning__in=NO_REPLIES) | Q(is_unsure=True),
}
_LISTED = Exists(standing().filter(address_hmac=OuterRef("message__contact__address_hmac")))


def visible(member: Member) -> QuerySet[Reply]:
    """Replies to campaigns of tasks the member may see, newest first; each knows whether its address `is_listed`."""
    rows = Reply.objects.select_related("event", "message__contact", "message__campaign__task", "message__arm")
    rows = rows.annotate(is_listed=_LISTED)
    slugs = slugs_with(member, Role.VIEWER)
    rows = rows if slugs is None else rows.filter(message__campaign__task__slug__in=slugs)
    return rows.order_by("-created_at", "-event_id")


def of_campaign(member: Member, campaign: Campaign, *, meaning: str = "") -> QuerySet[Reply]:
    """Replies to a campaign's mails: possible opt-outs first, then those to be read by a person, then newest first.

    Args:
        meaning: A class, or one of the filters beside them; programs' mails that are sure stand under theirs alone.
    """
    chosen = Q(meaning=meaning) if meaning in ReplyClass.values else _FILTERS.get(meaning, _FILTERS[""])
    return _all_of(member, campaign).filter(chosen)


def _all_of(member: Member, campaign: Campaign) -> QuerySet[Reply]:
    rows = visible(member).filter(message__campaign=campaign)
    return rows.order_by("-may_be_optout", "-is_unsure", "-created_at", "-event_id")


def chosen_or_404(member: Member, campaign: Campaign, reply_id: str) -> Reply | None:
    """The reply that an address names; None where it names none.

    Raises:
        Http404: It names one that this campaign does not have.
    """
    if not reply_id:
        return None
    rows = _all_of(member, campaign).filter(pk=uuid_or_none(reply_id))
    return first_or_404(rows, "There is no such reply in this campaign.")


def reply_or_404(member: Member, reply_id: UUID) -> Reply:
    """One reply by the id of its event, if the member may see it."""
    return first_or_404(visible(member).filter(pk=reply_id), "There is no such reply that you can see.")


def counts(member: Member, campaign: Campaign) -> list[dict[str, Any]]:
    """Count replies that may ask to leave, are for a person, say what, come from programs, in that order. One query."""
    classes = [each for each in ReplyClass if each not in NO_REPLIES]
    tabs = {
        OPTOUT: ("May ask to leave", _FILTERS[OPTOUT]),
        TO_READ: ("To be read by a person", _FILTERS[TO_READ]),
        **{each.value: (each.label, Q(meaning=each)) for each in classes},
        AUTOMATIC: ("Automatic mails", _FILTERS[AUTOMATIC]),
    }
    rows = _all_of(member, campaign).order_by()
    counted = rows.aggregate(**{f"n_{value}": Count("pk", filter=chosen) for value, (_, chosen) in tabs.items()})
    return [{"value": value, "label": label, "count": counted[f"n_{value}"]} for value, (label, _) in tabs.items()]


def campaign_or_404(member: Member, slug: str) -> Campaign:
    """A campaign of a task the member may see.

    Raises:
        Http404: There is none, or not for this member.
    """
    rows, slugs = Campaign.objects.select_related("task").filter(slug=slug), slugs_with(member, Role.VIEWER)
    rows = rows if slugs is None else rows.filter(task__slug__in=slugs)
    return first_or_404(rows, "There is no such campaign that you can see.")


def answers_in_doubt(campaign: Campaign) -> list[InboxAnswer]:
    """Answers of a campaign of which nobody knows whether they arrived, the oldest first.

    They name people: a lead's.
    """
    rows = InboxAnswer.objects.filter(reply__message__campaign=campaign, state=AnswerState.UNKNOWN)
    return list(rows.select_related("reply__message__contact").order_by("created_at", "id"))


def languages_of(campaign: Campaign) -> list[str]:
    """Return what the campaign's sorting task may say of a reply's language; empty where it asks for none."""
    setup = InboxSetup.objects.select_related("sorting_task").filter(campaign=campaign).first()
    if setup is None or setup.sorting_task is None:
        return []
    spec = latest_version(setup.sorting_task).spec
    return [label.name for field in spec.output_schema if field.name == "language" for label in field.labels]
