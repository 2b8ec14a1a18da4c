from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, ContactImport, Event, Message, Reply
from campaigns.planning import audience
from campaigns.sending import lifecycle, tick
from campaigns.states import EventKind, MessageState
from members.models import Member
from review.models import Assignment, Draft, Task
from tests import pace
from tests.campaigns import factories
from tests.campaigns.pipeline.campaign_form import FORM
from tests.campaigns.pipeline.conftest import answer_orders, judge, states
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


@pytest.fixture
def written(campaign: Campaign, lead: Member) -> Campaign:
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    return campaign


def test_an_empty_list_teaches(task: Task, lead: Member, as_member: AsMember) -> None:
    page = as_member(lead).get(f"/tasks/{task.slug}/campaigns/")

    assert page.status_code == 200
    assert "Make a campaign" in page.content.decode()


def test_the_form_says_how_many_contacts_there_are_of_each_segment_and_reads_them_once(
    task: Task, lead: Member, as_member: AsMember, django_assert_num_queries: Any
) -> None:
    for address, segment in (
        ("a@a.example", "north"),
        ("b@b.example", "north"),
        ("c@c.example", "south"),
        ("d@d.example", ""),
    ):
        factories.make_contact(task, address, segment=segment)
    factories.make_contact(task, "e@e.example", segment="gone", erased_at=timezone.now())

    page = as_member(lead).get(f"/tasks/{task.slug}/campaigns/new/").content.decode()

    assert re.findall(r">(All [^<]*contacts|Segment: [^<]*)<", page) == [
        "All 4 contacts", "Segment: north (2)", "Segment: south (1)",
    ]  # fmt: skip
    with django_assert_num_queries(1):
        assert audience.contacts_by_segment(task.pk, {}) == {"": 1, "north": 2, "south": 1}


@pytest.mark.slow
def test_a_campaign_is_made_edited_and_launched_from_pages(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    factories.make_sender()
    browser = as_member(lead)
    browser.get(f"/tasks/{task.slug}/campaigns/new/")

    made = browser.post(f"/tasks/{task.slug}/campaigns/new/", FORM)
    campaign = Campaign.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/campaigns/{campaign.slug}/")
    assert (campaign.slug, campaign.sample_share, campaign.time_zone) == ("summer-outreach", 0.1, "Europe/Berlin")
    assert [step.wait_s for step in campaign.steps.all()] == [0, 43_200]
    assert "Ready to be launched" in browser.get(f"/campaigns/{campaign.slug}/").content.decode()

    shown = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()
    assert "demo https://tidewell.example/demo" in shown
    browser.post(f"/campaigns/{campaign.slug}/edit/", {**FORM, "daily_cap": "7"})
    campaign.refresh_from_db()
    assert campaign.daily_cap == 7

    acted = browser.post(f"/campaigns/{campaign.slug}/act/", {"verb": "write"})
    assert acted.status_code == 302
    campaign.refresh_from_db()
    assert (campaign.state, campaign.is_held) == ("running", True)
    assert "Start sending" in browser.get(f"/campaigns/{campaign.slug}/").content.decode()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "required"),
        ({"links": "demo"}, "Line 1"),
        ({"links": "demo https://a.example\ndemo https://b.example"}, "Line 2"),
        ({"time_zone": "Mars/Olympus"}, "not a time zone"),
        ({"arm_2_name": "A"}, "name of its own"),
        ({"arm_1_weight": "0"}, "at least one of them above 0"),
        ({"arm_1_teacher": "nobody"}, "not one of the available choices"),
    ],
)
def test_a_form_with_nonsense_says_so(
    task: Task, people: None, lead: Member, as_member: AsMember, change: dict[str, str], said: str
) -> None:
    factories.make_sender()

    page = as_member(lead).post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, **change})

    assert page.status_code in (400, 422)
    assert said in page.content.decode()
    assert not Campaign.objects.exists()


@pytest.mark.slow
def test_the_form_offers_the_imports_of_its_task_and_keeps_the_choice(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    factories.make_sender()
    batch = ContactImport.objects.create(task=task, filename="fair.csv", rows_added=2)
    browser, form = as_member(lead), {**FORM, "segment": "", "imported_with": str(batch.pk)}

    browser.post(f"/tasks/{task.slug}/campaigns/new/", form)

    campaign = Campaign.objects.get()
    assert campaign.audience == {"import": str(batch.pk)}
    shown = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()
    assert re.search(rf'value="{batch.pk}"\s+selected', shown)
    assert browser.post(f"/campaigns/{campaign.slug}/edit/", {**form, "imported_with": "none"}).status_code == 400


def test_a_launch_that_is_refused_names_the_problems(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    campaign = factories.make_draft_campaign(task, by=lead, audience={"segment": "nobody"})

    page = as_member(lead).post(f"/campaigns/{campaign.slug}/act/", {"verb": "launch"})

    assert page.status_code == 422
    assert "There are no contacts to write to." in page.content.decode()


@pytest.mark.slow
def test_the_overview_shows_the_funnel_and_the_way_to_the_desk(
    written: Campaign, lead: Member, as_member: AsMember
) -> None:
    page = as_member(lead).get(f"/campaigns/{written.slug}/").content.decode()

    assert page.count("6 mails wait for approval.") == 1
    assert "Approve on the desk" in page
    assert as_member(lead).get(f"/campaigns/{written.slug}/live/").status_code == 200


@pytest.mark.slow
def test_approving_takes_the_campaigns_drafts_in_deck(
    written: Campaign, task: Task, lead: Member, as_member: AsMember
) -> None:
    desk.make_drafts(task, desk.make_records(desk.make_source(task), 3))

    went = as_member(lead).post(f"/campaigns/{written.slug}/approve/", follow=True)

    held = set(Assignment.objects.filter(reviewer=lead, state="active").values_list("draft__origin", flat=True))
    assert went.redirect_chain == [("/tasks/outreach/review/?only=campaign%3Aspring", 302)]
    assert held == {"campaign"}
    assert Assignment.objects.filter(reviewer=lead, state="active").count() == 5


@pytest.mark.slow
def test_the_dry_run_tells_the_price_before_and_the_mails_after(
    campaign: Campaign, lead: Member, as_member: AsMember
) -> None:
    browser = as_member(lead)
    before = browser.get(f"/campaigns/{campaign.slug}/dry-run/").content.decode()
    lifecycle.launch(campaign, by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    after = browser.get(f"/campaigns/{campaign.slug}/dry-run/").content.decode()
    lines = browser.get(f"/campaigns/{campaign.slug}/dry-run/mails.jsonl")
    rows = [json.loads(line) for line in async_to_sync(_read)(lines).splitlines()]

    assert "Arms as the launch will assign them" in before
    assert "Ada0" in before
    assert "Hi Ada0," in after
    assert "List-Unsubscribe-Post" in after
    assert "Sender Ltd, 1 Quay Street" in after
    assert len(rows) == 6
    assert all(row["problem"] == "" and "/u/" in row["text"] for row in rows)
    assert states(campaign) == {"awaiting": 6}


async def _read(response: Any) -> bytes:
    return b"".join([block async for block in response])


@pytest.mark.slow
def test_mails_are_filtered_searched_and_paged(written: Campaign, lead: Member, as_member: AsMember) -> None:
    browser = as_member(lead)
    base = f"/campaigns/{written.slug}/mails/"
    judge(Draft.objects.order_by("queue_position")[0], lead, "reject")
    tick.advance_all()

    def count(query: str) -> int:
        return browser.get(base + query).content.decode().count('<th scope="row">')

    assert count("") == 6
    assert count("?state=awaiting") == 5
    assert count("?state=rejected&arm=Offline&step=1") == 1
    assert count("?q=Ada3") == 1
    assert count("?q=nobody") == 0
    assert count("?step=x") == 0
    assert count("?event=replied") == 0
    assert "No mail matches" in browser.get(f"{base}?q=nobody").content.decode()


@pytest.mark.slow
def test_a_mail_shows_its_reply_and_where_it_comes_from(written: Campaign, lead: Member, as_member: AsMember) -> None:
    draft = Draft.objects.order_by("queue_position")[0]
    judge(draft, lead, "accept")
    tick.advance_all()
    mail = Message.objects.get(draft=draft)
    Message.objects.filter(pk=mail.pk).update(
        state=MessageState.SENT, sent_at=timezone.now(), subject="Went out", body="Hi Ada", message_id="x@y.example"
    )
    event = Event.objects.create(
        campaign=written, enrolment=mail.enrolment, message=mail, kind=EventKind.REPLIED, source="mail", key="r",
        occurred_at=timezone.now(),
    )  # fmt: skip
    Reply.objects.create(event=event, message=mail, text="<b>Yes please</b>", meaning="interested", meant_by="rules")

    page = as_member(lead).get(f"/campaigns/{written.slug}/mails/{mail.pk}/").content.decode()

    assert "&lt;b&gt;Yes please&lt;/b&gt;" in page
    for station in (
        "Interested",
        "Accepted by",
        "task version 1",
        "Offline teacher",
        f"/tasks/outreach/review/drafts/{draft.pk}/",
    ):
        assert station in page


def test_an_unknown_verb_changes_nothing(written: Campaign, lead: Member, as_member: AsMember) -> None:
    browser = as_member(lead)

    assert browser.post(f"/campaigns/{written.slug}/act/", {"verb": "explode"}).status_code == 400
    assert states(written) == {"awaiting": 6}


@pytest.mark.slow
def test_lists_cost_the_same_however_many_mails_there_are(
    task: Task, lead: Member, as_member: AsMember, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    records = desk.make_records(desk.make_source(task), 50)
    factories.make_people(task, records * 10)
    campaign = factories.make_draft_campaign(task, by=lead)
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    browser = as_member(lead)

    for address in ("", "mails/", "mails/?q=Ada77", "mails/?state=awaiting&marks=no", "dry-run/"):
        with pace.within(2), django_assert_max_num_queries(42):
            assert browser.get(f"/campaigns/{campaign.slug}/{address}").status_code == 200
