"""A task with known answers is loaded whole, judged by them, and only once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from demo.data import demo_teacher, label_tasks, simulated_reviewers
from demo.data.demo_task import AnsweredRecord, DemoTask, key_of
from demo.data.tasks import TASKS
from generation.engine.clients.interface import Question
from generation.engine.contracts import TeacherSpec
from generation.teachers import seeds
from members.models import Member
from review.models import Decision, DeskSettings, Draft, Gold, Membership, Record
from review.spec.prompting import parse
from review.spec.schema import InputField, Label, OutputField
from review.spec.task_spec import TaskSpec
from tests.review import factories

COLOURS = ("red", "green", "blue")
SPEC = TaskSpec(
    instruction="Say which colour is named.",
    input_schema=(InputField(name="line", role="title"), InputField(name="text", required=True)),
    output_schema=(
        OutputField(name="colour", type="choice", labels=tuple(Label(name=name) for name in COLOURS)),
        OutputField(name="loud", type="boolean"),
    ),
    teacher_template="{{instruction}}\n{{facts}}",
    student_template="{{facts}}",
)


each_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.slug)


def records() -> list[AnsweredRecord]:
    return [
        AnsweredRecord(
            {"line": f"Line {number}", "text": f"The door is {COLOURS[number % 3]}."},
            {"colour": COLOURS[number % 3], "loud": number % 2 == 0},
        )
        for number in range(20)
    ]


TASK = DemoTask(
    slug="colours",
    name="Colours",
    summary="A colour of a line.",
    spec=SPEC,
    records=records,
    teacher_defects=0.3,
    judged_share=0.5,
)


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_a_task_is_loaded_and_judged_by_its_answers_once(admin: Member) -> None:
    seeds.create_defaults()

    first = label_tasks.load_task(TASK, by=admin)
    second = label_tasks.load_task(TASK, by=admin)
    beside = label_tasks.load_task(replace(TASK, slug="colours-too"), by=admin)

    answers = {key_of(each.facts): each.fields for each in records()}
    golds = Gold.objects.filter(task__slug="colours").select_related("decision", "draft__record")
    assert (first, second, beside) == (True, False, True)
    assert (
        Record.objects.filter(task__slug="colours").count() == Draft.objects.filter(task__slug="colours").count() == 20
    )
    # One record in seventeen is judged by both, and counts once.
    assert Decision.objects.filter(task__slug="colours").count() == 11
    assert (
        Gold.objects.filter(task__slug="colours").count()
        + Draft.objects.filter(state="disputed", task__slug="colours").count()
        == 10
    )
    assert all(
        (gold.decision.fields or gold.draft.fields) == answers[key_of(gold.draft.record.facts)] for gold in golds
    )
    assert all(
        record.split == TASK.split_of(AnsweredRecord(record.facts, {}))
        for record in Record.objects.filter(task__slug="colours")
    )
    assert Membership.objects.filter(task__slug="colours").count() == 5


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_both_judge_some_drafts_and_the_second_overlooks_every_other_fault(admin: Member, monkeypatch) -> None:
    monkeypatch.setattr(label_tasks, "TWICE", 0.5)
    seeds.create_defaults()
    answers = {key_of(each.facts): each.fields for each in records()}

    label_tasks.load_task(replace(TASK, judged_share=1.0), by=admin)

    both = Draft.objects.filter(task__slug="colours", verdicts_wanted=2).select_related("record")
    drafts = sorted(both, key=simulated_reviewers.text_key)
    faulty = [draft for draft in drafts if draft.fields != answers[key_of(draft.record.facts)]]
    assert len(drafts) == 10
    assert sorted(Decision.objects.filter(draft__in=both).values_list("reviewer__username", flat=True)) == [
        *["ben"] * 10, *["rosa"] * 10,
    ]  # fmt: skip
    assert set(both.filter(state="disputed")) == set(faulty[::2])
    assert Draft.objects.filter(task__slug="colours", state="pending").count() == 0
    assert DeskSettings.objects.get(task__slug="colours").overlap_share == 0


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_newer_records_wait_on_the_desk_and_a_second_load_judges_none_of_them(admin: Member) -> None:
    seeds.create_defaults()
    newer = [AnsweredRecord({"line": f"Later {each}", "text": "It is red."}, {}) for each in range(3)]
    task = replace(TASK, judged_share=1.0, newer=lambda: newer)

    first = label_tasks.load_task(task, by=admin)
    second = label_tasks.load_task(task, by=admin)

    waiting = Draft.objects.filter(task__slug="colours", state="pending")
    assert (first, second) == (True, False)
    assert set(waiting.values_list("record__title", flat=True)) == {"Later 0", "Later 1", "Later 2"}
    assert Draft.objects.filter(task__slug="colours").count() == 23


@pytest.mark.django_db
def test_a_task_of_a_user_at_the_same_address_is_left_alone(admin: Member) -> None:
    theirs = factories.make_task(by=admin, spec=SPEC, slug="colours")

    assert label_tasks.load_task(TASK, by=admin) is False
    assert not Record.objects.filter(task=theirs).exists()
    assert theirs.memberships.count() == 1


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, object], tuple[str, ...]]]:
    """Ask the demo's teacher about facts; returns the fields it gave, and its faults."""
    monkeypatch.setattr(demo_teacher, "TASKS", (TASK,))

    def ask(facts: dict[str, object], *, seed: int = 1, spec: TaskSpec = SPEC, **parameters: object):
        teacher = TeacherSpec(name="Offline", provider="offline", model="offline-composer", parameters=parameters)
        client = demo_teacher.open_teacher(teacher, spec)
        reply = asyncio.run(client.ask(Question("1", [], facts, seed, 0)))
        return parse(spec, reply.text), reply.labelled_defects

    return ask


def test_the_teacher_is_right_on_known_records_but_for_its_labelled_faults(ask):
    told = [(each.fields, *ask(each.facts, seed=seed)) for each in records() for seed in range(10)]

    assert all((right == given) == (not faults) for right, given, faults in told)
    assert 0.2 < sum(bool(faults) for *_, faults in told) / len(told) < 0.4


def test_a_teacher_without_faults_is_right_on_every_known_record(ask, monkeypatch):
    newer = AnsweredRecord({"line": "Later", "text": "The door is green."}, {"colour": "red", "loud": True})
    monkeypatch.setattr(demo_teacher, "TASKS", (replace(TASK, newer=lambda: [newer]),))

    assert all(ask(each.facts, defect_rate=0) == (each.fields, ()) for each in (*records(), newer))


def test_other_records_and_changed_fields_are_answered_by_rule(ask):
    blank = records()[0]
    renamed = SPEC.model_copy(update={"output_schema": (*SPEC.output_schema, OutputField(name="why"))})

    colour, loud = SPEC.output_schema
    without_blue = SPEC.model_copy(
        update={"output_schema": (colour.model_copy(update={"labels": colour.labels[:2]}), loud)}
    )

    assert ask({"line": "Line 99", "text": "The roof is green."}, defect_rate=0)[0]["colour"] == "green"
    assert ask(blank.facts, spec=renamed, defect_rate=0)[0].keys() == {"colour", "loud", "why"}
    assert ask(records()[2].facts, spec=without_blue, defect_rate=0)[0]["colour"] in ("red", "green")


@each_task
def test_enough_records_are_held_out(task: DemoTask) -> None:
    splits = Counter(map(task.split_of, task.records()))

    assert splits["test"] >= 60
    assert splits["train"] >= 150
    assert splits["validation"] >= 15


@each_task
def test_the_teacher_is_wrong_as_often_as_it_says_and_labels_it(task: DemoTask) -> None:
    given = [
        (each.fields, demo_teacher.answer_of(task, each, seed=seed, defect_rate=task.teacher_defects))
        for each in task.records()
        for seed in range(3)
    ]

    assert all((draft.fields == right) == (not draft.defects) for right, draft in given)
    assert abs(sum(bool(draft.defects) for _, draft in given) / len(given) - task.teacher_defects) < 0.05
