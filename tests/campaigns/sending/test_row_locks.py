"""Who waits for whom over one mail and one reply, where PostgreSQL locks single rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Event, Message, Reply
from campaigns.replies import record_reply
from campaigns.sending import outbox
from campaigns.states import EventKind, EventSource, MessageState, ReplyClass
from campaigns.suppression import suppress
from members.models import Member

# Where writers take turns as a whole, as on SQLite, nobody waits for a single row.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@contextmanager
def somebody_else(act: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Give what begins `act` in a thread and comes back once it waits for a row or is done;
    see it end after the block.
    """
    problems: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    other = threading.Thread(target=run)

    def begin() -> None:
        other.start()
        give_up_s = time.monotonic() + 30
        while not somebody_waits() and other.is_alive() and time.monotonic() < give_up_s:
            time.sleep(0.01)

    yield begin
    other.join(30)
    assert not (problems or other.is_alive())


def test_proof_whose_transaction_is_open_while_a_mail_turns_unknown_settles_it(mail: Message) -> None:
    Message.objects.update(state=MessageState.SENDING, sending_at=timezone.now(), sender_job=uuid4())

    with somebody_else(lambda: outbox.settle_left_behind(mail.campaign)) as begin, transaction.atomic():
        record.record(mail, EventKind.CLICKED, source=EventSource.LINK, key="proof")
        begin()

    mail.refresh_from_db()
    assert mail.state == MessageState.SENT


@pytest.fixture
def reply(mail: Message) -> Reply:
    event = Event.objects.create(
        campaign_id=mail.campaign_id,
        enrolment_id=mail.enrolment_id,
        message=mail,
        kind=EventKind.REPLIED,
        source=EventSource.MAIL,
        key="one",
        occurred_at=timezone.now(),
    )
    return Reply.objects.create(event=event, message=mail, meaning=ReplyClass.OTHER, meant_by="rules")


def test_who_confirms_a_wish_holds_no_reply_while_waiting_for_the_list(reply: Reply, admin: Member) -> None:
    """Else a model's word on it, which takes the list first, and the member would wait for each other."""

    def confirm() -> None:
        record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)

    with somebody_else(confirm) as begin, transaction.atomic():
        suppress.lock_list()
        begin()
        Reply.objects.select_for_update(nowait=True, no_key=True).get(pk=reply.pk)

    assert Reply.objects.get().meaning == ReplyClass.UNSUBSCRIBE


def test_a_model_that_reads_a_wish_holds_no_reply_while_waiting_for_its_person(reply: Reply) -> None:
    """Else a member's word on it, which takes the person first, and the model's would wait for each other."""

    def label() -> None:
        record_reply.label_by_model(reply.pk, ReplyClass.UNSUBSCRIBE, by_model="sorter")

    with somebody_else(label) as begin, transaction.atomic():
        record.lock_contacts(reply.message.contact)
        begin()
        Reply.objects.select_for_update(nowait=True, no_key=True).get(pk=reply.pk)

    assert Reply.objects.get().meaning == ReplyClass.UNSUBSCRIBE
