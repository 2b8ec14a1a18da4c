"""A type of value that the table alone knows goes all the way: form, draft, desk, decision, dataset, grammar, score."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from demo.offline_teacher.client import field_schema
from demo.offline_teacher.values import value_for
from evaluation.metrics import typed
from generation.engine.structured.answers import JsonAnswers
from generation.money.estimate import field_tokens
from members.models import Member
from review.adjudication.agreement import values
from review.adjudication.agreement.columns import VerdictColumns
from review.adjudication.agreement.figures import AgreementFigures
from review.desk import deck
from review.models import Decision, Task
from review.spec.json_schema import output_json_schema
from review.spec.json_schema_reading import fields_from_json_schema
from review.spec.prompting import completion, parse
from review.spec.schema import OutputItem
from review.spec.task_spec import TaskSpec
from review.spec.value_types import TYPES, ValueType
from review.spec.values import READERS
from review.tasks import spec_form
from review.tasks.authoring import parse_spec
from review.text.edits import measure
from tests.review import factories
from tests.review.datasets import golds
from training.engine.grammar.task_grammar import task_grammar

pytestmark = pytest.mark.django_db


def read_clock(field: OutputItem, value: object, where: str) -> str:
    match = re.fullmatch(r"(\d\d?):(\d\d)", str(value).strip())
    if match is None:
        raise ValueError(f"{where} is {value!r}, expected a time such as 09:30")
    return f"{match[1]:0>2}:{match[2]}"


CLOCK = ValueType(
    name="clock", label="Time of day", control="line", format="time", told="a time as HH:MM",
    hint="a time", sample="09:30", tokens=5,
)  # fmt: skip


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TYPES, "clock", CLOCK)
    monkeypatch.setitem(READERS, "clock", read_clock)


@pytest.fixture
def task(admin: Member) -> Task:
    """A task whose form named the type."""
    body = factories.triage_spec(with_reasoning=False).canonical()
    body["output_schema"] = [*body["output_schema"][:1], {"name": "due", "type": "clock", "role": ""}]
    sections = spec_form.sections(body, {})
    [written] = [part for part in sections if part.section.id == "written"]
    control = next(each for each in written.rows[1].controls if each.spot.name == "type")
    assert ("clock", "Time of day") in control.spot.options()
    assert not {each.spot.name for each in written.rows[1].controls} & {"labels", "unit", "items", "pattern"}
    spec = parse_spec({**body, "output_schema": [*body["output_schema"][:1], {"name": "due", "type": "clock"}]})
    return factories.make_task(by=admin, spec=spec)


def agreement(spec: TaskSpec, ends: list[dict[str, Any]]) -> list[AgreementFigures]:
    """Figures of two reviewers whose words on one draft ended so."""
    said = VerdictColumns()
    unit = said.new_unit()
    for who, end in zip("ab", ends, strict=True):
        said.add(unit, who, "edit", day="2026-01-31", size=0.1, ratings="{}", text=str(end))
    return values.figures_of(spec, said, ends)


def test_a_model_is_asked_for_it_and_its_answers_are_read(task: Task) -> None:
    spec = task.versions.get().spec
    due = spec.output_schema[1]
    answers = JsonAnswers(spec)

    assert "due: a time as HH:MM" in answers.overhead
    assert fields_from_json_schema(output_json_schema(spec))[1].type == "clock"
    assert answers.read('{"category": "bug", "due": "9:05"}').text == completion(
        spec, {"category": "bug", "due": "09:05"}
    )
    assert not answers.read('{"category": "bug", "due": "soon"}').is_usable
    assert not answers.read('{"category": "bug", "due": 9}').is_usable
    assert "due" in str(task_grammar(spec))
    assert value_for(field_schema(due), {"text": "Late"}, Random(1)) == "09:30"
    assert field_tokens(due) == CLOCK.tokens


def test_it_is_judged_frozen_and_scored(task: Task, admin: Member, as_member: Callable[[Member], Client]) -> None:
    spec = task.versions.get().spec
    records = factories.make_records(factories.make_source(task), 1)
    factories.make_drafts(task, records, fields=[{"category": "bug", "due": "09:30"}])
    [card] = deck.deal(admin, task, count=1)
    page = as_member(admin).get(f"/tasks/{task.slug}/review/").content.decode()
    form = {
        "draft": str(card.draft_id), "etag": card.etag, "id": str(uuid4()), "verdict": "accept",
        "value": ["category", "due"], "field:category": "bug", "field:due": "9:45",
    }  # fmt: skip

    as_member(admin).post(f"/tasks/{task.slug}/review/", form)

    box = page[page.index('data-value="due"') :]
    assert 'data-control="line"' in box.partition(">")[0]
    assert 'placeholder="09:30"' in box
    assert "data-number" not in box
    final = Decision.objects.get().fields
    assert final == {"category": "bug", "due": "09:45"}
    version = golds.frozen(task, admin)
    assert version.counts["rows"] == 1
    written: dict[str, Any] = parse(spec, completion(spec, final))
    keys = ["value:category", *(f"label:category:{name}" for name in factories.CATEGORIES), "value:due"]
    assert [line.key for line in agreement(spec, [final, {**final, "due": "10:00"}])] == keys
    assert typed.scores(spec, written, final) == {"exact": 1.0, "right_category": 1.0, "right_due": 1.0}
    assert typed.scores(spec, {**written, "due": "09:30"}, final)["right_due"] == 0.0
    assert measure(spec, {}, {"category": "bug", "due": "09:30"}, final).kinds
