"""The page of the guidelines, the examples beside a card, and the question a changed version asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from members.models import Member
from review.desk.guidelines import guideline_examples as showing
from review.models import Draft, Reconsideration, Task
from review.states import DraftState
from review.tasks import authoring
from review.tasks.queries import latest_version
from tests.review import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/tasks/outreach/review/guidelines/"


@pytest.fixture
def changed(task: Task, judged: list[Draft], admin: Member) -> Task:
    spec = latest_version(task).spec
    authoring.new_version(task, spec=spec.model_copy(update={"guideline": "Never more than 60 words."}), by=admin)
    return task


def test_reviewers_read_and_leads_choose(
    as_member: Callable[[Member], Client], task: Task, judged: list[Draft], admin: Member, expert: Member
) -> None:
    showing.show(judged[1].pk, by=admin, note="Short and to the point")

    read, led = (as_member(member).get(ADDRESS).content.decode() for member in (expert, admin))

    assert "A better text." in read
    assert "Short and to the point" in read
    assert "Remove" not in read
    assert "Remove" in led
    assert "Recently judged" in led


def test_one_click_on_a_judged_draft_shows_it_and_another_takes_it_away(
    as_member: Callable[[Member], Client], task: Task, judged: list[Draft], admin: Member
) -> None:
    page = as_member(admin)
    address = f"/tasks/outreach/review/drafts/{judged[2].pk}/"
    assert "Show as a rejected example" in page.get(address).content.decode()

    answer = page.post(f"{ADDRESS}{judged[2].pk}/", {"next": address})

    assert answer["Location"] == address
    assert latest_version(task).spec.guideline_examples[0].verdict == "reject"
    page.post(f"{ADDRESS}{judged[2].pk}/", {"do": "hide"})
    assert latest_version(task).spec.guideline_examples == ()


def test_a_foreign_address_to_go_back_to_is_not_followed(
    as_member: Callable[[Member], Client], judged: list[Draft], admin: Member
) -> None:
    answer = as_member(admin).post(f"{ADDRESS}{judged[0].pk}/", {"next": "https://evil.example/"})

    assert answer["Location"] == ADDRESS


def test_beside_a_card_of_an_older_version_stands_the_wording_in_force(
    as_member: Callable[[Member], Client], changed: Task, judged: list[Draft], admin: Member, expert: Member
) -> None:
    showing.show(judged[1].pk, by=admin, note="Like this")

    html = as_member(expert).get("/tasks/outreach/review/").content.decode()

    card = html[html.index("<article") : html.index("</article>")]
    assert "Never more than 60 words." in card
    assert "Accepted: <bdi>Like this</bdi>" in card
    assert "A better text." in card
    assert "data-guideline-changed >" in card.replace("\n", ""), "the line says that it changed"


def test_beside_a_card_of_the_same_wording_nothing_says_that_it_changed(
    as_member: Callable[[Member], Client], changed: Task, expert: Member
) -> None:
    Draft.objects.filter(state=DraftState.PENDING).update(state=DraftState.KEPT)
    factories.make_drafts(changed, factories.make_records(factories.make_source(changed), 1))

    html = as_member(expert).get("/tasks/outreach/review/").content.decode()

    card = html[html.index("<article") : html.index("</article>")]
    assert "data-guideline-changed hidden" in card


def test_the_task_page_asks_its_lead_alone(
    as_member: Callable[[Member], Client], changed: Task, admin: Member, expert: Member
) -> None:
    question = "Do the 3 earlier decisions still hold?"

    assert question in as_member(admin).get("/tasks/outreach/").content.decode()
    assert question not in as_member(expert).get("/tasks/outreach/").content.decode()


def test_they_stand_by_one_click(as_member: Callable[[Member], Client], changed: Task, admin: Member) -> None:
    page = as_member(admin)

    html = page.post(ADDRESS, {"version": "2", "kind": "stand"}, follow=True).content.decode()

    assert "The 3 earlier decisions remain in force." in html
    assert "v2: They still hold" in html
    assert "Do the 3" not in html


def test_asking_again_is_previewed(as_member: Callable[[Member], Client], changed: Task, admin: Member) -> None:
    page = as_member(admin)

    preview = page.get(f"{ADDRESS}?kind=reasons&reason=tone").content.decode()
    none = page.get(f"{ADDRESS}?kind=marked").content.decode()
    assert "Have 1 judged again" in preview
    assert "newly mark: none" in none
    assert not Reconsideration.objects.exists()

    html = page.post(ADDRESS, {"version": "2", "kind": "reasons", "reason": ["tone"]}, follow=True).content.decode()
    assert "1 draft waits in the queue" in html


def test_an_answer_that_came_too_late_is_said(
    as_member: Callable[[Member], Client], changed: Task, admin: Member
) -> None:
    page = as_member(admin)
    page.post(ADDRESS, {"version": "2", "kind": "stand"})

    answer = page.post(ADDRESS, {"version": "2", "kind": "accepted"})

    assert answer.status_code == 409
    assert "answered already" in answer.content.decode()
