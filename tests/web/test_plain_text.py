"""Text that a database cannot hold is refused at the door, with the field that holds it, on either database alike."""

from __future__ import annotations

import pytest
from django.test import Client

from members.models import Member
from review.desk import deck
from review.models import Assignment, Comment, Membership, Task
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=2)


@pytest.fixture
def browser(task: Task, admin: Member, as_member) -> Client:
    return as_member(admin)


def post(browser: Client, url: str, body: str, method: str = "POST"):
    return browser.generic(method, url, body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (r'{"fields": {"body": "a\u0000b"}}', {"fields.body": "There is a zero byte (U+0000) in it"}),
        (r'{"fields": {"body": "\ud83d"}}', {"fields.body": "There is half a character (U+D83D) in it"}),
        (r'{"fields": {"\udead": "x"}}', {"fields": "There is half a character (U+DEAD) in it"}),
        (r'{"fields": {"body": ["x", "\u0000"]}}', {"fields.body[1]": "There is a zero byte"}),
    ],
)
def test_a_program_is_told_which_text_cannot_be_stored(
    browser: Client, task: Task, admin: Member, body: str, errors: dict[str, str]
) -> None:
    (card,) = deck.deal(admin, task, count=1)

    answer = post(browser, f"/api/v1/drafts/{card.draft_id}/unfinished/", body, "PUT")

    assert answer.status_code == 400
    said = answer.json()["errors"]
    assert set(said) == set(errors)
    assert all(said[name][0].startswith(words) for name, words in errors.items())
    assert not Assignment.objects.filter(unfinished__isnull=False).exists()


def test_whole_characters_beyond_the_first_plane_pass(browser: Client, task: Task, admin: Member) -> None:
    (card,) = deck.deal(admin, task, count=1)
    body = r'{"fields": {"subject": "A \ud83d\ude80", "body": "B \\u0000"}}'

    answer = post(browser, f"/api/v1/drafts/{card.draft_id}/unfinished/", body, "PUT")

    assert answer.status_code == 200
    assert Assignment.objects.get().unfinished == {"subject": "A \U0001f680", "body": "B \\u0000"}


@pytest.mark.parametrize(
    "address",
    [
        "/tasks/outreach/review/list/?state=%00",
        "/tasks/outreach/review/decisions/?q=a%00b",
        "/?x%00=1",
        "/settings/tokens/a%00b/revoke/",
        "/join/a%00b/",
    ],
)
def test_an_address_with_a_zero_byte_is_told_so(browser: Client, address: str) -> None:
    answer = browser.get(address)

    assert answer.status_code == 400
    assert "There is a zero byte" in answer.content.decode()


def test_a_programs_address_with_a_zero_byte_is_a_problem(browser: Client) -> None:
    answer = browser.get("/api/v1/drafts/?reviewer=%00")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert "zero byte" in answer.json()["errors"]["reviewer"][0]
    assert browser.delete("/api/v1/tokens/a%00b/").json()["errors"]["address"]


def test_a_form_with_a_zero_byte_changes_nothing(browser: Client, task: Task) -> None:
    answer = browser.post("/tasks/outreach/team/", {"member": "a\x00", "role": "viewer"})

    assert answer.status_code == 400
    assert "<strong>member</strong>" in answer.content.decode()
    assert Membership.objects.count() == 1
    assert not Comment.objects.exists()


@pytest.mark.slow
def test_a_way_back_that_is_no_path_leads_to_the_guidelines(browser: Client, task: Task, admin: Member) -> None:
    (card,) = deck.deal(admin, task, count=1)
    judge(card, by=admin)

    answer = browser.post(f"/tasks/outreach/review/guidelines/{card.draft_id}/", {"next": "99"})

    assert (answer.status_code, answer["Location"]) == (302, "/tasks/outreach/review/guidelines/")
