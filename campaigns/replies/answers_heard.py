"""Events of answers that people sent: they count at the mail whose reply they continue."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F
from django.utils import timezone

from campaigns.models import InboxAnswer, Message
from campaigns.states import AnswerState


def mails_answered(message_ids: Collection[str]) -> dict[str, Message]:
    """Map Message-IDs of our answers to the mail whose reply each answered; those that are no answer's are absent."""
    related = ("reply__message__contact", "reply__message__campaign")
    rows = InboxAnswer.objects.filter(message_id__in=message_ids).select_related(*related)
    return {answer.message_id: answer.reply.message for answer in rows}


def settle_proven(message_ids: Collection[str]) -> int:
    """Call sent, and count, answers in doubt with these Message-IDs: their reader has written back to them."""
    named = [each for each in message_ids if each]
    doubtful = InboxAnswer.objects.filter(message_id__in=named, state=AnswerState.UNKNOWN)
    return doubtful.update(state=AnswerState.SENT, sent_at=F("sending_at"), problem="", updated_at=timezone.now())
