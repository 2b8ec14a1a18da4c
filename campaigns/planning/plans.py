"""The plan of a campaign, and mistakes in it: arms, mails, days off, who classifies replies, marks that nothing filled.

Marks of a mail merge are looked for before a launch: in contacts, senders and fixed texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from campaigns.compose import content, merge_marks
from campaigns.models import Campaign, Contact, PipelineVersion, SenderIdentity, Step
from campaigns.planning import audience
from campaigns.states import FOLLOWED_REPLIES, Approval, ReplyClass, StepCondition, StepWriter
from generation.models import Teacher
from generation.teachers import provided
from review.models import Task
from training.models import Miniature

MOST_ARMS = 6
MOST_STEPS, MOST_WAIT_DAYS, MOST_DAYS_OFF = 6, 90, 60
DAY_S = 86_400


@dataclass(frozen=True)
class ArmPlan:
    """One arm: who writes its mails, and its weight in the assignment.

    With a pipeline its writing stage says who writes.

    The contacts of a holdout arm get no mail.
    """

    name: str
    teacher: Teacher | None = None
    miniature: Miniature | None = None
    weight: int = 1
    is_control: bool = False
    pipeline: PipelineVersion | None = None
    is_holdout: bool = False


@dataclass(frozen=True)
class StepPlan:
    """One mail of the sequence: worded by the arm's model, or a fixed text with slots."""

    writer: StepWriter = StepWriter.MODEL
    wait_s: int = 0
    subject: str = ""
    body: str = ""
    # Whom it goes to, and with `replied` the reply classes that it takes up.
    when: StepCondition = StepCondition.NO_ANSWER
    reply_classes: Sequence[str] = ()
    # Whether it goes as `Re:` the mail before it; None: a model's follow-up and one that takes up an answer do, another
    # fixed text keeps its own subject.
    same_thread: bool | None = None


@dataclass(frozen=True)
class CampaignPlan:
    name: str
    arms: Sequence[ArmPlan]
    steps: Sequence[StepPlan] = (StepPlan(),)
    links: Mapping[str, str] = field(default_factory=dict)
    sender: SenderIdentity | None = None
    # Others that share its mails with the first.
    further_senders: Sequence[SenderIdentity] = ()
    approval: Approval = Approval.ALL
    sample_share: float = 0.2
    reply_teacher: Teacher | None = None
    max_model_usd: Decimal = Decimal(1)
    mails_per_minute: int = 60
    daily_cap: int = 500
    contact_cap: int | None = None
    company_cap: int | None = None
    max_complaints: float | None = None
    max_bounces: float | None = None
    max_unsubscribes: float | None = None
    quiet_from: int = 20
    quiet_until: int = 8
    sends_at_weekends: bool = False
    tracks_opens: bool = False
    holds_out_everywhere: bool = False
    time_zone: str = "UTC"
    # ISO dates on which nothing is sent.
    days_off: Sequence[str] = ()
    audience: Mapping[str, Any] = field(default_factory=dict)
    is_simulated: bool = False


# What a mail of a plan and its row call alike.
OF_STEP = ("writer", "wait_s", "subject", "body", "when", "same_thread")
# What a plan sets on the campaign's own row.
OWN = (
    "name",
    "sender",
    "approval",
    "sample_share",
    "reply_teacher",
    "max_model_usd",
    "mails_per_minute",
    "daily_cap",
    "contact_cap",
    "company_cap",
    "max_complaints",
    "max_bounces",
    "max_unsubscribes",
    "quiet_from",
    "quiet_until",
    "sends_at_weekends",
    "tracks_opens",
    "holds_out_everywhere",
    "time_zone",
    "is_simulated",
)


def arm_errors(task: Task, arms: Sequence[ArmPlan]) -> list[str]:
    """The first mistake in the arms of a campaign of a task, as a list; empty where there is none."""
    names = [arm.name.strip() for arm in arms]
    if not 1 <= len(names) <= MOST_ARMS:
        return [f"A campaign has 1 to {MOST_ARMS} arms."]
    if not all(names) or len({name.casefold() for name in names}) < len(names):
        return ["Each arm has a name of its own."]
    if any(arm.weight < 0 for arm in arms) or not any(arm.weight for arm in arms):
        return ["Weights are whole numbers from 0, at least one of them above 0."]
    if sum(arm.is_control for arm in arms) > 1:
        return ["At most one arm is the control."]
    if wrong := _holdout_error(arms):
        return [wrong]
    if other := [arm.pipeline for arm in arms if arm.pipeline and arm.pipeline.pipeline.task_id != task.pk]:
        return [f"The pipeline {other[0]} writes the mails of another task."]
    teachers = [arm.teacher for arm in arms if arm.teacher]
    own = provided.writes_for(task, teachers)
    return [f"{teacher.name} is a miniature of another task." for teacher in teachers if teacher not in own][:1]


def reader_errors(teacher: Teacher | None) -> list[str]:
    """Return why a teacher cannot classify replies: each goes to it as a task of its own."""
    if teacher is None or not teacher.provided_by:
        return []
    return [f"{teacher.name} is a miniature: it writes for its task alone."]


def _holdout_error(arms: Sequence[ArmPlan]) -> str:
    """Error text of an arm without mails; empty where nothing is wrong."""
    holdouts = [arm for arm in arms if arm.is_holdout]
    if len(holdouts) > 1:
        return "At most one arm gets no mail."
    if holdouts and len(arms) == 1:
        return "An arm without mails is there to be compared: add one that is mailed."
    if any(arm.teacher or arm.miniature or arm.pipeline for arm in holdouts):
        return f"'{holdouts[0].name}' gets no mail, so nothing writes for it."
    return ""


def step_errors(steps: Sequence[StepPlan]) -> list[str]:
    """Everything that is wrong with a sequence; empty when it can be saved."""
    if not 1 <= len(steps) <= MOST_STEPS:
        return [f"A sequence has 1 to {MOST_STEPS} mails; this one has {len(steps)}."]
    return [error for number, step in enumerate(steps, start=1) for error in _of_step(number, step)]


def _of_step(number: int, step: StepPlan) -> Iterator[str]:
    if not 0 <= step.wait_s <= MOST_WAIT_DAYS * DAY_S:
        yield f"Mail {number}: a wait is between 0 and {MOST_WAIT_DAYS} days."
    if number == 1 and (step.when != StepCondition.NO_ANSWER or step.reply_classes):
        yield "Mail 1 goes to everybody: give the condition to a later mail."
    elif step.when == StepCondition.REPLIED:
        yield from _of_answers(number, step)
    elif step.reply_classes:
        yield (
            f"Mail {number} names a class of answer but does not wait for one: choose that condition, or name no class."
        )


def _of_answers(number: int, step: StepPlan) -> Iterator[str]:
    allowed = ", ".join(FOLLOWED_REPLIES)
    if not step.reply_classes:
        yield f"Mail {number} responds to an answer: choose its class, one of {allowed}."
    for reply_class in step.reply_classes:
        if reply_class not in FOLLOWED_REPLIES:
            label = ReplyClass(reply_class).label if reply_class in ReplyClass.values else reply_class[:40]
            yield f"Mail {number} cannot take up '{label}'; it may take up {allowed}."


def day_off_errors(days: Iterable[str]) -> list[str]:
    """Everything that is wrong with a list of days off, ISO dates."""
    day_list = list(days)
    if len(day_list) > MOST_DAYS_OFF:
        return [f"At most {MOST_DAYS_OFF} days off; these are {len(day_list)}."]
    return [f"'{day[:40]}' is not a date; write one such as 2026-12-25." for day in day_list if not is_date(day)]


def is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# What a mail says of its reader in its headers and its footer, whatever its text does.
_ALWAYS = ("first_name", "last_name", "basis_source")
_COMPANY = "contact.company"
# One of these signs stands in every mark; the database finds them, and the few rows are looked at one by one.
_SIGNS = ("{", "}", "[", "<", "%", "*|", "\u00ab", "@@")
NAMED = 3


def marks_in_contacts(campaign: Campaign) -> str:
    """Say which contacts hold a mark in what a mail may say of them; empty where none does. One query."""
    columns = _columns(campaign)
    has_sign = reduce(or_, (Q(**{f"{column}__contains": sign}) for column in columns for sign in _SIGNS))
    chosen = Contact.objects.filter(has_sign, pk__in=audience.contacts_matching(campaign).values("pk"))
    places = [
        f"{name} of {contact.address} holds {mark}"
        for contact in chosen.order_by("created_at", "id").only("address", *columns).iterator()
        for name, mark in merge_marks.unfilled({column: getattr(contact, column) for column in columns}).items()
    ]
    rest = f"; so do {len(places) - NAMED:,} more" if len(places) > NAMED else ""
    return f"{'; '.join(places[:NAMED])}{rest}, which was never filled in." if places else ""


def marks_in_sender(sender: SenderIdentity) -> str:
    """Say what of a sender holds a mark; empty where nothing does."""
    values = {"from name": sender.from_name, "postal address": sender.postal_address}
    places = [f"the {name} holds {mark}" for name, mark in merge_marks.unfilled(values).items()]
    return f"Of {sender.name} {' and '.join(places)}, which has no value." if places else ""


def marks_in_texts(steps: Sequence[Step]) -> Iterator[str]:
    """Yield, for each fixed text with marks of another tool, what they are."""
    for step in steps:
        if step.writer == StepWriter.TEMPLATE:
            for mark in content.foreign_marks_in(step):
                yield f"Mail {step.number} holds {mark}, which has no value here."


def slots_named(slots: Sequence[str]) -> str:
    """Return slots as a text may hold them, in one line."""
    return ", ".join(f"{{{{{name}}}}}" for name in slots)


def _columns(campaign: Campaign) -> tuple[str, ...]:
    steps = list(campaign.steps.all())
    is_named = any(_COMPANY in content.slots_in(step) for step in steps if step.writer == StepWriter.TEMPLATE)
    may_be = any(step.writer == StepWriter.MODEL for step in steps) and _COMPANY in campaign.task_version.spec.slots
    return (*_ALWAYS, "company") if is_named or may_be else _ALWAYS
