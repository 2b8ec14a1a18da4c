from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from campaigns.models import Campaign, Contact, Message
from campaigns.sending import lifecycle, tick
from generation.models import Order
from members.models import Member
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.desk import deck as desk_deck
from review.desk.revisions import revision_requests
from review.drafts.intake import NewDraft
from review.models import Assignment, Draft, Record, RevisionRequest, Task
from review.states import Role
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, judge
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


@pytest.fixture
def waiting(campaign: Campaign, lead: Member) -> Campaign:
    """A campaign whose six drafts wait on the desk."""
    begun = lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    return begun


@pytest.fixture
def reviewer(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("rea")
    desk.join(member, task, Role.REVIEWER)
    return member


def test_mails_of_recalled_drafts_wait_for_the_recalls_undo(campaign: Campaign, task: Task, lead: Member) -> None:
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    chosen = Criteria.read({"order": str(Order.objects.get().pk)})
    tag = preview.preview(task, chosen, by=lead).tag
    taken = recall.carry_out(task, chosen, by=lead, id=uuid4(), reason="Broken.", tag=tag)

    tick.advance_all()
    tick.advance_all()
    kept = set(Message.objects.values_list("state", "draft__state"))
    recall.undo(taken.pk, by=lead)
    tick.advance_all()

    assert kept == {("written", "kept")}
    assert set(Message.objects.values_list("state", "draft__state")) == {("awaiting", "pending")}


@pytest.mark.slow
def test_a_lead_reads_whom_a_draft_goes_to(waiting: Campaign, task: Task, lead: Member, as_member: AsMember) -> None:
    page = as_member(lead).get(f"/tasks/{task.slug}/review/").content.decode()

    # A tenth of the drafts is drawn by chance, and may come before the first of the queue.
    shown = re.search(r'data-card="([0-9a-f-]{36})"', page)
    assert shown is not None
    first = Message.objects.get(draft=shown[1]).contact
    said = f"This goes to {first.name} at {first.company} when you accept it: mail 1 of the campaign Spring."
    assert said in page


@pytest.mark.slow
def test_a_reviewer_reads_how_many_and_where_and_no_name(
    waiting: Campaign, task: Task, reviewer: Member, as_member: AsMember
) -> None:
    page = as_member(reviewer).get(f"/tasks/{task.slug}/review/").content.decode()

    assert "This goes to 1 person at" in page
    assert not any(contact.first_name in page or contact.address in page for contact in Contact.objects.all())


@pytest.mark.slow
def test_people_who_share_a_draft_are_counted_and_a_held_campaign_says_so(
    task: Task, records: list[Record], lead: Member, api_as: Callable[..., APIClient]
) -> None:
    factories.make_people(task, records[:1])
    factories.make_people(task, records[:1], start=50)
    begun = lifecycle.launch(factories.make_draft_campaign(task, by=lead), by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    [card] = api_as(lead).get(f"/api/v1/desk/{task.slug}/deck/").data["cards"]

    assert begun.is_held
    assert " and 1 more once you accept it and the campaign is let go" in card["goes_to"]


@pytest.mark.slow
def test_ordinary_cards_cost_no_statement_more_and_campaign_cards_one(
    waiting: Campaign, task: Task, records: list[Record], lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/review/"
    browser.get(url)

    with CaptureQueriesContext(connection) as ordered:
        browser.get(url)
    Draft.objects.update(origin="teacher")
    with CaptureQueriesContext(connection) as ordinary:
        page = browser.get(url).content.decode()

    asked = [query["sql"] for query in ordered if "campaigns_message" in query["sql"]]
    assert len(asked) == 1
    assert not any("campaigns_" in query["sql"] for query in ordinary)
    assert "This goes to" not in page


@pytest.mark.slow
def test_a_follow_up_shows_what_was_sent_before(
    waiting: Campaign, task: Task, lead: Member, as_member: AsMember
) -> None:
    Draft.objects.update(thread=[{"subject": "First words", "body": "Hi {{contact.first_name}}, <b>a question</b>."}])

    page = as_member(lead).get(f"/tasks/{task.slug}/review/").content.decode()

    assert "Sent before, and not answered" in page
    assert "Mail 1: <bdi>First words</bdi>" in page
    assert "&lt;b&gt;a question" in page


@pytest.fixture
def others(waiting: Campaign, task: Task) -> list[Draft]:
    """Ordinary drafts that wait before those of the campaign."""
    drafts = desk.make_drafts(task, desk.make_records(desk.make_source(task), 8))
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).update(queue_position=0)
    return drafts


def origins(deck: list[dict[str, str]]) -> set[str]:
    return set(Draft.objects.filter(pk__in=[card["id"] for card in deck]).values_list("origin", flat=True))


@pytest.mark.slow
def test_a_desk_that_keeps_to_a_campaign_deals_no_others_to_the_last_card(
    waiting: Campaign, others: list[Draft], task: Task, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    api, only = api_as(lead, scopes=("lead", "review")), "only=campaign:spring"
    api.get(f"/api/v1/desk/{task.slug}/deck/")  # five others are in the deck already

    deck = api.get(f"/api/v1/desk/{task.slug}/deck/?{only}").data["cards"]
    judged = 0
    assert len(deck) == 5
    while deck:
        card = deck.pop(0)
        said = api.post(
            f"/api/v1/drafts/{card['id']}/decisions/?{only}", {"id": str(uuid4()), "verdict": "accept"},
            format="json", headers={"If-Match": card["etag"]},
        )  # fmt: skip
        assert said.status_code == 201, said.data
        assert origins(said.data["next"]) <= {"campaign"}
        deck, judged = deck + list(said.data["next"]), judged + 1

    assert judged == 6
    assert origins(api.get(f"/api/v1/desk/{task.slug}/deck/").data["cards"]) == {"teacher"}


@pytest.mark.slow
def test_a_card_taken_back_on_a_campaigns_desk_comes_back_and_a_repeated_answer_brings_no_other(
    waiting: Campaign, others: list[Draft], task: Task, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    api, only = api_as(lead, scopes=("lead", "review")), "only=campaign:spring"
    api.get(f"/api/v1/desk/{task.slug}/deck/")  # five others are in the deck already
    card = api.get(f"/api/v1/desk/{task.slug}/deck/?{only}").data["cards"][0]

    def say(**body: str) -> list[dict[str, str]]:
        url, etag = f"/api/v1/drafts/{card['id']}/decisions/?{only}", {"If-Match": card["etag"]}
        answer: list[dict[str, str]] = api.post(url, body, format="json", headers=etag).data["next"]
        return answer

    first = str(uuid4())
    say(id=first, verdict="accept")
    again = say(id=first, verdict="accept")
    back = say(id=str(uuid4()), verdict="retract", retracts=first)

    assert origins(again) == {"campaign"}
    assert len(again) == 5
    assert [each["id"] for each in back] == [card["id"]]


@pytest.mark.slow
def test_setting_aside_keeps_to_the_campaign_too(
    waiting: Campaign, others: list[Draft], task: Task, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    api, only = api_as(lead, scopes=("lead", "review")), "only=campaign:spring"
    [first, *_] = api.get(f"/api/v1/desk/{task.slug}/deck/?{only}").data["cards"]

    aside = api.post(f"/api/v1/drafts/{first['id']}/set-aside/?{only}", {}, format="json")

    assert origins(aside.data["cards"]) == {"campaign"}
    assert first["id"] not in {card["id"] for card in aside.data["cards"]}


@pytest.mark.slow
def test_the_page_keeps_to_the_campaign_without_scripts_and_ends_with_the_way_back(
    waiting: Campaign, others: list[Draft], task: Task, lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/review/?only=campaign%3Aspring"

    page = browser.get(url)
    card = page.context["cards"][0]
    went = browser.post(
        url, {"draft": card.id, "etag": card.etag, "id": str(uuid4()), "verdict": "accept"}, follow=False
    )
    Message.objects.update(state="sent")
    done = browser.get(url).content.decode()

    assert 'data-only="campaign:spring"' in page.content.decode()
    assert "Only drafts of" in page.content.decode()
    assert {Draft.objects.get(pk=card.id).origin for card in page.context["cards"]} == {"campaign"}
    assert went["Location"] == url
    assert "No further draft of the campaign Spring waits for you" in done


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("key", ["campaign:none", "campaign:", "else", "campaign:other"])
def test_a_part_that_is_not_of_this_task_is_not_there(
    waiting: Campaign, task: Task, admin: Member, lead: Member, api_as: Callable[..., APIClient], key: str
) -> None:
    factories.make_plain_campaign(desk.make_task(by=admin, slug="other"), slug="other")

    assert api_as(lead).get(f"/api/v1/desk/{task.slug}/deck/?only={key}").status_code == 404


@pytest.mark.slow
def test_a_verdict_deals_no_cards_of_a_campaign_one_may_only_look_at(
    waiting: Campaign, admin: Member, viewer: Member, api_as: Callable[..., APIClient]
) -> None:
    elsewhere = desk.make_task(by=admin, slug="other")
    desk.join(viewer, elsewhere, Role.REVIEWER)
    [draft] = desk.make_drafts(elsewhere, desk.make_records(desk.make_source(elsewhere), 1))
    card = desk_deck.hold(viewer, draft.pk)

    said = api_as(viewer, scopes=("review",)).post(
        f"/api/v1/drafts/{draft.pk}/decisions/?only=campaign:spring", {"id": str(uuid4()), "verdict": "accept"},
        format="json", headers={"If-Match": card.etag},
    )  # fmt: skip

    assert said.status_code == 404
    assert not Assignment.objects.filter(reviewer=viewer, task=waiting.task).exists()


@pytest.mark.slow
def test_a_draft_that_is_written_again_on_the_desk_takes_its_mail_along(
    waiting: Campaign, task: Task, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    mail = Message.objects.order_by("id")[0]
    assert mail.draft is not None
    desk_deck.set_aside(desk_deck.hold(lead, mail.draft.pk).draft_id, by=lead)
    Draft.objects.filter(pk=mail.draft.pk).update(for_reviewer=lead)
    asked = RevisionRequest.objects.create(draft=mail.draft, asked_by=lead, instruction="Shorter", job_id=uuid4())
    words = {"subject": "Shorter", "body": "Hi {{contact.first_name}}, shall we talk?"}
    draft = NewDraft(record_id=mail.draft.record_id, fields=words, call_id=uuid4().hex)

    revision = revision_requests.receive(asked.job_id, draft, version=mail.draft.task_version)
    tick.advance_all()
    assert revision is not None
    deck = api_as(lead).get(f"/api/v1/desk/{task.slug}/deck/?only=campaign:spring").data["cards"]
    judge(revision, lead, "accept")
    tick.advance_all()

    mail.refresh_from_db()
    assert deck[0]["id"] == str(revision.pk)
    assert deck[0]["goes_to"].startswith(f"This goes to {mail.contact.name}")
    assert (mail.draft_id, mail.state) == (revision.pk, "approved")
