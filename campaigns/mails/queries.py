"""Questions about mails of a campaign: the list with its filters, and one mail. Every one takes the member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.compose import content
from campaigns.events.outcomes import automatic, by_people
from campaigns.models import Campaign, Event, Message
from campaigns.states import EventKind, HoldReason, MessageState, StepWriter, StopReason
from members.models import Member
from review.tasks.permissions import tasks_for
from web.db.spellings import holds
from web.http.first_or_404 import first_or_404

M = MessageState
LOOKS = {
    M.PREPARING: "is-running",
    M.PLANNED: "is-idle",
    M.WRITING: "is-running",
    M.WRITTEN: "is-running",
    M.AWAITING: "is-look",
    M.APPROVED: "is-good",
    M.SENDING: "is-running",
    M.SENT: "is-good",
    M.REJECTED: "is-idle",
    M.UNKNOWN: "is-look",
    M.FAILED: "is-failed",
    M.STOPPED: "is-idle",
}
FILTERS = ("state", "arm", "step", "marks", "event")
OPENING_CHARS = 90
SEARCHED = (*(f"contact__{name}" for name in ("first_name", "last_name", "company", "address")), "subject")


def visible(member: Member) -> QuerySet[Message]:
    return Message.objects.filter(campaign__task__in=tasks_for(member))


def of_campaign(campaign: Campaign, *, search: str = "", **filters: str) -> QuerySet[Message]:
    """Mails of a campaign, narrowed by any of `FILTERS` and by words; a value that is none narrows to nothing.

    Args:
        filters: `state`, `arm` (its name), `step` (its number), `marks` ("yes", "no"), `event` (its kind).
    """
    rows = Message.objects.filter(campaign=campaign)
    for name, value in filters.items():
        if value:
            rows = rows.filter(_with_event(campaign, value) if name == "event" else _narrowed(name, value))
    for word in search.split()[:5]:
        rows = rows.filter(holds(word, *SEARCHED))
    return rows


def _narrowed(name: str, value: str) -> Q:
    if name == "state":
        return Q(state=value)
    if name == "arm":
        return Q(arm__name=value)
    if name == "step":
        return Q(step__number=int(value)) if value.isdecimal() and len(value) < 4 else Q(pk__isnull=True)
    return Q(draft__marks_count__gt=0) if value == "yes" else ~Q(draft__marks_count__gt=0)


def _with_event(campaign: Campaign, kind: str) -> Q:
    if kind not in EventKind.values:
        return Q(pk__isnull=True)
    events = Event.objects.filter(campaign=campaign)
    chosen = automatic(events) if kind == EventKind.AUTO_REPLIED else by_people(events, EventKind(kind))
    return Q(pk__in=chosen.order_by().values("message"))


@dataclass(frozen=True)
class MailLine:
    mail: Message
    opening: str
    state: str
    look: str
    why: str
    marks: int


def line(mail: Message) -> MailLine:
    """A mail from `content.with_words` as a row."""
    state = MessageState(mail.state)
    subject = mail.subject or content.fields_of(mail)["subject"]
    why = (
        StopReason(mail.stop_reason).label if mail.stop_reason else " ".join(filter(None, (mail.problem, _hold(mail))))
    )
    return MailLine(mail, subject[:OPENING_CHARS], state.label, LOOKS[state], why, mail.marks_count)


def _hold(mail: Message) -> str:
    """Reason for a hold and the day the mail may go; empty where it is not held."""
    if mail.state != M.APPROVED or not mail.held_because or mail.due_at is None:
        return ""
    return f"{HoldReason(mail.held_because).label}; it may go on {mail.due_at:%-d %B %Y}."


def get_or_404(member: Member, campaign: Campaign, mail_id: UUID) -> Message:
    """Return one mail of a campaign, if the member may see it."""
    return first_or_404(
        content.with_words(visible(member)).filter(campaign=campaign, pk=mail_id),
        "There is no such mail in this campaign.",
    )


def any_or_404(member: Member, mail_id: UUID) -> Message:
    """Return one mail of any campaign, if the member may see it."""
    return first_or_404(content.with_words(visible(member)).filter(pk=mail_id), "There is no such mail.")


def events_of(mail: Message) -> QuerySet[Event]:
    """Return the events of a mail, in order, with the reply where one came."""
    return Event.objects.filter(message=mail).select_related("reply").order_by("occurred_at", "id")


def fixed_awaiting(mails: QuerySet[Message]) -> QuerySet[Message]:
    """Return those of these mails with a fixed text that wait for a lead's word."""
    return mails.filter(state=M.AWAITING, draft__isnull=True, step__writer=StepWriter.TEMPLATE)


def choices(campaign: Campaign) -> Mapping[str, list[tuple[str, str]]]:
    """Values a list can be narrowed to, with their labels."""
    return {
        "state": list(MessageState.choices),
        "arm": [(name, name) for name in campaign.arms.order_by("position").values_list("name", flat=True)],
        "step": [(str(n), f"Mail {n}") for n in campaign.steps.order_by("number").values_list("number", flat=True)],
        "marks": [("yes", "Marked by a check"), ("no", "Not marked")],
        "event": list(EventKind.choices),
    }
