"""The demo's campaign comes out as its seed says: some mails go the whole way,
all others are rows like theirs, once.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from campaigns.compose import content
from campaigns.experiments import design
from campaigns.models import (
    Arm,
    Campaign,
    Contact,
    Enrolment,
    Event,
    Experiment,
    Look,
    Message,
    Reply,
    StageRun,
    Suppression,
)
from campaigns.pipelines import contact_story
from campaigns.planning.assignment import arm_of
from campaigns.sending import tick
from campaigns.states import CampaignState, EventKind, MessageState, ReplyClass, StageState
from campaigns.suppression import email_addresses
from demo.data import load as demo_load
from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.experiment import doings, load, pilots, plan, population, reply_texts
from demo.data.prospects.generate import prospects
from demo.data.reply_sorting import PEOPLE
from demo.mail_sink.mail_folder import MailFolder
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories
from tests.review import factories as desk

ARMS = (population.TEACHER, population.MINIATURE, population.PIPELINE)

# So many companies that some readers of the mails on the wire answer.
COMPANIES, CONTACTS = 8, 240


def held_out() -> list[dict[str, str]]:
    """The demo's companies that no miniature has learnt from, by name."""
    mine = [facts for facts in prospects() if demo_load.side_of(facts["company"]) == "test"]
    return sorted(mine, key=lambda facts: facts["company"])


def expected() -> dict[str, Counter[str]]:
    """People and what they do, by arm, from seed, addresses and the texts of their mails."""
    found = {arm: Counter[str]() for arm in ARMS}
    mails = Message.objects.select_related("arm", "contact__record", "draft__task_version", "draft__gold__decision")
    chances = doings.chances(mails)
    for mail in mails:
        done = doings.of_reader(mail, chances) if mail.draft_id else ()
        found[mail.arm.name].update(people=1, **Counter(doing.kind for _, doing in done))
    return found


@pytest.mark.slow
def test_every_arm_has_enough_people_to_show_a_point() -> None:
    clusters = (email_addresses.cluster_of(row["email"]) for row in population.people(held_out(), plan.CONTACTS))
    counts = Counter(arm_of(plan.SALT, cluster, [1] * len(ARMS)) for cluster in clusters)

    assert len(held_out()) == 101
    assert all(count >= plan.NEEDED for count in counts.values())
    assert plan.REQUEST.margin == 0.01


def test_people_are_fictional_each_at_a_company_of_their_own() -> None:
    rows = population.people(held_out(), 2_000)

    assert len({email_addresses.cluster_of(row["email"]) for row in rows}) == len(rows)
    assert all(row["email"].endswith(".example") for row in rows)
    assert {row["segment"] for row in rows} == set(population.SECTORS)
    assert {row["language"] for row in rows} == {"en", "de", "fr"}


def test_pilots_are_drawn_without_regard_to_what_their_readers_do(admin: Member) -> None:
    task = desk.make_task(by=admin)
    campaign = factories.make_plain_campaign(task)
    arm = Arm.objects.create(campaign=campaign, name=population.PIPELINE)
    people = [f"reader-{number}@branch.example" for number in range(8_000)]
    meeting = [each for each in people if "meeting" in str(population.actions(each, chance=population.BEST / 2))]
    silent = [each for each in people if not population.actions(each, chance=population.BEST)]
    records = desk.make_records(desk.make_source(task), len(meeting))
    for record, *addresses in zip(records, meeting, silent, strict=False):
        for address in addresses:
            contact = factories.make_contact(task, address, record=record)
            Enrolment.objects.create(campaign=campaign, contact=contact, arm=arm, cluster=contact.cluster)

    chosen = Contact.objects.filter(enrolments__in=pilots.chosen(campaign).values())

    assert len(chosen) == len(meeting) > 10
    assert 0 < chosen.filter(address__in=meeting).count() < len(meeting)


def test_there_are_replies_of_all_nine_classes_in_three_languages() -> None:
    texts = reply_texts.texts()

    assert {language for _, language in texts} == {"en", "de", "fr"}
    assert {meaning for meaning, _ in texts} == set(ReplyClass.values)
    found = Counter(reply.found.reply_class for replies in texts.values() for reply in replies)
    assert set(found) == set(ReplyClass)


def signatures(text: str) -> list[str]:
    """Lines that are a name, however hastily it was typed: of those that replies are drawn with, and of contacts."""
    names = {*PEOPLE, *population.FIRST_NAMES}
    names |= {f"{first} {last}" for first in population.FIRST_NAMES for last in population.LAST_NAMES}
    names |= {name.split()[0] for name in PEOPLE}
    known = {"".join(sorted(name.lower())): name for name in names}
    return [known[letters] for line in text.splitlines() if (letters := "".join(sorted(line.strip().lower()))) in known]


@pytest.fixture
def task(admin: Member, make_member: Callable[..., Member]) -> Task:
    """The task of the mails with the demo's companies, and those of the stages;
    without miniatures the teacher answers.
    """
    demo_load._task(admin)
    made = Task.objects.get(slug=demo_load.SLUG)
    demo_load._people(admin)
    demo_load._prospects(admin)
    for each in (CLAIM_CHECK, COMPANY_NEWS):
        desk.join(
            Member.objects.get(username="lena"), desk.make_task(by=admin, spec=each.spec, slug=each.slug), Role.LEAD
        )
    return made


@pytest.fixture
def mailbox(settings, tmp_path: Path) -> MailFolder:
    settings.EMAIL_BACKEND = "campaigns.sending.smtp_backend.EmailBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return MailFolder(settings.MAILBOX_DIR)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_weeks_of_mails_and_answers_end_in_the_verdict_of_the_seed(
    admin: Member, task: Task, mailbox: MailFolder, as_member: Callable[[Member], Client]
) -> None:
    # Somebody a user imported before the demo brought its campaign.
    own = desk.make_records(desk.make_source(task), 1)[0]
    stranger = factories.make_contact(task, "ada@own-customer.example", segment="mine", record=own)

    was_missing = load.load(admin, task, contacts=CONTACTS, companies=COMPANIES)
    again = load.load(admin, task, contacts=CONTACTS, companies=COMPANIES)

    assert (was_missing, again) == (True, False)
    assert not stranger.messages.exists()
    the_rows_are_those_of_a_finished_campaign(mailbox)
    the_registration_can_be_checked()
    the_counts_are_those_of_the_seed()
    readers_do_not_know_the_writer()
    the_pages_say_so(as_member(admin))


def the_rows_are_those_of_a_finished_campaign(mailbox: MailFolder) -> None:
    campaign = Campaign.objects.get()
    assert campaign.state == CampaignState.ENDED
    assert not tick.campaigns_with_work()
    mails = Message.objects.all()
    assert mails.count() == CONTACTS == Enrolment.objects.count()
    assert set(mails.values_list("state", flat=True)) == {MessageState.SENT}
    assert mails.values("message_id").distinct().count() == CONTACTS
    # One mail for each arm and company came through the wire; the others say the same words to their own readers.
    pilots = len(list(mailbox.newest()))
    assert pilots == 3 * COMPANIES
    assert mails.values("draft").distinct().count() == pilots
    for mail in mails.select_related("contact"):
        # A draft that lacks its greeting goes as it is where it was not drawn to be judged.
        assert mail.contact.first_name in mail.body or "first_name" not in content.fields_of(mail)["body"]
        assert "{{" not in mail.body + mail.subject
        assert mail.body.count("/u/") == 1 or "unsubscribe" in mail.body
    staged = mails.filter(arm__name=population.PIPELINE)
    assert all(mail.stage_runs.exists() for mail in staged)
    assert not StageRun.objects.filter(state__in=(StageState.WAITING, StageState.ASKED)).exists()
    assert Event.objects.filter(kind=EventKind.SENT).count() == CONTACTS
    assert Event.objects.latest("occurred_at").occurred_at < timezone.now()
    assert not Contact.objects.exclude(address__endswith=".example").exists()
    for reply in Reply.objects.select_related("message__contact"):
        contact = reply.message.contact
        name = f"{contact.first_name} {contact.last_name}"
        assert set(signatures(reply.text)[-1:]) <= {name, contact.first_name}, reply.text
    # A mail is judged before it goes, also by the dates. Which are judged is drawn: of these few, it may be none.
    assert not mails.filter(draft__decisions__created_at__gt=F("sent_at")).exists()


def the_registration_can_be_checked() -> None:
    experiment = Experiment.objects.get()
    launched_at = experiment.campaign.launched_at
    assert experiment.registered_at is not None
    assert launched_at is not None
    assert experiment.registered_at <= launched_at
    assert design.registration_sha256(experiment.registration) == experiment.registration_sha256
    salt = experiment.registration["assignment"]["salt"]
    for enrolment in Enrolment.objects.select_related("arm"):
        assert enrolment.arm is not None
        assert enrolment.arm.name == ARMS[arm_of(salt, enrolment.cluster, [1, 1, 1])]
    assert [look.is_final for look in Look.objects.order_by("number")] == [False, True]


def the_counts_are_those_of_the_seed() -> None:
    result = Look.objects.get(is_final=True).result
    told = {arm["name"]: arm for arm in result["arms"]}
    for arm, counts in expected().items():
        assert (told[arm]["assigned"], told[arm]["bounced"]) == (counts["people"], counts["bounce"])
        # What rules know for a program's mail is nobody's reply.
        answered = Event.objects.filter(enrolment__arm__name=arm, kind__in=(EventKind.REPLIED, EventKind.AUTO_REPLIED))
        assert answered.count() == counts["reply"] + counts["absence"]
        assert told[arm]["replied"] <= counts["reply"]
    suppressed = Suppression.objects.count()
    kinds = (EventKind.BOUNCED, EventKind.COMPLAINED)
    left = Event.objects.filter(kind=EventKind.UNSUBSCRIBED).exclude(payload__how="reply")
    assert suppressed == Event.objects.filter(kind__in=kinds).count() + left.count()
    of_people = Reply.objects.filter(event__kind=EventKind.REPLIED)
    assert of_people.count() == Event.objects.filter(kind=EventKind.REPLIED).count()


def readers_do_not_know_the_writer() -> None:
    related = ("arm", "contact__record", "draft__task_version", "draft__gold__decision")
    mails = list(Message.objects.filter(draft__isnull=False).select_related(*related))
    chances = doings.chances(mails)
    before = [list(doings.of_reader(mail, chances)) for mail in mails]
    arms = list(Arm.objects.order_by("position"))
    following = dict(zip([arm.pk for arm in arms], arms[1:] + arms[:1], strict=True))
    for mail in mails:
        assert mail.draft is not None
        mail.arm = following[mail.arm_id]
        mail.draft.origin = "imported" if mail.draft.origin == "teacher" else "teacher"

    assert doings.chances(mails) == chances
    assert [list(doings.of_reader(mail, chances)) for mail in mails] == before


def the_pages_say_so(client: Client) -> None:
    campaign, mail = (
        Campaign.objects.get(),
        Message.objects.filter(arm__name=population.PIPELINE).earliest("sent_at", "pk"),
    )
    page = client.get(f"/experiments/{plan.SLUG}/").content.decode()
    assert page.index("Simulated.") < page.index("Verdict</h2>")
    assert "Only live readers can tell" in page
    drawn = client.get(f"/campaigns/{plan.SLUG}/").content.decode()
    assert drawn.count('class="pipeline-stage"') == 4
    assert "sorted without a person" in drawn
    assert "88.3 %" in drawn
    assert "gpt-4o" in page
    again_url = re.search(r'href="([^"]+)">Run it with your miniature', page)
    assert again_url is not None
    form = client.get(html.unescape(again_url[1])).content.decode()
    assert "with our miniature" in form
    for path in ("", "mails/", "replies/", "dry-run/", f"mails/{mail.pk}/"):
        assert "imulated" in client.get(f"/campaigns/{plan.SLUG}/{path}").content.decode().replace(campaign.name, "")
    story = client.get(f"/contacts/{mail.contact_id}/story/").content.decode()
    assert "Simulated." in story
    told = [entry.title for entry in contact_story.story_of(mail.contact)[0].entries]
    assert told[:3] == ["Pages read", "Research: site", "Verify claims: check"]
    assert told.index("Mail 1 written") < told.index("Sent")
