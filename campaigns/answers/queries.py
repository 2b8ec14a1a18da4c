"""Questions about answers to replies. Names and addresses stand in them, so they are a lead's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from campaigns.models import Campaign, InboxAnswer, InboxSetup, Message, Reply
from campaigns.models.events import UNSETTLED
from campaigns.replies import queries as replies
from campaigns.states import AnswerState
from members.models import Member
from review.models import TaskVersion
from review.states import Role
from review.tasks import permissions
from review.tasks.permissions import slugs_with

_RELATED = (
    "reply__event",
    "reply__message__contact",
    "reply__message__step",
    "reply__message__sender",
    "reply__message__enrolment__sender",
    "reply__message__campaign__sender",
    "reply__message__campaign__task",
    "order__job",
    "draft__task_version",
    "written_by",
    "approved_by",
)


def with_all() -> QuerySet[InboxAnswer]:
    """Answers with everything their mails are made from, in one query."""
    return InboxAnswer.objects.select_related(*_RELATED)


def visible(member: Member) -> QuerySet[InboxAnswer]:
    """Answers of the campaigns whose task the member leads, newest first."""
    slugs = slugs_with(member, Role.LEAD)
    rows = with_all() if slugs is None else with_all().filter(reply__message__campaign__task__slug__in=slugs)
    return rows.order_by("-created_at", "-id")


def reply_to_answer_or_404(member: Member, reply_id: UUID) -> Reply:
    """The reply, for a lead of its campaign's task.

    Raises:
        Http404: There is none, or not for this member.
        PermissionDenied: The member sees it and does not lead its task.
    """
    reply = replies.reply_or_404(member, reply_id)
    permissions.require(member, reply.message.campaign.task, Role.LEAD)
    return reply


def unsettled(reply: Reply) -> InboxAnswer | None:
    """The answer to a reply that is being written, on its way or in doubt; there is at most one."""
    return with_all().filter(reply=reply, state__in=UNSETTLED).first()


def newest(reply: Reply) -> InboxAnswer | None:
    """The last answer to a reply, whatever became of it."""
    return with_all().filter(reply=reply).order_by("-created_at", "-id").first()


def setup_of(reply: Reply) -> InboxSetup | None:
    """Return the tasks that help with the replies of this one's campaign; None where none was chosen."""
    return setup_of_campaign(reply.message.campaign)


def tasks_to_choose(member: Member, campaign: Campaign) -> dict[str, TaskVersion]:
    """Map slug to latest version of each task the member leads, but the campaign's own: choices for its inbox."""
    led = [slug for slug, _ in permissions.led_by(member) if slug != campaign.task.slug]
    versions = TaskVersion.objects.filter(task__slug__in=led).select_related("task").order_by("task__name", "number")
    return {version.task.slug: version for version in versions}


def setup_of_campaign(campaign: Campaign) -> InboxSetup | None:
    """Return the tasks that help with a campaign's replies; None where none was chosen."""
    related = ("sorting_task", "answer_task", "answer_teacher")
    return InboxSetup.objects.select_related(*related).filter(campaign=campaign).first()


def is_editable(answer: InboxAnswer | None) -> bool:
    """Tell whether a reply's words can be written now: no answer is on its way or in doubt."""
    return answer is None or answer.state in (
        AnswerState.OPEN,
        AnswerState.SENT,
        AnswerState.FAILED,
        AnswerState.STOPPED,
    )


def export_of(mails: Sequence[Message]) -> list[dict[str, Any]]:
    """Return answers to replies to these mails, the first one first, as the person's own data shows it."""
    rows = InboxAnswer.objects.filter(reply__message__in=mails).order_by("created_at", "id")
    return [
        {
            "state": answer.get_state_display(),
            "subject": answer.subject,
            "body": answer.text or answer.body,
            "sent_at": answer.sent_at,
            "written_at": answer.created_at,
        }
        for answer in rows
    ]
