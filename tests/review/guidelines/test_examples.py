"""Judged drafts as examples of the guideline: one click a version, and texts that are never kept in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from members.models import Member
from review.desk import decisions, deck
from review.desk.guidelines import guideline_examples as showing
from review.desk.guidelines import queries
from review.erasure import erase
from review.models import Decision, Draft, Revocation, Task
from review.spec.spec_diff import changes
from review.spec.starters import outreach
from review.spec.task_spec import SYSTEM_MARK, TaskSpec
from review.tasks import authoring
from review.tasks.queries import latest_version
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_an_example_makes_the_next_version_and_shows_the_text_that_counts(
    task: Task, judged: list[Draft], admin: Member
) -> None:
    for draft in judged:
        showing.show(draft.pk, by=admin, note="So, please.")

    now = queries.current_guidelines(task)

    assert now.version == 4
    assert [example.verdict for example in now.examples] == ["accept", "accept", "reject"]
    assert "A better text." in now.examples[1].text
    assert now.examples[2].reasons == "Tone"
    assert {example.note for example in now.examples} == {"So, please."}


def test_a_task_with_a_fault_from_before_shows_examples_and_hides_them(
    task: Task, judged: list[Draft], admin: Member
) -> None:
    spec = latest_version(task).spec
    template = f"{SYSTEM_MARK} {spec.teacher_template}"
    authoring.new_version(task, spec=spec.model_copy(update={"teacher_template": template}), by=admin)

    showing.show(judged[0].pk, by=admin)
    hidden = showing.hide(task, judged[0].pk, by=admin)

    assert hidden.spec.teacher_template == template


def test_a_version_keeps_no_text_of_an_example(task: Task, judged: list[Draft], admin: Member) -> None:
    version = showing.show(judged[1].pk, by=admin)

    body = json.dumps(version.body)

    assert str(judged[1].pk) in body
    assert "A better text" not in body
    assert judged[1].record.title not in body


def test_an_erased_example_is_not_shown(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.show(judged[0].pk, by=admin)

    erase.erase_records([judged[0].record_id])

    assert queries.current_guidelines(task).examples == []


def test_an_example_whose_verdict_was_taken_back_or_revoked_is_not_shown(
    task: Task, judged: list[Draft], admin: Member, expert: Member
) -> None:
    for draft in judged[:2]:
        showing.show(draft.pk, by=admin)
    said = Decision.objects.get(draft=judged[0])
    decisions.record(
        judged[0].pk, by=expert, id=uuid4(), verdict="retract", retracts=said.pk,
        if_match=deck.etag_for(judged[0], expert),
    )  # fmt: skip
    Revocation.objects.create(draft=judged[1], by=admin, reason="wrong")

    assert queries.current_guidelines(task).examples == []


def test_showing_again_changes_the_note_in_place(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.show(judged[0].pk, by=admin, note="first")

    version = showing.show(judged[0].pk, by=admin, note="second")

    assert [example.note for example in version.spec.guideline_examples] == ["second"]
    with pytest.raises(Refusal, match="Nothing changed"):
        showing.show(judged[0].pk, by=admin, note="second")


def test_an_example_can_be_taken_away(task: Task, judged: list[Draft], admin: Member) -> None:
    showing.show(judged[0].pk, by=admin)

    showing.hide(task, judged[0].pk, by=admin)

    assert queries.current_guidelines(task).examples == []
    with pytest.raises(Http404):
        showing.hide(task, judged[0].pk, by=admin)


def test_what_nobody_judged_is_no_example(task: Task, judged: list[Draft], admin: Member) -> None:
    waiting = Draft.objects.exclude(pk__in=[draft.pk for draft in judged]).first()

    with pytest.raises(Refusal, match="Only a judged draft"):
        showing.show(waiting.pk, by=admin)


def test_twelve_examples_are_enough(task: Task, judged: list[Draft], admin: Member) -> None:
    body = latest_version(task).spec.canonical()
    full = [{"draft": str(uuid4()), "verdict": "accept"} for _ in range(12)]
    authoring.new_version(
        task, spec=TaskSpec.model_validate_json(json.dumps(body | {"guideline_examples": full})), by=admin
    )

    with pytest.raises(Refusal) as refused:
        showing.show(judged[0].pk, by=admin)

    assert refused.value.code == "too_many_examples"


def test_only_leads_choose_examples(
    task: Task, judged: list[Draft], expert: Member, make_member: Callable[..., Member]
) -> None:
    with pytest.raises(PermissionDenied):
        showing.show(judged[0].pk, by=expert)
    with pytest.raises(Http404):
        showing.show(judged[0].pk, by=make_member("sam"))


def test_the_wording_is_as_old_as_the_first_version_that_has_it(task: Task, admin: Member) -> None:
    spec = latest_version(task).spec
    authoring.new_version(task, spec=spec.model_copy(update={"guideline": "Be brief."}), by=admin)
    authoring.new_version(task, spec=spec.model_copy(update={"guideline": "Be brief.", "language": "de"}), by=admin)

    now = queries.current_guidelines(task)

    assert (now.version, now.since, now.text) == (3, 2, "Be brief.")


def test_a_task_without_examples_hashes_as_before_there_were_any() -> None:
    assert "guideline_examples" not in outreach.SPEC.canonical()


def test_examples_stand_in_the_difference_of_two_versions(task: Task, judged: list[Draft], admin: Member) -> None:
    before = latest_version(task)

    after = showing.show(judged[0].pk, by=admin)

    [change] = changes(before.spec, after.spec)
    assert (change.label, change.kind) == ("Examples of the guideline", "added")


def test_saving_the_task_form_keeps_the_examples(task: Task, judged: list[Draft], admin: Member, as_member) -> None:
    showing.show(judged[0].pk, by=admin)
    page = as_member(admin)
    form = {
        control.path: ("1" if control.value is True else control.value)
        for section in page.get(f"/tasks/{task.slug}/edit/").context["sections"]
        for control in [*section.controls, *(one for row in section.rows for one in row.controls)]
        if control.value not in (False, None)
    }

    page.post(f"/tasks/{task.slug}/edit/", {**form, "guideline": "New words.", "do": "save"})

    latest = latest_version(task)
    assert (latest.number, latest.spec.guideline) == (3, "New words.")
    assert [example.draft for example in latest.spec.guideline_examples] == [str(judged[0].pk)]


def test_reading_the_guidelines_costs_three_queries(
    task: Task, judged: list[Draft], admin: Member, django_assert_num_queries
) -> None:
    for draft in judged:
        showing.show(draft.pk, by=admin)

    with django_assert_num_queries(3):
        queries.current_guidelines(task)


def test_factories_make_other_tasks_without_guidelines(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="plain")

    assert queries.current_guidelines(task).is_empty
