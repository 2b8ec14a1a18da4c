"""Bulk-inserted mails to all other contacts: copies of the pilot of the same arm and record, on other days.

`doings` inserts their readers' actions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from campaigns.compose import content, render
from campaigns.compose.farewells import farewell_of
from campaigns.compose.message import message_id_of, unsubscribe_url
from campaigns.models import Campaign, Contact, Enrolment, Message, StageRun
from campaigns.states import LawfulBasis, MessageState
from demo.data.experiment import population
from web.db.bulk_insert import BulkInserter, as_json

SENDING_DAYS = 20
_FIRST, _LAST = "Qfirstnameq", "Qlastnameq"
_LEAVE = "https://leave.invalid/q"
_VARYING = (
    "id", "enrolment", "contact", "arm", "state", "stop_reason", "problem", "record", "draft", "needs_approval",
    "subject", "body", "message_id", "due_at", "sending_at", "sender_job", "sent_at", "created_at", "updated_at",
)  # fmt: skip
_OF_RUN = (
    "id", "message", "stage", "part", "state", "site", "record", "draft", "order", "output", "reason", "seconds",
    "created_at", "ended_at",
)  # fmt: skip
Pilots = Mapping[tuple[UUID | None, UUID | None], Message]


def lay(campaign: Campaign, pilots: Pilots, *, began: datetime) -> None:
    """Insert the mails, with their stages, of all contacts without one in one transaction."""
    without = Enrolment.objects.filter(campaign=campaign, messages__isnull=True).select_related("contact")
    # Drawn by address, so that a reader has the same day in every load, whatever they answer.
    waiting = sorted(without, key=lambda each: population.day_of(each.contact.address))
    words = _Words(campaign)
    runs = _runs_of(pilots)
    mails: list[tuple[Any, ...]] = []
    stages: list[tuple[Any, ...]] = []
    for number, enrolment in enumerate(waiting):
        pilot = pilots[enrolment.arm_id, enrolment.contact.record_id]
        pk = uuid4()
        mails.append(_mail(pk, enrolment, pilot, words, _day(began, number, len(waiting))))
        stages += (_run(pk, run) for run in runs[pilot.pk])
    with transaction.atomic():
        if mails:
            step = next(iter(pilots.values())).step
            BulkInserter(Message(campaign=campaign, step=step), _VARYING).pour(mails)
            BulkInserter(StageRun(cost_usd=0), _OF_RUN).pour(stages)


def moment(at: datetime | None) -> str | None:
    return None if at is None else str(connection.ops.adapt_datetimefield_value(at.astimezone(UTC)))


def _day(began: datetime, number: int, count: int) -> datetime:
    """Spread mails evenly over days, and over some hours of each."""
    day, place = divmod(number * SENDING_DAYS, count)
    return began + timedelta(days=day, seconds=round(place / count * 7 * 3600))


def _mail(pk: UUID, enrolment: Enrolment, pilot: Message, words: _Words, at: datetime) -> tuple[Any, ...]:
    is_sent = pilot.state == MessageState.SENT
    subject, body = words.of(pilot, enrolment.contact, pk) if is_sent else ("", "")
    when = moment(at) if is_sent else None
    return (
        pk.hex, enrolment.pk.hex, enrolment.contact_id.hex, _hex(enrolment.arm_id), pilot.state, pilot.stop_reason,
        pilot.problem, _hex(pilot.record_id), _hex(pilot.draft_id), pilot.needs_approval, subject, body,
        message_id_of(pk, words.sender) if is_sent else "", when, when, _hex(pilot.sender_job) if is_sent else None,
        when, moment(pilot.created_at), moment(at),
    )  # fmt: skip


def _runs_of(pilots: Pilots) -> dict[UUID, list[StageRun]]:
    runs: dict[UUID, list[StageRun]] = defaultdict(list)
    for run in StageRun.objects.filter(message__in=[mail.pk for mail in pilots.values()]):
        runs[run.message_id].append(run)
    return runs


def _run(mail: UUID, run: StageRun) -> tuple[Any, ...]:
    """Copy a stage of another mail with the same answer, which was paid once."""
    return (
        uuid4().hex, mail.hex, run.stage_id.hex, run.part, run.state, _hex(run.site_id), _hex(run.record_id),
        _hex(run.draft_id), _hex(run.order_id), as_json(run.output), run.reason, run.seconds, moment(run.created_at),
        moment(run.ended_at),
    )  # fmt: skip


def _hex(pk: UUID | None) -> str | None:
    return None if pk is None else pk.hex


class _Words:
    """Mails as the product renders them: a draft once for each language, then each reader's own names and link."""

    def __init__(self, campaign: Campaign) -> None:
        self._patterns: dict[tuple[UUID | None, str], render.Rendered] = {}
        sender = campaign.sender
        assert sender is not None
        self.sender = sender

    def of(self, pilot: Message, reader: Contact, mail: UUID) -> tuple[str, str]:
        key = pilot.draft_id, reader.language
        if key not in self._patterns:
            self._patterns[key] = self._pattern(pilot, reader)
        pattern = self._patterns[key]
        subject = _named(pattern.subject, reader)
        return subject, _named(pattern.text, reader).replace(_LEAVE, unsubscribe_url(mail, None))

    def _pattern(self, pilot: Message, reader: Contact) -> render.Rendered:
        anyone = Contact(first_name=_FIRST, last_name=_LAST, company=reader.company)
        farewell = farewell_of(reader.language)
        reason = farewell.reason(LawfulBasis(reader.lawful_basis), source=reader.basis_source, on=reader.basis_date)
        return render.render(
            content.fields_of(pilot),
            slots={**content.slots_of_contact(anyone), **content.slots_of_sender(self.sender)},
            footer=render.Footer(self.sender.from_name, self.sender.postal_address, _LEAVE, reason, farewell.leave),
            plain_names=content.plain_names(reader),
        )


def _named(text: str, reader: Contact) -> str:
    return text.replace(_FIRST, reader.first_name).replace(_LAST, reader.last_name)


def sent_to(campaign: Campaign, without: Sequence[UUID]) -> Iterator[Message]:
    """Return the sent mails to all other contacts, with their related rows."""
    names = ("contact__address", "contact__address_hmac", "contact__language", "draft_id")
    rows = Message.objects.filter(campaign=campaign, state=MessageState.SENT).exclude(pk__in=list(without))
    related = rows.select_related("contact").only("sent_at", "subject", "enrolment_id", *names)
    yield from related.order_by("sent_at", "pk")
