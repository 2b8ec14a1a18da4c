"""Write an answer to a reply, have it sent, take it back. Each act is one transaction; what leaves is `send`'s affair.

Locks are taken in the order of all who stop mails: the contacts of the address first, then the answer.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit import trail
from campaigns.answers import compose, queries
from campaigns.compose.render import UnfilledSlotError, UnfilledValueError, shown_slot
from campaigns.models import InboxAnswer, Reply
from campaigns.sending import obstacles
from campaigns.states import AnswerState
from campaigns.suppression import queries as suppressed
from campaigns.suppression import suppress
from jobs.lifecycle import control
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

KIND = "campaign-answer"
LONGEST = 20_000


def save(reply: Reply, *, body: str, revision: int, by: Member) -> InboxAnswer:
    """Write the words of an answer; the first ones open it.

    Args:
        body: The text, with slots; all of it.
        revision: Of the words that were changed, 0 where there were none: others' changes are not written over.

    Raises:
        PermissionDenied: The member does not lead the campaign's task.
        Refusal: `person_erased`; `too_long`; 409 `answer_changed`, somebody else changed it meanwhile, or
            `answer_under_way`, it is on its way or in doubt.
    """
    permissions.require(by, reply.message.campaign.task, Role.LEAD)
    if len(body) > LONGEST:
        message = f"The answer has {len(body):,} characters; {LONGEST:,} are the limit."
        raise Refusal("too_long", message, errors={"body": [message]})
    with transaction.atomic():
        open_answer = open_for(reply, by=by)
        values: dict[str, Any] = {"body": body, "written_by": by, "problem": "", "updated_at": timezone.now()}
        same = InboxAnswer.objects.filter(pk=open_answer.pk, state=AnswerState.OPEN, revision=revision)
        if not same.update(revision=revision + 1, **values):
            raise _changed()
    return queries.with_all().get(pk=open_answer.pk)


def open_for(reply: Reply, *, by: Member) -> InboxAnswer:
    """Return the answer to a reply that is being written, opened now where there is none. Runs inside a transaction.

    Raises:
        Refusal: `person_erased`, or 409 `answer_under_way`.
    """
    _lock(reply)
    answer = queries.unsettled(reply)
    if answer is None:
        try:
            with transaction.atomic():
                answer = InboxAnswer.objects.create(reply=reply, written_by=by)
        except IntegrityError:
            # On SQLite only: elsewhere the contact's lock keeps a second caller out until this one has committed.
            answer = queries.unsettled(reply)
    if answer is None or answer.state != AnswerState.OPEN:
        raise _under_way(answer)
    return answer


def approve(reply: Reply, *, revision: int, by: Member) -> InboxAnswer:
    """Have an answer sent as it stands. Pressed twice, it goes once.

    Args:
        revision: Of the words that were read: what another member has changed since does not go.

    Raises:
        PermissionDenied: The member does not lead the campaign's task.
        Refusal: `person_erased`, `suppressed`, `no_answer`, `no_words`, `no_sender`, `unfilled_slot`, `unfilled_value`;
            409 `answer_changed`, `answer_under_way`, or `answer_in_doubt`.
    """
    permissions.require(by, reply.message.campaign.task, Role.LEAD)
    with transaction.atomic():
        _lock(reply)
        answer = queries.unsettled(reply)
        if answer is None:
            raise Refusal("no_answer", "Nothing has been written to this reply.", hint="Write the answer first.")
        if answer.state == AnswerState.UNKNOWN:
            raise _under_way(answer)
        if answer.state != AnswerState.OPEN:
            return answer
        _require_sendable(answer)
        same = InboxAnswer.objects.filter(pk=answer.pk, state=AnswerState.OPEN, revision=revision)
        if not same.update(state=AnswerState.APPROVED, approved_by=by, problem="", tries=0, updated_at=timezone.now()):
            raise _changed()
        _launch(answer, by=by)
        trail.record("answer_sent", by=by, about=reply, answer=str(answer.pk))
    return queries.with_all().get(pk=answer.pk)


def take_back(reply: Reply, *, by: Member) -> InboxAnswer:
    """Open an answer again that has not left yet. Raced by its sender, one of both wins.

    Raises:
        PermissionDenied: The member does not lead the campaign's task.
        Refusal: 409 `answer_left`, there is none that waits.
    """
    permissions.require(by, reply.message.campaign.task, Role.LEAD)
    waiting = InboxAnswer.objects.filter(reply=reply, state=AnswerState.APPROVED)
    pk = waiting.values_list("pk", flat=True).first()
    if pk is None or not waiting.filter(pk=pk).update(
        state=AnswerState.OPEN, approved_by=None, updated_at=timezone.now()
    ):
        raise Refusal("answer_left", "No answer is waiting to be sent: it was sent or taken back.", status=409)
    return queries.with_all().get(pk=pk)


@transaction.atomic
def settle_unknown(reply: Reply, *, arrived: bool, by: Member) -> InboxAnswer:
    """Say of an answer of unknown fate whether it arrived. It is never sent again; one that did not is written anew.

    Raises:
        PermissionDenied: The member does not lead the campaign's task.
        Refusal: 409 `not_in_doubt`.
    """
    permissions.require(by, reply.message.campaign.task, Role.LEAD)
    answer = InboxAnswer.objects.filter(reply=reply, state=AnswerState.UNKNOWN).first()
    if answer is None or not _settle(answer, arrived=arrived, by=by):
        raise Refusal(
            "not_in_doubt", "The outcome of this answer is already known.", hint="Reload the page.", status=409
        )
    trail.record("answer_settled", by=by, about=reply, answer=str(answer.pk), arrived=arrived)
    return queries.with_all().get(pk=answer.pk)


def _settle(answer: InboxAnswer, *, arrived: bool, by: Member) -> int:
    values: dict[str, Any] = {"state": AnswerState.SENT, "sent_at": answer.sending_at, "problem": ""}
    if not arrived:
        values = {"state": AnswerState.FAILED, "problem": f"Recorded as not delivered by {by.name}."[:300]}
    doubtful = InboxAnswer.objects.filter(pk=answer.pk, state=AnswerState.UNKNOWN)
    return doubtful.update(updated_at=timezone.now(), **values)


def _lock(reply: Reply) -> None:
    """Lock the reply's person; an erased one is not written to.

    Raises:
        Refusal: `person_erased`.
    """
    if obstacles.is_erased(suppress.lock_contact(reply.message.contact)):
        raise Refusal("person_erased", "This person's data was erased, so no answer can be sent.")


def _require_sendable(answer: InboxAnswer) -> None:
    if suppressed.is_suppressed(answer.reply.message.contact.address_hmac):
        raise Refusal(
            "suppressed",
            "This person is no longer contacted: on the suppression list, or a reply asks for no more mails.",
            hint="Where a reply was misread, correct its class first.",
        )
    try:
        compose.compose(answer)
    except UnfilledValueError as error:
        hint = "Correct the contact, or the sender, and send the answer then."
        raise Refusal("unfilled_value", f"{error}.", hint=hint) from None
    except UnfilledSlotError as error:
        names = ", ".join(shown_slot(slot) for slot in error.slots)
        raise Refusal(
            "unfilled_slot", f"No value for {names}.", hint="Write the text instead.", errors={"body": [names]}
        ) from None
    except ValueError as error:
        raise Refusal("no_mail", f"No mail can be made of this answer: {error}.") from None


def _launch(answer: InboxAnswer, *, by: Member) -> None:
    campaign = answer.reply.message.campaign
    control.launch(
        kind=KIND,
        title=f"Send an answer of {campaign.name}",
        spec={"answer": str(answer.pk)},
        by=by,
        task_slug=campaign.task.slug,
        subject_id=answer.pk,
        subject_url=reverse("campaigns:answer", args=[answer.reply_id]),
    )


def _changed() -> Refusal:
    return Refusal(
        "answer_changed",
        "Somebody changed this answer since you loaded it; nothing was changed or sent.",
        hint="Reload it, then make your changes again.",
        status=409,
    )


def _under_way(answer: InboxAnswer | None) -> Refusal:
    if answer is not None and answer.state == AnswerState.UNKNOWN:
        return Refusal(
            "answer_in_doubt",
            "It is unknown whether the last answer arrived.",
            hint="Find out, record it, and write the next one then.",
            status=409,
        )
    return Refusal("answer_under_way", "An answer to this reply is on its way.", hint="Wait for it.", status=409)
