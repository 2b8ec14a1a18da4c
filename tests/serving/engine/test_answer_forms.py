"""Answers held to a form by the running engine: many schemas in one batch, cut ones refused, free rows untouched."""

from __future__ import annotations

import asyncio
import json

import jsonschema
import pytest

from review.spec import prompting
from review.spec.schema import OutputField
from serving.engine.errors import RequestRefused
from serving.engine.text_stream import VisibleText
from tests.serving import tiny
from tests.serving.engine.conftest import ask
from tests.training.engine.grammar.schemas import of, schemas, without_steps

pytestmark = pytest.mark.engine

LONG = of(a={"type": "string", "minLength": 60})


def held(schema, **options):
    return {"form": "json_schema", "answer_schema": schema, "temperature": 1.0, "seed": 5} | options


@pytest.mark.slow
def test_forty_schemas_in_one_batch_all_parse_and_fit(serve):
    async def work(scheduler):
        asked = [ask(scheduler, "full", "Fill in.", **held(schema, max_tokens=400)) for schema in schemas()]
        free = ask(scheduler, "full", "Tell me.", max_tokens=24)
        return await asyncio.gather(free, *asked), await ask(scheduler, "full", "Tell me.", max_tokens=24)

    (beside, *answers), alone = serve(work, max_batch=41, max_waiting=41)

    for schema, (text, done) in zip(schemas(), answers, strict=True):
        jsonschema.validate(json.loads(text), without_steps(schema))
        assert done.finish == "stop"
    assert beside[0] == alone[0]


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_cut_at_its_longest_length_is_told_as_far_as_it_came(serve, stream):
    async def work(scheduler):
        return await ask(scheduler, "one", "Fill in.", **held(LONG, max_tokens=12, stream=stream)), scheduler.running

    (text, done), running = serve(work)

    assert (done.finish, done.completion_tokens) == ("length", 12)
    assert text.startswith("{")
    assert running == 0


def test_a_schema_that_cannot_be_held_to_is_refused_by_keyword_and_place(serve):
    async def work(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await ask(scheduler, "one", "Fill in.", **held(of(a={"type": "number", "multipleOf": 3})))
        with pytest.raises(RequestRefused) as pattern:
            await ask(scheduler, "one", "Fill in.", **held(of(a={"type": "string", "pattern": "(?!a)b"})))
        return refused.value, pattern.value, (await scheduler.shelf.take("one")).users

    refusal, pattern, users = serve(work)

    assert (refusal.status, refusal.code) == (400, "invalid_schema")
    assert "schema.properties.a.multipleOf may be" in refusal.message
    assert (pattern.status, pattern.code) == (400, "invalid_schema")
    assert users == 1


def test_a_label_task_answers_with_one_of_its_labels(serve, zoo):
    entry = tiny.full_entry("full", zoo.full).model_copy(update={"task": tiny.LABEL_TASK})

    async def work(scheduler):
        return [await ask(scheduler, "full", text, form="task", temperature=1.0, seed=2) for text in "abc"]

    answers = serve(work, entries=[entry])

    for text, done in answers:
        assert prompting.parse(tiny.LABEL_TASK, text)["label"] in ("refund", "not a refund")
        assert done.finish == "stop"


def test_an_answer_for_the_product_s_own_pages_says_that_it_was_cut(serve, zoo):
    task = tiny.TASK.model_copy(update={"output_schema": (tiny.CHOICE, OutputField(name="why", max_chars=40))})
    entry = tiny.full_entry("full", zoo.full).model_copy(update={"task": task})

    async def work(scheduler):
        return await ask(scheduler, "full", "a", form="task", max_tokens=5)

    text, done = serve(work, entries=[entry])

    assert done.finish == "length"
    assert text.startswith("{")


def test_a_task_of_prose_answers_freely(serve):
    async def work(scheduler):
        return await ask(scheduler, "one", "Hello", form="task"), await ask(scheduler, "one", "Hello")

    held_to_task, free = serve(work)

    assert held_to_task[0] == free[0]


def test_a_held_answer_may_hold_the_tags_of_thinking():
    text = '{\n "a": "<think>x</think> y"\n}'

    assert _shown(VisibleText(is_held=True), text) == text
    assert _shown(VisibleText(opened="</think>", is_held=True), "Let me see.</think>\n" + text) == text


def _shown(flow, text):
    return "".join(flow.add(letter) for letter in text) + flow.end()
