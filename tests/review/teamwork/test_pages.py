"""Pages of the team's side of a desk: settings, known answers, assigned cards, comments, mentions,
verdicts sent back.
"""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from members.models import Member
from review.desk import deck
from review.desk.comments import queries as comments
from review.desk.comments import writing
from review.desk.lead_queue import dispute_etag
from review.models import Comment, DeskSettings, Draft, KnownAnswer, Mention, Ruling, Task
from tests.review import factories
from tests.review.desk.verbs import judge
from tests.review.rulings.verdicts import dispute

pytestmark = pytest.mark.django_db

SETTINGS = "/tasks/outreach/review/settings/"
FORM = {
    "act": "save", "order": "diverse", "random_percent": "20", "overlap_percent": "12.5", "overlap_reviewers": "3",
    "known_every": "40",
}  # fmt: skip


@pytest.fixture
def browser(lead: Member, as_member) -> Client:
    return as_member(lead)


@pytest.fixture
def draft(task: Task) -> Draft:
    return Draft.objects.order_by("queue_position").first()


def test_a_lead_sets_the_desk_by_a_form(task: Task, browser: Client) -> None:
    answer = browser.post(SETTINGS, FORM, follow=True)

    held = DeskSettings.objects.get()
    assert (held.order, held.random_share, held.overlap_share, held.overlap_reviewers) == ("diverse", 0.2, 0.125, 3)
    page = answer.content.decode()
    assert "Saved. It applies to cards given out from now on." in page
    assert 'value="12.5"' in page


@pytest.mark.parametrize(("name", "value"), [("random_percent", "many"), ("overlap_reviewers", "1"), ("order", "")])
def test_what_does_not_fit_is_refused_beside_the_form_and_stays_in_it(
    task: Task, browser: Client, name: str, value: str
) -> None:
    answer = browser.post(SETTINGS, {**FORM, name: value})

    assert answer.status_code == 422
    assert "Nothing was changed." in answer.content.decode()
    assert 'value="12.5"' in answer.content.decode()
    assert not DeskSettings.objects.exists()


def test_cards_are_given_and_taken_back_by_forms(task: Task, browser: Client, other: Member) -> None:
    given = browser.post(SETTINGS, {"act": "assign", "member": "olga", "count": "2"}, follow=True).content.decode()
    back = browser.post(SETTINGS, {"act": "take_back", "member": "olga"}, follow=True).content.decode()
    none = browser.post(SETTINGS, {"act": "assign", "member": "olga", "count": "x"})

    assert "2 cards wait for olga." in given
    assert "Take back" in given
    assert "2 cards of olga wait for everybody." in back
    assert none.status_code == 422


def test_a_known_answer_is_made_on_a_drafts_page_and_taken_out_on_the_settings_page(
    task: Task, browser: Client, draft: Draft
) -> None:
    page = browser.get(f"/tasks/outreach/review/drafts/{draft.pk}/").content.decode()
    made = browser.post(
        f"/tasks/outreach/review/drafts/{draft.pk}/known/",
        {"verdict": "reject", "reason": "tone", "note": "It shouts."},
        follow=True,
    ).content.decode()
    known = KnownAnswer.objects.get()
    gone = browser.post(SETTINGS, {"act": "take_out", "known": str(known.pk)}, follow=True).content.decode()

    assert "Use it as a known answer" in page
    assert "It shouts." in made
    assert "its draft is back in the queue" in gone
    assert not KnownAnswer.objects.exists()


def test_a_draft_that_waits_for_others_is_counted(task: Task, browser: Client, expert: Member, deals) -> None:
    deals(overlap_share=1.0)
    judge(deck.deal(expert, task, count=1)[0], by=expert)

    page = " ".join(browser.get(SETTINGS).content.decode().split())

    assert "1 draft waits for another reviewer." in page


def test_a_comment_is_written_on_a_drafts_page_shown_as_text_and_removed(
    task: Task, draft: Draft, expert: Member, other: Member, as_member
) -> None:
    client, path = as_member(expert), f"/tasks/outreach/review/drafts/{draft.pk}/"
    client.post(f"{path}comments/", {"id": str(uuid4()), "text": "<script>1</script> @olga"})

    page = client.get(path).content.decode()
    client.post(f"{path}comments/", {"remove": str(Comment.objects.get().pk)})

    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert '<strong class="mention">@olga</strong>' in page
    assert not Comment.objects.exists()


def test_a_comment_is_not_written_below_another_tasks_address(
    task: Task, draft: Draft, lead: Member, admin: Member, as_member
) -> None:
    other = factories.make_task(by=admin, slug="support")
    factories.join(lead, other)

    answer = as_member(lead).post(f"/tasks/support/review/drafts/{draft.pk}/comments/", {"text": "Hello"})

    assert (answer.status_code, Comment.objects.count()) == (404, 0)


def test_of_very_many_comments_a_page_shows_the_newest(
    draft: Draft, expert: Member, as_member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "SHOWN", 2)
    for text in ("Note 1", "Note 2", "Note 3"):
        writing.add(draft.pk, by=expert, id=uuid4(), text=text)

    page = as_member(expert).get(f"/tasks/outreach/review/drafts/{draft.pk}/").content.decode()

    assert re.findall(r"Note \d", page) == ["Note 2", "Note 3"]


def test_an_empty_comment_says_so(task: Task, draft: Draft, expert: Member, as_member) -> None:
    path = f"/tasks/outreach/review/drafts/{draft.pk}/comments/"

    answer = as_member(expert).post(path, {"text": " "}, follow=True)

    assert "The comment is empty." in answer.content.decode()


def test_mentions_are_counted_on_every_page_until_they_are_read(
    task: Task, draft: Draft, expert: Member, other: Member, as_member
) -> None:
    writing.add(draft.pk, by=expert, id=uuid4(), text="Look, @olga")
    client = as_member(other)

    home, listed = client.get("/").content.decode(), client.get("/mentions/").content.decode()
    after = client.post("/mentions/", follow=True).content.decode()

    assert "1<span" in home.split("mentions-link")[1]
    assert "Look, " in listed
    assert "Mark all as read" in listed
    assert "mentions-link" not in after
    assert Mention.objects.get().read_at is not None


def test_a_lead_sends_a_verdict_back_from_the_page_of_the_dispute(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    path, page = "/tasks/outreach/review/disputed/", ""
    page = browser.get(path).content.decode()
    form = {"draft": str(first.draft_id), "tag": dispute_etag(first.draft_id), "send_back": str(second.pk)}

    silent = browser.post(path, {**form, "comment": ""})
    answer = browser.post(path, {**form, "comment": "The claim is not in the offer."}, follow=True)

    assert "First reviewer" in page
    assert re.search(r"<details class=\"who\">.*?rob", page, re.DOTALL)
    assert "Changes from the draft" in page
    assert silent.status_code == 422
    assert "the card comes to its author first" in answer.content.decode()
    assert Ruling.objects.filter(kind="send_back", decision=second).count() == 1


def test_a_page_of_another_task_knows_no_such_draft(task: Task, lead: Member, admin: Member, as_member) -> None:
    from tests.review import factories

    elsewhere = factories.make_desk(by=admin, count=1, slug="elsewhere").drafts.get()

    for part in ("known", "comments"):
        answer = as_member(lead).post(f"/tasks/outreach/review/drafts/{elsewhere.pk}/{part}/", {"text": "x"})
        assert answer.status_code == 404
