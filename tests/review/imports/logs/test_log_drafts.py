"""Logs as drafts on the desk: records by the facts of their prompts, models by their names, conversations whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from members.models import Member
from review.models import Draft, Record
from review.sources.imports import import_drafts, read_preview
from review.sources.imports.chat_logs import open_drafts
from review.spec.schema import InputField, Label, OutputField
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from tests.review.factories import make_task, plain_spec
from tests.review.imports.conftest import Write
from tests.review.imports.logs.vendors import ASKED, LOGS, MODEL, RULE, SAID, claude, completion, turns


def triage(**more: Any) -> TaskSpec:
    return TaskSpec(
        instruction="Sort the ticket.",
        input_schema=(InputField(name="ticket", role="title"), InputField(name="plan")),
        output_schema=(
            OutputField(name="category", type="choice", labels=(Label(name="billing"), Label(name="delivery"))),
            OutputField(name="urgent", type="boolean"),
        ),
        teacher_template="{{instruction}}\nPlan <{{fact.plan}}>, ticket: {{fact.ticket}}\nAnswer as JSON.",
        student_template="{{facts}}",
        **more,
    )


def talk() -> TaskSpec:
    return TaskSpec(
        instruction=RULE,
        input_schema=(InputField(name="thread", type="conversation", required=True),),
        output_schema=(OutputField(name="reply", role="body"),),
        teacher_template="{{instruction}}\n{{facts}}",
        student_template="{{facts}}",
    )


def log(lines: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in lines)


@pytest.mark.parametrize(
    "vendor", ["OpenAI batch, input and output", "Anthropic batch, requests and results", "Langfuse"]
)
@pytest.mark.django_db
def test_a_log_becomes_records_and_drafts_that_name_their_model(admin: Member, write: Write, vendor: str) -> None:
    task = make_task(by=admin, spec=plain_spec(), slug="answers")

    import_drafts(task, write(log(LOGS[vendor]), "log.jsonl"), by=admin)

    draft = Draft.objects.get()
    assert (draft.record.facts, draft.fields) == ({"question": ASKED}, {"reply": SAID})
    assert draft.model == MODEL
    assert Record.objects.count() == 1


def test_a_prompt_of_the_tasks_own_template_gives_its_facts_back_whatever_its_form(write: Write) -> None:
    prompt = "Sort the ticket.\nPlan <Team, 12 seats>, ticket: Where is it?\nAnswer as JSON."
    line = {"messages": turns(("user", prompt), ("assistant", '{"category": "delivery", "urgent": true}'))}

    table = open_drafts(write(log([line]), "log.jsonl"), triage())

    (row,) = table.rows()
    assert (row.values["ticket"], row.values["plan"]) == ("Where is it?", "Team, 12 seats")
    assert (row.values["category"], row.values["urgent"]) == ("delivery", True)


def test_the_arguments_of_one_tool_call_are_an_answer_in_json(write: Write) -> None:
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "sort", "arguments": '{"category": "billing", "urgent": false}'},
    }
    wrong = {**call, "function": {"name": "sort", "arguments": '{"category": "weather", "urgent": false}'}}
    lines = [
        {"request": {"messages": turns(("user", "ticket: Too dear"))},
            "response": completion(None, "tool_calls", tool_calls=[each])}
        for each in (call, wrong)
    ]  # fmt: skip

    first, second = open_drafts(write(log(lines), "log.jsonl"), triage()).rows()

    assert (first.values["category"], first.values["urgent"]) == ("billing", False)
    assert "weather" in second.problem


def test_a_task_with_a_conversation_takes_every_turn(write: Write) -> None:
    asked = turns(("user", "Hello"), ("assistant", "How can I help?"), ("user", ASKED))
    lines = [
        {"request": {"model": MODEL, "system": RULE, "messages": asked}, "response": claude()},
        {"request": {"model": MODEL, "system": "Be brief.", "messages": asked}, "response": claude()},
    ]

    first, second = open_drafts(write(log(lines), "log.jsonl"), talk()).rows()

    assert first.values["thread"] == asked
    assert second.values["thread"] == [{"role": "system", "content": "Be brief."}, *asked]
    assert first.values["reply"] == SAID


def test_a_table_with_a_tasks_conversation_and_its_answer_is_no_log(write: Write) -> None:
    spec = talk().model_copy(
        update={"input_schema": (InputField(name="messages", type="conversation", required=True),)}
    )
    asked = turns(("user", "Hello"), ("assistant", "How can I help?"))
    lines = [{"messages": asked, "reply": SAID}, {"messages": [*asked, *turns(("user", ASKED))], "reply": SAID}]

    rows = list(open_drafts(write(log(lines), "rows.jsonl"), spec).rows())

    assert [row.values for row in rows] == lines


def test_a_row_of_a_batch_without_its_request_is_found_by_its_id_as_before(write: Write) -> None:
    results = [line for line in LOGS["OpenAI batch, input and output"] if "response" in line]

    preview = read_preview(
        write(log(results), "log.jsonl"), spec=plain_spec(), kind=SourceKind.DRAFTS,
        mapping={"custom_id": "question", "reply": "reply"},
    )  # fmt: skip

    assert (preview.rows_total, preview.rows_bad) == (2, 0)


def test_a_table_in_the_form_of_alpaca_stays_a_table_where_the_task_has_its_words(write: Write) -> None:
    spec = plain_spec().model_copy(update={"input_schema": (InputField(name="instruction"),)})
    line = {"instruction": "Say hello.", "input": "", "output": "Hello."}
    path = write(log([line]), "log.jsonl")

    assert open_drafts(path, spec).format == "jsonl"
    assert open_drafts(path, plain_spec()).format == "chat"


def test_a_table_of_conversations_stays_a_table_where_a_column_holds_the_tasks_answer(write: Write) -> None:
    talk_in_text = f"<|im_start|>user\n{ASKED}<|im_end|>\n<|im_start|>assistant\n{SAID}<|im_end|>\n"
    path = write(log([{"text": talk_in_text, "reply": "polite"}]), "log.jsonl")

    assert open_drafts(path, plain_spec()).format == "jsonl"
    assert open_drafts(write(log([{"text": talk_in_text}]), "log.jsonl"), plain_spec()).format == "chat"
