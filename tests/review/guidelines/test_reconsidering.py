"""After a version changed what drafts are judged by: do the earlier decisions stand?"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, transaction

from members.models import Member
from review.desk.guidelines import guideline_examples as showing
from review.models import Draft, Gold, Reconsideration, Ruling, Task
from review.spec.task_spec import Check
from review.states import DraftState, RulingKind
from review.tasks import authoring, reconsideration
from review.tasks.queries import latest_version
from web.errors import Refusal

pytestmark = pytest.mark.django_db


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
