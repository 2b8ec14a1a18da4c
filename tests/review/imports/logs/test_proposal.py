"""A log proposes a task: its template as it was, inputs that say their values again, an output that the answers fit."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from review.sources.imports.logs.answer_shape import output_fields
from review.sources.imports.logs.proposal import LogFindings, find_tasks
from review.sources.imports.logs.reading import read_log
from review.spec import prompting
from tests.review.imports.logs.test_vendors import Lines
from tests.review.imports.logs.vendors import turns

MESSAGES = ("It was due on Monday.", "Where is it?\n\nI wait.", "Too dear!\n  - for me\n  - for all", "No words.")
SYSTEM = "You sort tickets of a shop.\n\nBe exact."


def ticket(random: Random, *, system: str = SYSTEM) -> dict[str, Any]:
    asked = (
        f"\nTicket: {random.choice(['My parcel', 'An order', 'The bill'])} {random.randint(100, 999)}\n\nMessage:\n"
        f"{random.choice(MESSAGES)} {random.random()}{random.choice(MESSAGES)}\n\nPlan: "
        f"{random.choice(['Team', 'Solo', 'Free'])}\nSeats: {random.randint(1, 90)}\nSince: "
        f"2024-0{random.randint(1, 9)}-11\n\nAnswer.\n"
    )
    said = {
        "category": random.choice(["billing", "delivery"]),
        "urgent": random.random() < 0.5,
        "why": f"Of {random.random()}.",
    }
    messages = turns(("system", system), ("user", asked), ("assistant", json.dumps(said)))
    return {"messages": messages, "model": "model-7"}


def findings(*lines: dict[str, Any]) -> LogFindings:
    return find_tasks(list(read_log(Lines(lines))))


def test_the_prompts_of_a_log_become_a_version_whose_renderer_makes_them_again() -> None:
    random = Random(3)
    lines = [ticket(random) for _ in range(40)]

    found = findings(*lines)

    (proposal,) = found.proposals
    spec = proposal.spec
    assert [(field.name, field.type, field.role) for field in spec.input_schema] == [
        ("ticket", "text", "title"), ("message", "document", ""), ("plan", "text", ""), ("seats", "integer", ""),
        ("since", "date", ""),
    ]  # fmt: skip
    assert spec.instruction == SYSTEM
    assert [(field.name, field.type) for field in spec.output_schema] == [
        ("category", "choice"), ("urgent", "boolean"), ("why", "text"),
    ]  # fmt: skip
    assert (proposal.same, proposal.differing, proposal.fitting) == (40, (), 40)
    assert found.models == (("model-7", 40),)
    assert spec.record_noun == "ticket"


def test_what_is_no_exchange_and_what_is_of_no_template_is_listed_by_its_row() -> None:
    random = Random(3)
    stranger = {"messages": turns(("system", SYSTEM), ("user", "Hello?"), ("assistant", "Hello."))}
    lines = [*(ticket(random) for _ in range(30)), stranger, {"messages": turns(("user", "Hello?"))}]

    found = findings(*lines)

    assert found.unlike == (31,)
    assert found.problems == ((32, "its last message is not the assistant's"),)


def test_a_value_that_the_product_would_tidy_is_named_as_not_the_same() -> None:
    lines = [
        {"messages": turns(("user", f"Read the note below and answer.\nNote: a{gap}{number}\nEnd."),
            ("assistant", "Done."))}
        for number, gap in enumerate([" "] * 20 + [" \n"])
    ]  # fmt: skip

    (proposal,) = findings(*lines).proposals

    assert proposal.same == 20
    assert proposal.differing == (21,)


def test_conversations_become_a_task_that_takes_one() -> None:
    talk = turns(
        ("system", "Be kind."), ("user", "Hello"), ("assistant", "Hi"), ("user", "Where?"), ("assistant", "Here.")
    )

    (proposal,) = findings(*[{"messages": talk}] * 4).proposals

    assert [field.type for field in proposal.spec.input_schema] == ["conversation"]
    assert proposal.spec.instruction == "Be kind."
    assert (len(proposal.rows), proposal.fitting) == (4, 4)


def test_a_prompt_without_a_system_text_has_its_first_sentences_as_instruction() -> None:
    lines = [
        {"messages": turns(("user", f"You answer for our shop. Be brief.\n\nQuestion: where is {number}?"),
            ("assistant", "Here."))}
        for number in range(9)
    ]  # fmt: skip

    (proposal,) = findings(*lines).proposals

    assert proposal.spec.instruction == "You answer for our shop. Be brief."
    assert proposal.spec.student_template.startswith("{{instruction}}\n\nQuestion: where is {{fact.")
    assert proposal.same == 9


@pytest.mark.parametrize(("answers", "wanted"), [
    (["Subject: A\n\nHello", "subject: B\n\nHello there"], [("subject", "text"), ("body", "text")]),
    (["billing", "delivery"] * 5, [("answer", "choice")]),
    (["Yes", "no", "yes"], [("answer", "boolean")]),
    (["3", "-7"], [("answer", "integer")]),
    (["3", "2.5"], [("answer", "number")]),
    (["2026-05-03", "2026-05-04"], [("answer", "date")]),
    (["It is late.", "It is here."], [("answer", "text")]),
    (['```json\n{"a": 1}\n```', '{"a": 2.5}'], [("a", "number")]),
    (['{"quotes": ["x y", "z"], "of": {"city": "Lund"}}'], [("quotes", "list"), ("of", "object")]),
    (['{"tags": ["a", "b"]}', '{"tags": ["a"]}'] * 3, [("tags", "choices")]),
    (['{"claims": [{"text": "a", "sure": true}]}'], [("claims", "list")]),
    (['{"Not a name": 1}'], [("answer", "text")]),
    (['{"a": {"b": {"c": {"d": {"e": 1}}}}}'], [("answer", "text")]),
    ([], [("answer", "text")]),
])  # fmt: skip
def test_answers_tell_the_fields_of_the_output(answers: list[str], wanted: list[tuple[str, str]]) -> None:
    fields = output_fields(answers)

    assert [(field.name, field.type) for field in fields] == wanted


def test_every_answer_is_read_back_under_the_proposed_output() -> None:
    random = Random(5)
    lines = [ticket(random) for _ in range(20)]

    (proposal,) = findings(*lines).proposals

    for line in lines:
        said = json.loads(line["messages"][-1]["content"])
        assert prompting.parse(proposal.spec, line["messages"][-1]["content"]) == said
