"""What holds for each of the demo's tasks with known answers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from demo.data.demo_task import DemoTask, key_of
from demo.data.tasks import FOR_STUDIES, TASKS
from demo.data.ticket_routing import TICKET_ROUTING
from members.models import Member
from review.models import Record
from review.sources import imports
from review.spec.prompting import completion, messages, parse
from review.spec.values import normalise_fields
from review.text import checks
from tests.review import factories

# Of the demo student.
CONTEXT_TOKENS = 1024
WEIGHTS = Path(__file__).parents[3] / "demo" / "student" / "weights"

each_task = pytest.mark.parametrize("task", [*TASKS, *FOR_STUDIES], ids=lambda task: task.slug)


@pytest.mark.slow(after_first=True)
@each_task
def test_a_task_has_240_to_400_records_and_that_of_tickets_more_of_which_none_comes_twice(task: DemoTask) -> None:
    records = task.records()

    assert 240 <= len(records) <= (7_500 if task is TICKET_ROUTING else 400)
    assert len({key_of(record.facts) for record in records}) == len(records)
    assert task.records() == records


@pytest.mark.slow(after_first=True)
@each_task
def test_answers_are_written_and_read_back_as_they_are(task: DemoTask) -> None:
    for record in task.records():
        assert normalise_fields(task.spec.output_schema, record.fields) == record.fields
        assert parse(task.spec, completion(task.spec, record.fields)) == record.fields


@pytest.mark.slow(after_first=True)
@each_task
def test_right_answers_pass_the_checks_and_a_fault_is_never_a_right_answer(task: DemoTask) -> None:
    rng = random.Random(1)
    for record in task.records():
        assert not checks.run(task.spec, record.facts, record.fields)
        spoilt, fault = task.spoil(task.spec, record, rng)
        assert normalise_fields(task.spec.output_schema, spoilt) == spoilt != record.fields
        assert fault


@pytest.mark.slow(after_first=True)
@each_task
@pytest.mark.django_db
def test_records_come_through_an_import_as_they_are(task: DemoTask, admin: Member, tmp_path: Path) -> None:
    # The teacher knows a record by its facts: what an import changes it would not recognise.
    records = [*task.records(), *task.newer()]
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record.facts) + "\n" for record in records), encoding="utf-8")
    made = factories.make_task(by=admin, spec=task.spec, slug=task.slug)

    imports.import_records(made, path, by=admin)

    imported = Record.objects.filter(task=made)
    assert {key_of(record.facts) for record in imported} == {key_of(record.facts) for record in records}
    assert set(imported.values_list("split", flat=True)) == {"train", "validation", "test"}


@pytest.mark.slow(after_first=True)
@each_task
def test_the_demo_student_has_room_for_prompt_and_answer(task: DemoTask) -> None:
    tokenizer = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    lengths = [
        sum(len(tokenizer.encode(text).ids) for text in texts)
        for texts in (
            [
                *(message["content"] for message in messages(task.spec, record.facts, audience="student")),
                completion(task.spec, record.fields),
            ]
            for record in task.records()
        )
    ]

    assert max(lengths) < CONTEXT_TOKENS - 16
