"""The demo's experiment comes out as its seed says, through the real wire and the real endpoints, once."""

from __future__ import annotations

import html
import re
from collections import Counter

import pytest
from django.utils import timezone

from campaigns.experiments import results
from campaigns.models import Campaign, Contact, Event, Experiment, Look, Message
from campaigns.planning.assignment import arm_of
from campaigns.states import CampaignState, EventKind, MessageState
from campaigns.suppression import email_addresses
from demo.data.experiment import load, simulated_inboxes
from demo.data.load import demo_spec
from demo.mail_sink.mail_folder import MailFolder
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories
from tests.review import factories as desk

FEW = 16


def expected(companies: int) -> dict[str, Counter[str]]:
    """People and replies by arm, from seed, salt and addresses alone."""
    found = {simulated_inboxes.TEACHER: Counter[str](), simulated_inboxes.VARIANT: Counter[str]()}
    for row in simulated_inboxes.people(companies):
        arm = list(found)[arm_of(load.SALT, email_addresses.parse(row["email"]).cluster, [1, 1])]
        did = {
            doing.kind
            for doing in simulated_inboxes.actions_on_first_mail(row["email"], arm=arm, segment=row["segment"])
        }
        found[arm].update(people=1, **dict.fromkeys(did, 1))
    return found


def test_the_seed_gives_the_demos_numbers():
    found = expected(simulated_inboxes.COMPANIES)

    assert (found["Teacher"]["people"], found["Teacher"]["reply"]) == (130, 43)
    assert (found["Variant"]["people"], found["Variant"]["reply"]) == (109, 41)


def test_people_are_fictional_and_each_stands_once():
    rows = simulated_inboxes.people()

    assert len({row["email"] for row in rows}) == len(rows)
    assert all(row["email"].endswith(".example") for row in rows)
    assert {row["segment"] for row in rows} == set(simulated_inboxes.REPLIES)


def test_the_teacher_wins_in_one_segment_and_the_page_can_say_so():
    told = simulated_inboxes.registered_effects()

    assert [line["segment"] for line in told["shares"] if line["better"] == simulated_inboxes.TEACHER] == [
        "Care and services"
    ]
    assert told["seed"] == simulated_inboxes.SEED


@pytest.fixture
def task(admin: Member, make_member) -> Task:
    made = desk.make_task(by=admin, spec=demo_spec())
    desk.join(make_member("lena"), made, Role.LEAD)
    return made


@pytest.fixture
def mailbox(settings, tmp_path) -> MailFolder:
    settings.EMAIL_BACKEND = "campaigns.sending.smtp_backend.EmailBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return MailFolder(settings.MAILBOX_DIR)


@pytest.mark.django_db(transaction=True)
def test_weeks_of_mails_and_answers_end_in_the_verdict_of_the_seed(admin, task, mailbox, as_member):
    people = Counter({arm: counts["people"] for arm, counts in expected(FEW).items()})
    # Somebody a user imported before the demo brought its experiment.
    own = desk.make_records(desk.make_source(task), 1)[0]
    stranger = factories.make_contact(task, "ada@own-customer.example", segment="mine", record=own)

    was_missing = load.load(admin, task, companies=FEW)
    again = load.load(admin, task, companies=FEW)

    made = Experiment.objects.get()
    assert not stranger.messages.exists()
    assert (was_missing, again) == (True, False)
    assert Campaign.objects.get().state == CampaignState.ENDED
    first = Message.objects.filter(step__number=1)
    assert first.count() == first.filter(state=MessageState.SENT).count() == sum(people.values())
    assert len(list(mailbox.newest())) == Message.objects.filter(state=MessageState.SENT).count()
    told = {arm["name"]: arm for arm in results.result(made)["arms"]}
    for arm, counts in expected(FEW).items():
        assert (told[arm]["assigned"], told[arm]["replied"]) == (counts["people"], counts["reply"])
        assert (told[arm]["bounced"], told[arm]["unsubscribed"]) == (counts["bounce"], counts["leave"])
    clicked = Event.objects.filter(kind=EventKind.CLICKED)
    assert clicked.filter(is_machine=False).exists()
    assert Look.objects.filter(is_final=True).count() == 1
    assert Event.objects.latest("occurred_at").occurred_at < timezone.now()
    assert not Contact.objects.exclude(address__endswith=".example").exists()
    page = as_member(admin).get(f"/experiments/{made.slug}/").content.decode()
    assert page.index("Simulated.") < page.index("Verdict</h2>")
    assert "Simulation settings" in page
    again_url = re.search(r'href="([^"]+)">Run it with your miniature', page)
    assert again_url is not None
    form = as_member(admin).get(html.unescape(again_url[1])).content.decode()
    assert 'value="Two teachers (simulated), with our miniature"' in form
    assert "tour https://loomboard.example/tour" in form
