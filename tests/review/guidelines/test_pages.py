"""The page of the guidelines, the examples beside a card, and the question a changed version asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, transaction
from django.test import Client

from members.models import Member
from review.desk.guidelines import guideline_examples as showing
from review.models import Draft, Gold, Reconsideration, Ruling, Task
from review.spec.task_spec import Check
from review.states import DraftState, RulingKind
from review.tasks import authoring, reconsideration
from review.tasks.queries import latest_version
from tests.review import factories
from web.errors import Refusal

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


def change(task: Task, *, by: Member, **parts: Any) -> int:
    spec = latest_version(task).spec
    return authoring.new_version(task, spec=spec.model_copy(update=parts), by=by).number


def waiting(drafts: list[Draft]) -> list[bool]:
    found = Draft.objects.in_bulk([draft.pk for draft in drafts])
    return [found[draft.pk].state == DraftState.PENDING for draft in drafts]


def test_a_new_guideline_asks_about_the_decisions_before_it(task: Task, judged: list[Draft], admin: Member) -> None:
    assert reconsideration.open_question(task) is None

    change(task, by=admin, guideline="Never write more than 60 words.")

    about = reconsideration.open_question(task)
    assert about is not None
    assert (about.earlier, about.changed, about.version.number) == (3, ["guideline"], 2)


def test_examples_and_templates_ask_nothing(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.show(judged[0].pk, by=admin)
    change(task, by=admin, student_template="{{facts}}")

    assert reconsideration.open_question(task) is None


def test_before_any_decision_nothing_is_asked(task: Task, admin: Member) -> None:
    change(task, by=admin, guideline="Be brief.")

    assert reconsideration.open_question(task) is None


def test_they_stand_is_kept_with_who_said_so(task: Task, judged: list[Draft], admin: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")

    kept = showing.answer(task, by=admin, version=number)

    assert (kept.kind, kept.earlier, kept.asked_again, kept.by) == ("stand", 3, 0, admin)
    assert reconsideration.open_question(task) is None
    assert waiting(judged) == [False] * 3


def test_the_next_change_asks_again(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.answer(task, by=admin, version=change(task, by=admin, guideline="Be brief."))

    change(task, by=admin, reasons=())

    about = reconsideration.open_question(task)
    assert about is not None
    assert about.changed == ["reasons for rejection"]


def test_accepted_ones_go_back_to_the_desk_and_count_meanwhile(task: Task, judged: list[Draft], admin: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")

    kept = showing.answer(task, by=admin, version=number, kind="accepted")

    assert kept.asked_again == 2
    assert waiting(judged) == [True, True, False]
    assert Gold.objects.count() == 3


def test_those_rejected_for_a_reason(task: Task, judged: list[Draft], admin: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")

    assert (
        list(
            reconsideration.drafts_to_ask_again(
                reconsideration.open_question(task), kind="reasons", reasons=["too_long"]
            )
        )
        == []
    )
    kept = showing.answer(task, by=admin, version=number, kind="reasons", reasons=["tone"])

    assert (kept.asked_again, kept.reasons) == (1, ["tone"])
    assert waiting(judged) == [False, False, True]


def test_those_a_changed_check_marks_now(task: Task, judged: list[Draft], admin: Member) -> None:
    spec = latest_version(task).spec
    fields = tuple(
        field.model_copy(update={"min_words": None, "max_words": 20}) if field.name == "body" else field
        for field in spec.output_schema
    )
    number = change(task, by=admin, output_schema=fields, checks=(Check(kind="length"),))

    kept = showing.answer(task, by=admin, version=number, kind="marked")

    # The edited text is short enough; the accepted one is not.
    assert kept.asked_again == 1
    assert waiting(judged) == [True, False, False]


def test_what_a_lead_ruled_on_stays(task: Task, judged: list[Draft], admin: Member) -> None:
    gold = Gold.objects.get(draft=judged[0])
    Ruling.objects.create(draft=judged[0], kind=RulingKind.SETTLE, decision=gold.decision, lead=admin)
    number = change(task, by=admin, guideline="Be brief.")

    kept = showing.answer(task, by=admin, version=number, kind="accepted")

    assert kept.asked_again == 1
    assert waiting(judged) == [False, True, False]


def test_an_answer_to_an_older_version_is_refused(task: Task, judged: list[Draft], admin: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")
    change(task, by=admin, guideline="Be briefer.")

    with pytest.raises(Refusal) as refused:
        showing.answer(task, by=admin, version=number)

    assert refused.value.status == 409


def test_answering_twice_is_told(task: Task, judged: list[Draft], admin: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")
    showing.answer(task, by=admin, version=number)

    with pytest.raises(Refusal, match="answered already"):
        showing.answer(task, by=admin, version=number)


@pytest.mark.parametrize(("kind", "code"), [("perhaps", "unknown_answer"), ("reasons", "no_reasons")])
def test_answers_that_are_none(task: Task, judged: list[Draft], admin: Member, kind: str, code: str) -> None:
    number = change(task, by=admin, guideline="Be brief.")

    with pytest.raises(Refusal) as refused:
        showing.answer(task, by=admin, version=number, kind=kind)

    assert refused.value.code == code


def test_only_leads_answer(task: Task, judged: list[Draft], admin: Member, expert: Member) -> None:
    number = change(task, by=admin, guideline="Be brief.")

    with pytest.raises(PermissionDenied):
        showing.answer(task, by=expert, version=number)


def test_an_answer_never_changes(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.answer(task, by=admin, version=change(task, by=admin, guideline="Be brief."))

    with pytest.raises(Error, match="never changes"), transaction.atomic():
        Reconsideration.objects.update(kind="accepted")
