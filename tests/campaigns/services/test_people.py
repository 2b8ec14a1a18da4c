"""A person's rights: all that is held is told, and an erasure leaves nothing of it anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from pyarrow import parquet

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.events.outcomes import human_events
from campaigns.models import Contact, Enrolment, Event, Message, Suppression
from campaigns.privacy import export_and_erase
from campaigns.states import EventKind, EventSource, MessageState, SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression.queries import is_suppressed
from demo.mail_sink.mail_folder import MailFolder
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.invitations import invite
from members.models import Member
from review.datasets.removed_samples import erased_rows
from review.models import DatasetFile, Decision, Draft, Record
from review.states import Role
from tests.campaigns.factories import BASIS, make_contact, make_mail, make_plain_campaign
from tests.campaigns.services.held_person import ADA, HERS, Held
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def whole_database() -> str:
    """Every row of every room, and every stored file, as text."""
    rooms = (
        "campaigns",
        "review",
        "generation",
        "jobs",
        "training",
        "evaluation",
        "serving",
        "members",
        "webhooks",
        "audit",
    )
    rows = [
        list(model.objects.values())
        for room in rooms
        if apps.is_installed(room)
        for model in apps.get_app_config(room).get_models()
    ]
    files = [as_text(path) for path in DatasetFile.objects.values_list("path", flat=True)]
    return json.dumps(rows, cls=DjangoJSONEncoder, default=str, ensure_ascii=False) + "".join(files)


def as_text(path: str) -> str:
    with default_storage.open(path) as file:
        return str(parquet.read_table(file).to_pylist()) if path.endswith(".parquet") else file.read().decode()


def test_the_file_of_a_person_tells_all_and_explains_each_part(held: Held) -> None:
    told = export_and_erase.export(ADA)

    text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)
    assert all(word in text for word in (*HERS, ADA, "trade fair in Lund"))
    assert set(told["explanation"]) == set(told) - {"made_at", "explanation"}
    assert [len(told[part]) for part in ("contacts", "drafts", "decisions", "mails", "events", "replies")] == [1] * 6
    assert "Acme" not in text and "bob@" not in text


def test_shared_facts_are_told_as_shared(held: Held) -> None:
    told = export_and_erase.export("bob@acme.example")

    assert [(record["facts"]["company"], record["is_shared"]) for record in told["records"]] == [("Acme", True)]
    assert told["drafts"] == []


@pytest.mark.slow
def test_after_an_erasure_nothing_of_the_person_is_left_anywhere(
    held: Held, settings: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    before = whole_database()

    with django_capture_on_commit_callbacks(execute=True):
        erased = export_and_erase.erase(ADA)

    after = whole_database()
    assert all(word in before for word in HERS)
    assert [word for word in (*HERS, ADA, "Byron") if word in after] == []
    assert (erased.contacts, erased.mails, erased.replies, erased.records, erased.drafts) == (1, 1, 1, 1, 1)
    assert is_suppressed(email_addresses.hmac_of(ADA))
    assert Suppression.objects.get().reason == SuppressionReason.ERASED
    assert not (settings.RUNS_DIR / str(held.order.job_id)).exists()
    assert MailFolder(settings.MAILBOX_DIR).of_message_id("m1@sender.example") == ""


@pytest.mark.slow
def test_what_was_counted_stays(held: Held) -> None:
    events = list(Event.objects.values("kind", "occurred_at", "key"))

    export_and_erase.erase(ADA)

    assert list(Event.objects.values("kind", "occurred_at", "key")) == events
    held.mail.refresh_from_db()
    assert (held.mail.state, held.mail.message_id) == (MessageState.SENT, "m1@sender.example")
    assert erased_rows(held.version) == 1
    assert Decision.objects.count() == 2
    assert Contact.objects.get(pk=held.contact.pk).erased_at is not None


def test_a_scanners_round_is_still_no_click_of_hers(held: Held) -> None:
    at = timezone.now()
    for key, after_s, more in (("a", 0, {}), ("b", 0.3, {"why": "burst"})):
        Event.objects.create(
            campaign=held.campaign, enrolment=held.mail.enrolment, message=held.mail, kind=EventKind.CLICKED, key=key,
            source=EventSource.LINK, is_machine=bool(more), occurred_at=at + timedelta(seconds=after_s),
            payload={"link": key, "agent": "Zephyrine", **more},
        )  # fmt: skip
    assert not human_events(held.campaign, EventKind.CLICKED).exists()

    export_and_erase.erase(ADA)

    assert not human_events(held.campaign, EventKind.CLICKED).exists()
    assert "Zephyrine" not in str(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.slow
def test_others_keep_what_is_theirs(held: Held) -> None:
    rows = Contact.objects.filter(company="Acme").order_by("pk")
    before = list(rows.values()), list(Record.objects.filter(facts__company="Acme").values())
    told = JobEvent.objects.get(job=held.order.job, seq=2).payload

    export_and_erase.erase(ADA)

    assert (list(rows.values()), list(Record.objects.filter(facts__company="Acme").values())) == before
    assert JobEvent.objects.get(job=held.order.job, seq=2).payload == told


@pytest.mark.slow
def test_facts_that_a_colleague_shares_stay_and_the_last_of_them_takes_them_along(held: Held) -> None:
    export_and_erase.erase("bob@acme.example")
    shared = Record.objects.get(facts__company="Acme")

    export_and_erase.erase("cy@acme.example")

    shared.refresh_from_db()
    assert (shared.facts, shared.title) == ({}, "Erased")


@pytest.mark.slow
def test_a_cluster_of_one_loses_its_name_and_a_shared_one_keeps_it(held: Held) -> None:
    make_mail(held.campaign, Contact.objects.get(address="bob@acme.example"))

    export_and_erase.erase(ADA)
    export_and_erase.erase("bob@acme.example")

    alone = Enrolment.objects.get(contact=held.contact)
    assert alone.cluster.startswith("erased-") and alone.cluster == Contact.objects.get(pk=held.contact.pk).cluster
    assert Enrolment.objects.exclude(contact=held.contact).get().cluster == "acme.example"


@pytest.mark.slow
def test_erasing_twice_or_nobody_changes_nothing_but_suppresses(held: Held) -> None:
    export_and_erase.erase(ADA)
    before = list(Message.objects.values()), list(Draft.objects.values()), Contact.objects.get(pk=held.contact.pk)

    again = export_and_erase.erase(ADA)
    nobody = export_and_erase.erase("stranger@nowhere.example")

    assert (list(Message.objects.values()), list(Draft.objects.values())) == before[:2]
    assert Contact.objects.get(pk=held.contact.pk).erased_at == before[2].erased_at
    assert again.contacts == nobody.contacts == 0
    assert is_suppressed(email_addresses.hmac_of("stranger@nowhere.example"))
    assert "Nothing was held" in nobody.sentence()


@pytest.mark.slow
def test_an_erased_person_does_not_come_back_by_import(held: Held, admin: Member, tmp_path: Path) -> None:
    export_and_erase.erase(ADA)

    result = import_contacts(held.task, tmp_path / "people.csv", by=admin, defaults=BASIS)

    assert (result.rows_added, result.rows_suppressed, result.rows_known) == (0, 1, 2)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.PAUSED])
def test_while_a_job_reads_the_texts_the_person_is_suppressed_and_the_rest_waits(held: Held, state: JobState) -> None:
    Job.objects.filter(pk=held.order.job_id).update(state=state)
    waiting = make_mail(make_plain_campaign(held.task, slug="second"), held.contact, state=MessageState.APPROVED)

    with pytest.raises(Refusal) as refusal:
        export_and_erase.erase(ADA)

    waiting.refresh_from_db()
    assert (refusal.value.code, refusal.value.status) == ("work_in_hand", 409)
    assert is_suppressed(held.contact.address_hmac)
    assert waiting.state == MessageState.STOPPED
    assert Contact.objects.get(pk=held.contact.pk).address == ADA

    Job.objects.filter(pk=held.order.job_id).update(state=JobState.CANCELLED)
    assert export_and_erase.erase(ADA).contacts == 1


@pytest.mark.slow
def test_a_mail_on_the_wire_is_waited_for(held: Held) -> None:
    make_mail(make_plain_campaign(held.task, slug="second"), held.contact, state=MessageState.SENDING)

    with pytest.raises(Refusal, match="cannot be erased yet: a mail to the person is being sent"):
        export_and_erase.erase(ADA)


@pytest.mark.slow
def test_a_person_of_two_tasks_is_erased_from_both_and_only_by_who_leads_both(
    held: Held, admin: Member, make_member: Callable[..., Member]
) -> None:
    lead = make_member("lena")
    join(lead, held.task, Role.LEAD)
    other = make_contact(make_task(by=admin, slug="other"), ADA)

    with pytest.raises(PermissionDenied):
        export_and_erase.erase(ADA, by=lead)
    untouched = not is_suppressed(other.address_hmac)
    erased = export_and_erase.erase(ADA, by=admin)

    assert untouched
    assert erased.contacts == 2
    assert not Contact.objects.filter(address=ADA).exists()
    assert Suppression.objects.get().member_name == "ada"


@pytest.mark.slow
def test_an_unsubscribed_person_keeps_the_first_reason_and_is_erased_all_the_same(held: Held) -> None:
    from campaigns.suppression.suppress import suppress

    suppress(ADA, reason=SuppressionReason.UNSUBSCRIBED)
    since = timezone.now() - timedelta(minutes=1)

    export_and_erase.erase(ADA)

    assert Suppression.objects.get().reason == SuppressionReason.UNSUBSCRIBED
    assert Contact.objects.get(pk=held.contact.pk).erased_at > since


def test_an_invitation_that_an_erased_person_never_took_up_opens_no_more(admin):
    open_one = invite.invite("Nora@Example.org", by=admin, display_name="Nora Lind")
    other = invite.invite("omar@example.org", by=admin)
    token = invite.token_of(open_one)

    export_and_erase.erase("nora@example.org")

    open_one.refresh_from_db()
    assert (open_one.state, open_one.display_name, open_one.email) == ("revoked", "", invite.ERASED_ADDRESS)
    with pytest.raises(Refusal) as refused:
        invite.by_token(token)
    assert refused.value.status == 409
    other.refresh_from_db()
    assert (other.state, other.email) == ("open", "omar@example.org")
