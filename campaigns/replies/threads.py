"""The whole exchange with one contact of a campaign: our mails and their answers, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.compose import content
from campaigns.models import InboxAnswer, Message, Reply
from campaigns.replies import queries
from campaigns.states import WENT, AnswerState
from members.models import Member

_ANSWERED = (AnswerState.APPROVED, AnswerState.SENDING, AnswerState.SENT, AnswerState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ThreadPart:
    at: datetime
    subject: str
    text: str
    mail: Message
    reply: Reply | None = None
    answer: InboxAnswer | None = None


def thread_of(reply: Reply, *, member: Member, with_names: bool) -> list[ThreadPart]:
    """Everything that was written between us and the sender of a reply in its campaign, the oldest first.

    Args:
        member: Who asks; replies are those they may see.
        with_names: Show our mails as they went, names filled in; else with their slots, as on the desk.
    """
    enrolment = reply.message.enrolment_id
    mails = content.with_words(Message.objects.filter(enrolment=enrolment, state__in=WENT))
    ours = [_ours(mail, with_names=with_names) for mail in mails]
    theirs = queries.visible(member).filter(message__enrolment=enrolment)
    parts = [
        *ours,
        *(ThreadPart(each.event.occurred_at, each.subject, each.text, each.message, each) for each in theirs),
        *_answers(enrolment, with_names=with_names),
    ]
    return sorted(parts, key=lambda part: (part.at, part.reply is not None))


def _answers(enrolment_id: UUID, *, with_names: bool) -> list[ThreadPart]:
    answers = InboxAnswer.objects.filter(reply__message__enrolment=enrolment_id, state__in=_ANSWERED)
    return [
        ThreadPart(
            answer.sent_at or answer.sending_at or answer.updated_at,
            "",
            (with_names and answer.text) or answer.body,
            answer.reply.message,
            answer=answer,
        )
        for answer in answers.select_related("reply__message", "approved_by")
    ]


def _ours(mail: Message, *, with_names: bool) -> ThreadPart:
    fields = {"subject": mail.subject, "body": mail.body} if with_names else content.fields_of(mail)
    return ThreadPart(mail.sent_at or mail.sending_at or mail.created_at, fields["subject"], fields["body"], mail)
