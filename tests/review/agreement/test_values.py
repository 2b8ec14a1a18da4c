"""Agreement on labels and numbers, by name and by distance, and whether the teacher's answer sways."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache

from members.models import Member
from review.adjudication import agreement
from review.erasure.erase import erase_records
from review.models import Decision, Draft, Task
from review.tasks import authoring
from tests.review import factories

pytestmark = pytest.mark.django_db
COUNT = 12


@pytest.fixture(autouse=True)
def _forget() -> None:
    cache.clear()


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False))
    records = factories.make_records(factories.make_source(task), COUNT)
    fields = [factories.triage_fields(index, with_reasoning=False) for index in range(COUNT)]
    factories.make_drafts(task, records, fields=fields)
    return task


def say(task: Task, by: Member, changes: dict[int, dict[str, Any] | None], **more: Any) -> None:
    """One verdict on each draft: an accept, an edit with what is changed, or with None a reject."""
    rows = []
    for index, draft in enumerate(Draft.objects.filter(task=task).order_by("queue_position")):
        change = changes.get(index, {})
        verdict = "reject" if change is None else "edit" if change else "accept"
        fields = {**draft.fields, **change} if change else None
        rows.append(
            Decision(
                id=uuid4(), draft=draft, task=task, reviewer=by, verdict=verdict, fields=fields,
                before_hash=draft.fields_hash, body_hash="0" * 64, seconds=3, **more,
            )
        )  # fmt: skip
    Decision.objects.bulk_create(rows)


def lines(task: Task) -> dict[str, Any]:
    return {line.key: line for line in agreement.report(task).lines}


@pytest.fixture
def pair(task: Task, make_member: Any) -> tuple[Member, Member]:
    one, other = make_member("ann"), make_member("bo")
    return one, other


def test_those_who_always_say_the_same_agree_wholly(task: Task, pair: tuple[Member, Member]) -> None:
    for member in pair:
        say(task, member, {})

    found = lines(task)
    for key in ("value:category", "value:urgent", "value:amount", "label:category:bug"):
        assert found[key].alpha.value == pytest.approx(1)
    assert found["value:amount"].metric == "interval"
    assert found["value:category"].kappa.value == pytest.approx(1)


def test_an_amount_that_is_nearly_the_same_weighs_less_than_another_one(
    task: Task, pair: tuple[Member, Member]
) -> None:
    say(task, pair[0], {})
    say(task, pair[1], {0: {"amount": 10.6}, 1: {"category": "other"}})

    found = lines(task)
    assert 0.99 < found["value:amount"].alpha.value < 1
    assert found["value:category"].alpha.value < 0.95
    assert found["label:category:bug"].alpha.value < 1
    assert found["label:category:billing"].alpha.value == pytest.approx(1)


def test_labels_in_order_agree_by_rank(task: Task, pair: tuple[Member, Member]) -> None:
    category = task.versions.get().spec.output_schema[0]
    names = [label.name for label in category.labels]
    say(task, pair[0], {0: {"category": names[0]}, 1: {"category": names[4]}})
    say(task, pair[1], {0: {"category": names[1]}, 1: {"category": names[3]}, 2: {"category": "gone"}})
    by_name = lines(task)["value:category"]

    output = (category.model_copy(update={"ordered": True}), *task.versions.get().spec.output_schema[1:])
    spec = task.versions.get().spec.model_copy(update={"output_schema": output})
    authoring.new_version(task, spec=spec, by=task.versions.get().created_by)
    cache.clear()
    by_rank = lines(task)["value:category"]

    assert (by_name.metric, by_rank.metric) == ("nominal", "ordinal")
    assert 0 < by_name.alpha.value < by_rank.alpha.value < 1
    # The label that is none of the version's has no rank.
    assert by_rank.alpha.ratings == by_name.alpha.ratings - 2


def test_labels_that_are_confused_are_told_by_pair(task: Task, pair: tuple[Member, Member]) -> None:
    say(task, pair[0], {2: None})
    # The second ticket is a bug; the third was rejected by one and says nothing of labels.
    say(task, pair[1], {1: {"category": "other"}})

    [confusion] = agreement.report(task).confusions
    counts = dict(zip(confusion.labels, confusion.rows, strict=True))
    assert counts["bug"][confusion.labels.index("other")] == 1
    assert counts["other"][confusion.labels.index("bug")] == 1
    assert sum(sum(row) for row in confusion.rows) == COUNT - 2 + 2
    assert confusion.lines[0][1][0][1:] == (True, 5)


def test_agreement_with_the_teacher_is_told_seen_and_unseen(task: Task, pair: tuple[Member, Member]) -> None:
    say(task, pair[0], {}, teacher_hidden=False)
    say(task, pair[1], {index: {"category": "other"} for index in (0, 1, 2)}, teacher_hidden=True)

    teacher = agreement.report(task).teacher

    assert teacher is not None
    assert (teacher.seen.count, teacher.seen.of, teacher.seen.value) == (COUNT, COUNT, 1.0)
    assert (teacher.unseen.count, teacher.unseen.of) == (COUNT - 3, COUNT)
    assert teacher.unseen.low is not None
    assert teacher.unseen.low < 0.75 < (teacher.unseen.high or 0)


def test_the_page_and_the_api_show_it(task: Task, pair: tuple[Member, Member], admin: Member, as_member: Any) -> None:
    say(task, pair[0], {}, teacher_hidden=False)
    say(task, pair[1], {1: {"category": "other"}}, teacher_hidden=True)

    html = as_member(admin).get(f"/tasks/{task.slug}/review/agreement/").content.decode()

    assert "Does the teacher's answer sway?" in html
    assert "Labels of category that reviewers confuse" in html
    assert "“billing” or not" in html


def test_a_task_of_prose_asks_none_of_it(admin: Member) -> None:
    task = factories.make_desk(by=admin, count=2)

    report = agreement.report(task)
    assert (report.teacher, report.confusions) == (None, [])
    assert not any(line.key.startswith("value:") for line in report.lines)


def test_values_that_were_erased_or_are_of_another_type_count_for_nothing(
    task: Task, pair: tuple[Member, Member]
) -> None:
    say(task, pair[0], {0: {"amount": "high", "category": ["bug"]}, 1: {"amount": 3.0}})
    say(task, pair[1], {0: {"amount": 4.0}, 1: {"amount": 3000.0, "category": "other"}})
    erased = Draft.objects.filter(task=task).order_by("queue_position")[1]

    erase_records([erased.record_id])

    found = lines(task)
    assert found["value:amount"].alpha.value == pytest.approx(1)
    assert found["label:category:other"].alpha.value == pytest.approx(1)
