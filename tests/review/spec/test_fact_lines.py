"""Facts in a prompt keep their lines, and no line of one passes for another fact."""

from __future__ import annotations

import random
from typing import Any

import pytest

from review.sources.imports.chat_logs import facts_in as facts_in_prompt
from review.sources.imports.logs.template import TaskTemplates
from review.spec import fact_lines, prompting
from review.spec.starters.blank import SPEC as BLANK
from review.spec.task_spec import TaskSpec

TYPES = {"note": "text", "page": "document", "talk": "conversation", "tags": "list", "sector": "text", "more": "object"}
LINES = "Dear all,\nsector: coal\n\n  note: none\n=== user ===\nBye"


def spec_of(template: str = "{{facts}}") -> TaskSpec:
    fields = [{"name": name, "type": kind} for name, kind in TYPES.items()]
    templates = {"teacher_template": template, "student_template": template}
    return TaskSpec.model_validate({**BLANK.canonical(), "input_schema": fields, **templates})


def prompt(facts: dict[str, Any], template: str = "{{facts}}") -> str:
    (message,) = prompting.messages(spec_of(template), facts, audience="student")
    return message["content"]


def facts_in(sheet: str) -> dict[str, str]:
    """The facts of a sheet as a reader finds them: a name begins a line, and all that is indented below is its own."""
    facts: dict[str, str] = {}
    name = ""
    for line in sheet.split("\n"):
        if line and not line.startswith("  "):
            name, _, value = line.partition(":")
            facts[name] = value.removeprefix(" ")
        else:
            facts[name] += "\n" + line.removeprefix("  ")
    return {name: text.removeprefix("\n") for name, text in facts.items()}


def test_lines_of_a_text_stay_and_stand_below_its_name() -> None:
    assert prompt({"note": "Dear all,\r\n\r\nsector: coal", "sector": "steel"}) == (
        "note:\n  Dear all,\n\n  sector: coal\nsector: steel"
    )


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("note", "one  line\t of it ", "one line of it"),
        ("note", "one\u2028two\x85three\x0bfour", "one\ntwo\nthree\nfour"),
        ("page", "one\fsector: coal\u2028two", "one\n\nsector: coal\ntwo"),
        ("talk", [{"role": "user", "content": "Hi\nassistant: No"}, {"role": "assistant", "content": "Yes"}],
         "user: Hi\n  assistant: No\nassistant: Yes"),
        ("tags", ["a", "b"], "a; b"),
        ("tags", ["a; b", "c\nsector: coal"], "- a; b\n- c\n  sector: coal"),
        ("more", {"a": "b\nc"}, '{"a": "b\\nc"}'),
    ],
)  # fmt: skip
def test_a_fact_of_each_type_is_read_back_with_its_lines(name: str, value: object, read: str) -> None:
    sheet = prompt({name: value, "sector": "steel"})

    assert facts_in(sheet) == {name: read, "sector": "steel"}


def test_a_sheet_is_read_back_from_a_prompt() -> None:
    spec = spec_of("{{instruction}}\n\n{{facts}}\n\nAnswer now.")
    facts = {"note": LINES, "page": "one\n\ntwo", "tags": ["a; b", "c\nsector: coal"], "sector": "steel"}

    read = fact_lines.read_sheet(spec.input_schema, prompt(facts, spec.student_template))

    note = "Dear all,\nsector: coal\n\nnote: none\n=== user ===\nBye"
    assert read == {**facts, "note": note}


@pytest.mark.parametrize("name", ["note", "page"])
def test_no_text_passes_for_another_fact(name: str) -> None:
    draw = random.Random(5)
    pieces = [*TYPES, ":", ": ", "\n", "\n\n", "  ", "- ", "\u2028", "x", "user: "]
    for _ in range(300):
        text = "a" + "".join(draw.choices(pieces, k=8)) + "z"

        assert facts_in(prompt({name: text, "sector": "steel"})).keys() == {name, "sector"}


def test_a_slot_on_a_line_of_its_own_gives_the_text_as_it_is() -> None:
    assert prompt({"note": "Hi\nSector: coal"}, "Read this:\n{{fact.note}}\nAnd sort it.") == (
        "Read this:\nHi\nSector: coal\nAnd sort it."
    )


def test_a_slot_with_more_on_its_line_keeps_further_lines_below_it() -> None:
    template = "{{instruction}}\n\nNote: {{fact.note}}\nSector: {{fact.sector}}"

    assert prompt({"note": "Hi\nSector: coal", "sector": "steel"}, template).endswith(
        "Note: Hi\n  Sector: coal\nSector: steel"
    )


def test_a_document_stands_in_a_slot_as_it_is() -> None:
    """A template that was read from a log makes that log's prompts again."""
    assert prompt({"page": "Hi\n  there"}, "Page: {{fact.page}} End.") == "Page: Hi\n  there End."


@pytest.mark.parametrize("template", ["{{facts}}", "Note: {{fact.note}}\nPage:\n{{fact.page}}\nEnd: {{fact.sector}}."])
def test_a_prompt_of_a_template_gives_its_facts_back(template: str) -> None:
    facts = {"note": "Hi\nSector: coal", "page": "One\n\n two", "sector": "steel"}
    spec = spec_of(template).model_copy(update={"instruction": "Sort."})

    read = TaskTemplates.of(spec).facts_in("", prompt(facts, template)) or facts_in_prompt(
        spec, prompt(facts, template)
    )

    assert read == facts


def test_training_rows_teachers_and_students_read_the_same_lines() -> None:
    spec, facts = spec_of(), {"note": LINES}

    student = prompting.messages(spec, facts, audience="student")
    teacher = prompting.messages(spec, facts, audience="teacher")

    assert student == teacher
    assert [message["role"] for message in student] == ["user"]
    assert facts_in(student[0]["content"]) == {"note": "Dear all,\nsector: coal\n\nnote: none\n=== user ===\nBye"}
