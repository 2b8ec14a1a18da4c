"""Each filter drops what it says and counts it; caps keep what they say; filters of old still parse."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from members.models import Member
from review.adjudication import rulings
from review.datasets import dataset_filters, filtering, freezing
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.filtering import CapKey
from review.desk import golds
from review.desk import lead_queue as said
from review.models import BulkAct, Dataset, DatasetVersion, Decision, Draft, Record, Task
from review.states import Role
from tests.review import factories
from tests.review.datasets import golds as judged
from web.errors import Refusal


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    judged.make_drafts(task, judged.make_records(task, 12))
    return task


def dropped(task: Task, **filters: Any) -> dict[str, int]:
    """What is dropped by which filter; all verdicts unless said otherwise."""
    chosen = DatasetFilters.model_validate({"verdicts": ["accept", "edit", "reject"], **filters})
    return {line.name: line.dropped for line in freezing.select(task, chosen).lines() if line.dropped}


def write(draft: Draft, by: Member, **values: Any) -> Decision:
    """A decision with columns that the desk would fill, and its gold."""
    given = {"verdict": "accept", "before_hash": draft.fields_hash, "body_hash": "0" * 64, **values}
    decision = Decision.objects.create(id=uuid4(), draft=draft, task_id=draft.task_id, reviewer=by, **given)
    Draft.objects.filter(pk=draft.pk).update(state="decided")
    golds.refresh(draft.pk)
    return decision


def drafts(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task).order_by("queue_position"))


@pytest.mark.django_db
def test_edits_are_bounded_by_their_size_and_accepts_stay(task: Task, admin: Member) -> None:
    some = drafts(task)
    for draft, size in zip(some, (0.05, 0.5, None), strict=False):
        edited = {**draft.fields, "subject": "Else"}
        write(draft, admin, verdict="edit", fields=edited, edit_size=size)
    write(some[3], admin)

    assert dropped(task, edit_size_from=0.1) == {"edit_size": 2}
    assert dropped(task, edit_size_to=0.1) == {"edit_size": 2}
    assert dropped(task, edit_size_from=0.0, edit_size_to=1.0) == {"edit_size": 1}


@pytest.mark.django_db
def test_agreement_asks_for_a_second_expert_or_for_a_ruling(task: Task, admin: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    alone = judged.decide(admin, task)
    twice = judged.decide(admin, task)
    rulings.ask_again(twice.draft_id, by=admin, if_match=said.dispute_etag(twice.draft_id))
    judged.decide(reviewer, task)
    settled = judged.decide(admin, task)
    rulings.ask_again(settled.draft_id, by=admin, if_match=said.dispute_etag(settled.draft_id))
    judged.decide(reviewer, task, "reject")
    rulings.settle(settled.draft_id, by=admin, if_match=said.dispute_etag(settled.draft_id), decision=settled.pk)

    def kept(agreement: str) -> set[Any]:
        chosen = DatasetFilters.model_validate({"agreement": agreement})
        return {row.draft for row in freezing.select(task, chosen).rows}

    assert kept("any") == {alone.draft_id, twice.draft_id, settled.draft_id}
    assert kept("unanimous") == {twice.draft_id}
    assert kept("settled") == {settled.draft_id}


@pytest.mark.django_db
def test_accepts_in_bulk_are_left_out_unless_they_are_wanted(task: Task, admin: Member) -> None:
    act = BulkAct.objects.create(task=task, by=admin, verdict="accept", body_hash="0" * 64)
    some = drafts(task)
    write(some[0], admin, bulk=act)
    write(some[1], admin, bulk=act, verdict="reject")
    write(some[2], admin)

    assert dropped(task) == {"bulk": 1}
    assert dropped(task, bulk="none") == {"bulk": 2}
    assert dropped(task, bulk="all") == {}
    assert freezing.select(task, DatasetFilters(bulk="all")).counts()["bulk"] == 1


@pytest.mark.django_db
def test_verdicts_from_elsewhere_are_counted_taken_or_left(task: Task, admin: Member) -> None:
    some = drafts(task)
    write(some[0], admin, imported_from=factories.make_source(task))
    write(some[1], admin)

    assert freezing.select(task, DatasetFilters()).counts()["imported"] == 1
    assert dropped(task, imported="none") == {"imported": 1}
    assert dropped(task, imported="only") == {"imported": 1}


@pytest.mark.django_db
def test_drafts_marked_by_one_check_are_left_out_and_others_stay(task: Task, admin: Member) -> None:
    some = drafts(task)
    for draft, kind in zip(some, ("spam", "length", ""), strict=False):
        draft.marks = [{"check": kind, "field": "body", "message": 'says "check": "spam" itself'}] if kind else []
        draft.marks_count = len(draft.marks)
        draft.save()
        write(draft, admin)

    assert dropped(task, without_checks=["spam"]) == {"checks": 1}
    assert dropped(task, without_checks=["spam", "length"]) == {"checks": 2}
    assert dropped(task, without_marks=True) == {"checks": 2}


@pytest.mark.django_db
def test_sources_rounds_teachers_and_reviewers_are_told_apart(task: Task, admin: Member, reviewer: Member) -> None:
    some = drafts(task)
    Draft.objects.filter(pk=some[0].pk).update(round=2, teacher="other:x")
    write(some[0], admin)
    write(some[1], reviewer)
    source = some[0].record.source.slug

    assert dropped(task, rounds=[2]) == {"round": 1}
    assert dropped(task, teachers=["other:x"]) == {"teacher": 1}
    assert dropped(task, reviewers=[admin.username]) == {"reviewer": 1}
    assert dropped(task, sources=[source]) == {}
    assert dropped(task, sources=["none-of-them"]) == {"source": 2}


@pytest.mark.django_db
def test_a_line_drops_only_what_the_lines_before_it_left(task: Task, admin: Member) -> None:
    for verdict in ("accept", "edit", "reject"):
        judged.decide(admin, task, verdict)

    selection = freezing.select(task, DatasetFilters(verdicts=("edit",), task_versions=(9,)))

    assert [(line["name"], line["dropped"], line["left"]) for line in selection.waterfall()[:2]] == [
        ("verdict", 2, 1), ("task_version", 1, 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_preview_of_many_looks_at_the_newest_and_says_so(
    task: Task, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    from review.datasets import selection

    decided = [judged.decide(admin, task) for _ in range(5)]
    monkeypatch.setattr(selection, "PREVIEW_GOLDS", 3)

    found = freezing.preview(task, DatasetFilters()).value

    assert found.sifted.is_partial
    assert {row.decision for row in found.rows} == {decision.pk for decision in decided[2:]}


@pytest.mark.django_db
def test_caps_keep_the_newest_of_a_company(task: Task, admin: Member) -> None:
    Record.objects.filter(task=task, row_number__lte=4).update(group="acme")
    decided = [judged.decide(admin, task) for _ in range(6)]

    selection = freezing.select(task, DatasetFilters(cap_per_group=2))

    assert selection.dropped == {"cap": 2}
    assert [row.decision for row in selection.rows] == [decision.pk for decision in decided[2:]]


def rows(*groups: str) -> list[CapKey]:
    return [CapKey(str(index), group, ()) for index, group in enumerate(groups)]


def test_a_cap_takes_writings_of_one_company_for_one() -> None:
    out = filtering.over_cap(rows("Acme Ltd.", "ACME", "acme, inc", "Else"), DatasetFilters(cap_per_group=1), seed="s")

    assert out == {0, 1}


def test_a_random_cap_draws_the_same_every_time_and_another_under_another_seed() -> None:
    many, filters = rows(*["x"] * 200), DatasetFilters(cap_per_group=50, cap_order="random")

    first, again, other = (filtering.over_cap(many, filters, seed=seed) for seed in ("a", "a", "b"))

    assert first == again != other
    assert len(first) == 150
    assert first != set(range(150))


def test_all_caps_hold_at_once_and_rows_without_the_fact_are_under_none() -> None:
    capped = [CapKey(str(i), f"g{i}", (value, None)) for i, value in enumerate(["a", "A ", "b", None, "", "a"])]

    out = filtering.over_cap(capped, DatasetFilters(cap_per={"sector": 1, "city": 1}), seed="s")

    assert out == {0, 1}


def test_filters_stored_by_the_first_release_still_parse() -> None:
    old = {"verdicts": ["accept", "edit"], "task_versions": [1], "teachers": [], "origins": [], "reviewers": [],
           "decided_from": "2026-01-01", "decided_to": None, "without_marks": False}  # fmt: skip

    assert dataset_filters.parse(old).task_versions == (1,)
    assert dataset_filters.parse({}).model_dump(mode="json") == dataset_filters.parse(None).model_dump(mode="json")


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"edit_size_from": 2}, "filters.edit_size_from"),
        ({"personal_data": "hide"}, "filters.personal_data"),
        ({"as_of": "yesterday"}, "filters.as_of"),
        ({"without_checks": ["taste"]}, "filters.without_checks.0"),
        ({"verdict": ["edit"]}, "filters.verdict"),
        ({"decided_from": "2026-02-01", "decided_to": "2026-01-01"}, "filters"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_name(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(Refusal) as refused:
        dataset_filters.parse(wrong)

    assert list(refused.value.errors) == [name]


def test_the_form_keeps_limits_and_weights_that_it_does_not_show(task: Task, admin: Member, as_member: Any) -> None:
    judged.decide(admin, task)
    limits, weights = {"sector": 2, "city": 5}, {"meeting": 3, "replied": 2}
    freezing.create(task, name="Gold", by=admin)
    Dataset.objects.update(filters={"cap_per": limits, "outcome_weights": weights})
    shown = as_member(admin).get("/datasets/gold/").context["form"]
    names = ("cap_field", "cap_count", "weighed_outcome", "weight")
    form = {"verdicts": ["accept"], **{name: shown[name].value() for name in names}}

    for count in (form["cap_count"], 9):
        as_member(admin).post("/datasets/gold/freeze/", form | {"cap_count": count})

    kept, changed = (version.filters for version in DatasetVersion.objects.order_by("number"))
    assert (kept["cap_per"], kept["outcome_weights"]) == (limits, weights)
    assert changed["cap_per"] == {**limits, form["cap_field"]: 9}
