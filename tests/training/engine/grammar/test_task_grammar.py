"""Grammars of tasks: whatever `completion` writes is allowed,
and whatever is allowed is read back to the same fields.
"""

from __future__ import annotations

import pytest

from review.spec import prompting
from review.spec.schema import Label, OutputField, OutputItem
from review.spec.starters import STARTERS
from tests.training.engine.conftest import make_model, make_tokenizer
from training.engine.data.chat import open_chat
from training.engine.grammar.task_grammar import task_grammar
from training.engine.grammar.token_masks import grammars_of
from training.engine.model import generate
from training.engine.model.generate import Sampling

pytestmark = pytest.mark.engine
TASK = STARTERS["outreach"].spec
LABELS = (Label(name="refund"), Label(name='"odd" one'), Label(name="Größe"))
CLAIM = OutputItem(name="claim", required=True, max_chars=12)
FIELDS = {
    "text": OutputField(name="note", max_chars=20),
    "choice": OutputField(name="label", type="choice", labels=LABELS),
    "maybe": OutputField(name="maybe", type="choice", labels=LABELS, required=False),
    "choices": OutputField(name="labels", type="choices", labels=LABELS),
    "integer": OutputField(name="count", type="integer", minimum=-3, maximum=12),
    "number": OutputField(name="sum", type="number", minimum=0, maximum=9.5, decimals=2),
    "boolean": OutputField(name="sure", type="boolean"),
    "date": OutputField(name="due", type="date"),
    "object": OutputField(name="who", type="object", items=(CLAIM, OutputItem(name="age", type="integer", maximum=99))),
    "quote": OutputField(name="said", type="quote", max_chars=10, required=False),
    "pattern": OutputField(name="code", pattern="[A-Z]{2}[0-9]", max_chars=3),
    "lookahead": OutputField(name="ahead", pattern="(?=a)[a-z]{2}", max_chars=4),
}
VALUES = {
    "text": "We met.\nTwice",
    "choice": "Größe",
    "maybe": None,
    "choices": ["refund", "Größe"],
    "integer": -3,
    "number": 9.25,
    "boolean": False,
    "date": "2024-02-29",
    "object": {"claim": "A 🙂", "age": None},
    "quote": "",
    "pattern": "AB1",
    "lookahead": "ab",
}


def task_of(*kinds):
    return TASK.model_copy(update={"output_schema": tuple(FIELDS[kind] for kind in kinds)})


@pytest.fixture(scope="module")
def student():
    tokenizer = make_tokenizer()
    return make_model("qwen", len(tokenizer)).eval(), open_chat(tokenizer)


def is_allowed(student, task, text):
    _, chat = student
    state = grammars_of(chat, len(chat.tokenizer)).begin(task_grammar(task))
    for token in chat.tokenizer(text, add_special_tokens=False)["input_ids"]:
        state.take(token)
    return state.is_whole


@pytest.mark.parametrize(
    "kinds",
    [("choice",), ("integer",), ("number",), ("boolean",), ("date",), ("maybe",), ("text", "choice"), tuple(FIELDS)],
    ids="-".join,
)
def test_what_a_student_is_taught_is_what_its_grammar_allows(student, kinds):
    task = task_of(*kinds)

    completion = prompting.completion(task, {FIELDS[kind].name: VALUES[kind] for kind in kinds})

    assert is_allowed(student, task, completion)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "kinds", [("choice",), ("number",), ("choices", "object", "quote"), tuple(FIELDS)], ids="-".join
)
def test_what_an_untrained_student_writes_is_read_as_the_fields_it_wrote(student, kinds):
    task, (model, chat) = task_of(*kinds), student
    prompts = [[{"role": "user", "content": text}] for text in "abc"]

    answers = generate.generate(
        model,
        chat,
        prompts,
        max_new_tokens=600,
        sampling=Sampling(temperature=1.0, seed=2),
        grammar=task_grammar(task),
    )

    for answer in answers:
        assert answer.ended, answer.unfinished
        fields = prompting.parse(task, answer.text)
        assert fields.keys() == {FIELDS[kind].name for kind in kinds}


def test_prose_has_no_grammar():
    assert task_grammar(TASK) is None
    assert task_grammar(task_of("text")) is None


def test_what_is_required_cannot_be_empty(student):
    assert not is_allowed(student, task_of("text", "quote"), '{\n "note": "",\n "said": ""\n}')
    assert is_allowed(student, task_of("text", "quote"), '{\n "note": "a",\n "said": ""\n}')


def test_a_pattern_that_cannot_be_compiled_is_left_to_the_checks(student):
    task = task_of("lookahead", "boolean")

    assert is_allowed(student, task, '{\n "ahead": "zz",\n "sure": true\n}')
    assert not is_allowed(student, task, '{\n "ahead": "zzzzz",\n "sure": true\n}')
