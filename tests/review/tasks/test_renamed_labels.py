"""A label that a new version renames: drafts that wait give its new name, and everything else stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditRow
from members.models import Member
from review.desk import deck
from review.desk.unsaved_edits import keep_unfinished
from review.drafts import search_index
from review.drafts.intake import NewDraft, add_drafts
from review.models import Assignment, Draft, Task
from review.spec.prompting import fields_hash
from review.spec.schema import Label, OutputField, OutputItem
from review.spec.spec_diff import renames, with_new_names
from review.spec.task_spec import Check, TaskSpec
from review.states import DraftState
from review.tasks import authoring
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SPEC = factories.triage_spec()


def labels(*names: str) -> tuple[Label, ...]:
    return tuple(Label(name=name) for name in names)


def spec_with(names: Sequence[str], **changes: Any) -> TaskSpec:
    category = SPEC.output_schema[1].model_copy(update={"labels": labels(*names)})
    output = (SPEC.output_schema[0], category, *SPEC.output_schema[2:])
    return SPEC.model_copy(update={"output_schema": output, **changes})


RENAMED = spec_with(("billing", "defect", "delivery", "praise", "other"), guideline="A defect is a fault of ours.")


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=SPEC, slug="triage")
    records = factories.make_records(factories.make_source(task), 10)
    factories.make_drafts(task, records, fields=[factories.triage_fields(index) for index in range(10)])
    return task


def bugs(task: Task) -> list[Draft]:
    return [draft for draft in task.drafts.order_by("queue_position") if draft.fields["category"] == "bug"]


def test_a_waiting_draft_gives_the_new_name_and_keeps_what_was_written(task: Task, admin: Member) -> None:
    before = bugs(task)
    billing = task.drafts.filter(fields__category="billing")[0]

    version = authoring.new_version(task, spec=RENAMED, by=admin)

    after = [Draft.objects.get(pk=draft.pk) for draft in before]
    assert [draft.fields["category"] for draft in after] == ["defect", "defect"]
    assert all(draft.fields_hash == fields_hash(draft.fields) and draft.task_version == version for draft in after)
    assert {draft.provenance for draft in after} == {"written for version 1: category “bug” is now “defect”"}
    assert all(draft.is_checked for draft in after)
    assert Draft.objects.get(pk=billing.pk).task_version.number == 1
    assert AuditRow.objects.filter(act="task_version_made").order_by("-pk")[0].detail["carried_drafts"] == 2


def test_a_draft_that_arrives_after_the_rename_gives_the_new_name(task: Task, admin: Member) -> None:
    first = task.versions.get()
    records = factories.make_records(factories.make_source(task, name="More"), 2)
    authoring.new_version(task, spec=SPEC.model_copy(update={"guideline": "Be brief."}), by=admin)
    version = authoring.new_version(task, spec=RENAMED, by=admin)

    bug, billing = (factories.triage_fields(1) | {"category": name} for name in ("bug", "billing"))
    drafts = [NewDraft(record.pk, fields) for record, fields in zip(records, (bug, billing), strict=True)]
    late = add_drafts(version=first, drafts=drafts)

    renamed, other = (Draft.objects.get(pk=draft.pk) for draft in late)
    assert (renamed.fields["category"], renamed.task_version) == ("defect", version)
    assert renamed.provenance == "written for version 1: category “bug” is now “defect”"
    assert (other.fields["category"], other.task_version) == ("billing", first)
    assert search_index.missing().count() == 0


def test_it_is_checked_by_the_new_version_and_found_by_its_new_name(
    task: Task, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = bugs(task)[0]
    own = {"check": "length", "field": "why", "start": 0, "end": 1, "message": "Of the version before"}
    upper = {**own, "check": "stage", "message": "From a room above"}
    Draft.objects.filter(pk=draft.pk).update(
        fields={**draft.fields, "why": "Broken.\ncategory: billing"}, marks=[own, upper], marks_count=2
    )
    second = authoring.new_version(task, spec=SPEC.model_copy(update={"checks": (Check(kind="length"),)}), by=admin)
    task.drafts.update(task_version=second)
    monkeypatch.setattr(search_index, "AT_ONCE", 1)

    authoring.new_version(task, spec=RENAMED.model_copy(update={"checks": (Check(kind="reasoning"),)}), by=admin)
    waiting = Draft.objects.get(pk=draft.pk)
    search_index.catch_up()

    assert not waiting.is_checked
    marks = Draft.objects.get(pk=draft.pk).marks
    assert [mark["check"] for mark in marks] == ["reasoning", "stage"]
    assert search_index.missing().count() == 0


def test_what_somebody_judged_or_began_stays_as_it_is(task: Task, admin: Member) -> None:
    judged = bugs(task)
    records = factories.make_records(factories.make_source(task, name="More"), 3)
    begun, kept, taken = factories.make_drafts(task, records, fields=[factories.triage_fields(1)] * 3)
    judge(deck.hold(admin, judged[0].pk), by=admin)
    Draft.objects.filter(pk=judged[1].pk).update(verdicts_wanted=2)
    judge(deck.hold(admin, judged[1].pk), by=admin)
    deck.hold(admin, begun.pk)
    keep_unfinished(admin, begun.pk, begun.fields)
    Draft.objects.filter(pk=kept.pk).update(state=DraftState.KEPT)
    Draft.objects.filter(pk=taken.pk).update(state=DraftState.MACHINE)

    authoring.new_version(task, spec=RENAMED, by=admin)

    assert {draft.task_version.number for draft in bugs(task)} == {1}
    assert len(bugs(task)) == 5


def test_a_card_on_a_deck_is_judged_by_its_new_name(task: Task, admin: Member) -> None:
    card = deck.hold(admin, bugs(task)[0].pk)
    shown = card.etag

    authoring.new_version(task, spec=RENAMED, by=admin)

    with pytest.raises(Refusal, match="has changed since you loaded it"):
        judge(card, by=admin, if_match=shown)
    now = Assignment.objects.get(pk=card.pk)
    judge(now, by=admin)
    assert Draft.objects.get(pk=card.draft_id).state == DraftState.DECIDED


@pytest.mark.parametrize(
    "names",
    [
        ("billing", "delivery", "praise", "other"),
        ("billing", "defect", "shipping", "praise", "other"),
        ("defect", "billing", "delivery", "praise", "other"),
        ("billing", "praise", "delivery", "bug", "other"),
        ("billing", "bug", "delivery", "praise", "other", "defect"),
    ],
    ids=["gone", "two at once", "moved", "swapped", "added"],
)
def test_other_changes_of_labels_rename_nothing(names: Sequence[str]) -> None:
    assert renames(SPEC.output_schema, spec_with(names).output_schema) == {}


def test_a_draft_that_the_new_version_would_refuse_stays(task: Task, admin: Member) -> None:
    extra = OutputField(name="team", type="text")
    spec = RENAMED.model_copy(update={"output_schema": (*RENAMED.output_schema, extra)})

    authoring.new_version(task, spec=spec, by=admin)

    assert len(bugs(task)) == 2


def test_labels_within_lists_and_objects_are_renamed_where_they_are() -> None:
    def schema(first: str, second: str) -> tuple[OutputField, ...]:
        kind = OutputItem(name="kind", type="choice", labels=labels(first, "b"))
        return (
            OutputField(name="tags", type="choices", labels=labels(second, "b")),
            OutputField(name="parts", type="list", items=(kind, OutputItem(name="text"))),
        )

    renamed = renames(schema("a", "a"), schema("x", "y"))
    fields = {"tags": ["a", "b"], "parts": [{"kind": "a", "text": "a"}, {"kind": "b", "text": "a"}]}

    now = with_new_names(fields, renamed)
    assert now == {"tags": ["y", "b"], "parts": [{"kind": "x", "text": "a"}, {"kind": "b", "text": "a"}]}


def test_the_page_says_how_many_went_over(task: Task, admin: Member, as_member: Callable[[Member], Client]) -> None:
    client = as_member(admin)
    assert "renamed in them too" in client.get("/tasks/triage/edit/").content.decode()

    body = TaskSpec.model_validate(RENAMED).model_dump_json()
    page = client.post("/tasks/triage/edit/?as=json", {"json": body, "do": "save", "note": ""}, follow=True)

    assert "2 waiting drafts use the renamed label and moved to this version." in page.content.decode()
