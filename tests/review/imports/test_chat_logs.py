"""Chat logs of OpenAI's shapes: the answer becomes a draft, what was asked its record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from review.models import Draft, Record, Task
from review.sources.imports import import_drafts, read_preview
from review.sources.imports.chat_logs import facts_in
from review.spec import prompting
from review.spec.starters import outreach, research_summary
from review.states import SourceKind
from tests.review.factories import make_source, make_task, plain_spec
from tests.review.imports.conftest import Write
from web.errors import Refusal

FACTS = {"company": "Acme Ltd", "sector": "steel", "role": "Head of Works", "size": "40", "trigger": "opened a depot"}
MAIL = {"subject": "A question about Acme", "body": "Hi {{contact.first_name}},\n\nshall we talk on Thursday?"}


def chat(asked: str, answer: Any, *, system: str = "You write mails.") -> dict[str, Any]:
    roles = (("system", system), ("user", asked), ("assistant", answer))
    return {"messages": [{"role": role, "content": content} for role, content in roles]}


def log(*lines: Any) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def answered() -> str:
    return prompting.completion(outreach.SPEC, MAIL)


@pytest.mark.parametrize("audience", ["teacher", "student"])
@pytest.mark.django_db
def test_prompts_of_our_own_templates_give_back_their_facts(
    task: Task, admin: Member, write: Write, audience: Any
) -> None:
    asked = prompting.messages(outreach.SPEC, FACTS, audience=audience)
    line = {"messages": [*asked, {"role": "assistant", "content": answered()}]}

    result = import_drafts(task, write(log(line), "log.jsonl"), by=admin)

    draft = Draft.objects.get()
    assert result.rows_added == 1
    assert result.source.format == "chat"
    assert draft.fields == MAIL
    assert draft.record.facts == FACTS


@pytest.mark.django_db
def test_a_record_that_is_here_is_found_and_the_same_log_adds_nothing_twice(
    task: Task, admin: Member, write: Write
) -> None:
    path = write(log(chat(json.dumps(FACTS), answered())), "log.jsonl")
    import_drafts(task, path, by=admin)

    again = import_drafts(task, path, by=admin)

    assert (again.rows_added, again.rows_known) == (0, 1)
    assert (Draft.objects.count(), Record.objects.count()) == (1, 1)


@pytest.mark.parametrize("line", [
    {"request": {"messages": [{"role": "user", "content": "company: Acme Ltd\nsector: steel"}]},
     "response": {"choices": [{"message": {"role": "assistant", "content": answered()}, "finish_reason": "stop"}]}},
    {"custom_id": "1", "request": {"body": {"messages": [{"role": "user", "content": "company: Acme Ltd"}]}},
     "response": {"status_code": 200, "body": {"choices": [{"message": {"content": answered()}}]}}, "error": None},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": '{"facts": {"company": "Acme Ltd"}}'}]},
                  {"role": "assistant", "content": [{"type": "text", "text": answered()}]}]},
    chat("company: Acme Ltd", f"```\n{answered()}\n```"),
])  # fmt: skip
@pytest.mark.django_db
def test_requests_with_responses_and_messages_in_parts_are_read(
    task: Task, admin: Member, write: Write, line: dict[str, Any]
) -> None:
    Record.objects.create(
        task=task, source=make_source(task), row_number=1, title="Acme Ltd", facts=FACTS, group="acme", split="train",
        content_hash="f" * 64,
    )  # fmt: skip

    import_drafts(task, write(log(line), "log.jsonl"), by=admin)

    assert Draft.objects.get().fields == MAIL


@pytest.mark.django_db
def test_bad_lines_are_told_by_their_number_and_nothing_comes_in(task: Task, admin: Member, write: Write) -> None:
    prompt = "company: Acme Ltd\nsector: steel"
    failed = {"response": {"status_code": 500, "body": {}}}
    cut = {"request": chat(prompt, "")["messages"][:2], "response": {
        "choices": [{"message": {"content": "Subject: x"}, "finish_reason": "length"}]}}  # fmt: skip
    refused = chat(prompt, None)
    refused["messages"][-1]["refusal"] = "No."
    unasked = {"messages": chat(prompt, "")["messages"][:2]}
    lines = [chat(prompt, answered()), chat(prompt, "no subject line"), failed, cut, refused, unasked, {"messages": []}]
    path = write(log(*lines) + "{broken\n", "log.jsonl")

    with pytest.raises(Refusal) as refusal:
        import_drafts(task, path, by=admin)

    assert refusal.value.code == "rows_bad"
    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS)
    reasons = [(error.row, error.reason) for error in preview.errors]
    assert [row for row, _ in reasons] == [2, 3, 4, 5, 6, 7, 8]
    for (_, reason), words in zip(reasons, (
        "begin with 'Subject: '", "the request failed", "ended with 'length'", "refused to answer",
        "last message is not the assistant's", "holds no messages", "not JSON",
    ), strict=True):  # fmt: skip
        assert words in reason
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_a_prompt_of_free_text_is_the_one_text_fact(admin: Member, write: Write) -> None:
    task = make_task(by=admin, spec=plain_spec(), slug="answers")

    import_drafts(task, write(log(chat("Where is my parcel?", "On its way.")), "log.jsonl"), by=admin)

    draft = Draft.objects.get()
    assert (draft.record.facts, draft.fields) == ({"question": "Where is my parcel?"}, {"reply": "On its way."})


@pytest.mark.django_db
def test_lists_of_claims_are_read_from_the_answers_json(admin: Member, write: Write) -> None:
    task = make_task(by=admin, spec=research_summary.SPEC, slug="summary")
    starter = research_summary.STARTER
    asked = prompting.messages(starter.spec, starter.facts, audience="teacher")
    line = {"messages": [*asked, {"role": "assistant", "content": prompting.completion(starter.spec, starter.fields)}]}

    import_drafts(task, write(log(line), "log.jsonl"), by=admin)

    assert Draft.objects.get().fields == starter.fields


def test_a_free_prompt_gives_no_fact_where_several_could_be_meant() -> None:
    assert facts_in(outreach.SPEC, "Write to Acme, please") == {}
    assert facts_in(research_summary.SPEC, "Write to Acme, please") == {}


def test_a_table_that_only_has_a_column_called_messages_is_no_chat_log(tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    path.write_text(log({"company": "Acme", "messages": 4, "body": "x", "subject": "y"}))

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS)

    assert preview.format == "jsonl"


PROMPT = "company: Acme Ltd\nsector: steel"


def turns(*pairs: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in pairs]}


def with_answers(*messages: dict[str, Any], asked: Any = PROMPT) -> dict[str, Any]:
    choices = [{"message": message, "finish_reason": "stop"} for message in messages]
    return {"request": turns(("user", asked)), "response": {"choices": choices}}


IMAGE = [{"type": "text", "text": PROMPT}, {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]
CALL = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}


@pytest.mark.parametrize(("line", "why"), [
    (turns(("user", "Hello"), ("assistant", "Hi"), ("user", PROMPT), ("assistant", answered())),
     "a conversation of 4 turns; this task takes one user message and one answer"),
    (turns(("user", "Hello"), ("user", PROMPT), ("assistant", answered())), "a conversation of 3 turns"),
    ({**with_answers({"content": answered()}),
      "request": turns(("user", "Hello"), ("assistant", "Hi"), ("user", PROMPT))}, "a conversation of 4 turns"),
    (turns(("user", PROMPT), ("assistant", None), ("tool", "42"), ("assistant", answered())),
        "tool calls or their results"),
    ({"messages": [{"role": "user", "content": PROMPT},
        {"role": "assistant", "content": answered(), "tool_calls": [CALL]}]},
     "tool calls"),
    (with_answers({"content": answered(), "tool_calls": [CALL]}), "its answer is a tool call"),
    (turns(("user", IMAGE), ("assistant", answered())), "a part of type 'image_url'"),
    (with_answers({"content": [{"type": "output_audio", "text": "x"}]}), "a part of type 'output_audio'"),
])  # fmt: skip
def test_what_is_more_than_one_message_and_one_answer_is_refused_and_never_cut(
    write: Write, line: dict[str, Any], why: str
) -> None:
    path = write(log(chat(PROMPT, answered()), line), "log.jsonl")

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS)

    assert [error.row for error in preview.errors] == [2]
    assert why in preview.errors[0].reason


@pytest.mark.django_db
def test_each_of_several_choices_is_a_draft_of_the_same_record(task: Task, admin: Member, write: Write) -> None:
    other = prompting.completion(outreach.SPEC, {**MAIL, "subject": "Another subject"})
    asked = "\n".join(f"{name}: {value}" for name, value in FACTS.items())
    path = write(log(with_answers({"content": answered()}, {"content": other}, asked=asked)), "log.jsonl")

    import_drafts(task, path, by=admin)

    assert {draft.fields["subject"] for draft in Draft.objects.all()} == {
        "A question about Acme",
        "Another subject",
    }
    assert Record.objects.count() == 1


def test_system_text_names_and_other_keys_are_columns_that_are_mapped_or_said_to_stay_out(write: Write) -> None:
    line = {**chat(PROMPT, answered(), system="Write for the sea trade."), "rating": 4}
    line["messages"][1]["name"] = "Ada"
    path = write(log(line), "log.jsonl")

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS)

    row = dict(zip(preview.columns, preview.samples[0], strict=True))
    assert preview.rows_bad == 0
    assert (row["system"], row["user_name"], row["rating"]) == ("Write for the sea trade.", "Ada", "4")
    assert {"system", "user_name", "rating"} <= set(preview.unknown_columns)


def test_a_conversation_in_a_cell_of_a_plain_table_is_refused_as_what_it_is(write: Write) -> None:
    line = {"company": "Acme", "sector": turns(("user", "a"), ("assistant", "b"))["messages"]}
    path = write(log({"company": "Acme", "sector": "steel"}, line), "records.jsonl")

    preview = read_preview(path, spec=outreach.SPEC)

    assert [(error.row, error.reason) for error in preview.errors] == [
        (2, "'sector' is a conversation of 2 messages, expected a text")
    ]


def test_a_key_that_only_late_rows_have_is_said_to_stay_out(write: Write) -> None:
    rows = [{"company": f"Acme {number}", "sector": "steel"} for number in range(2_001)]
    path = write(log(*rows, {"company": "Last", "sector": "steel", "late": 1}), "records.jsonl")

    preview = read_preview(path, spec=outreach.SPEC)

    assert preview.rows_total == 2_002
    assert "late" in preview.unknown_columns


def test_a_conversation_in_place_of_a_written_text_is_refused(write: Write) -> None:
    line = {"company": "Acme", "subject": "x", "body": turns(("user", "a"), ("assistant", "b"))["messages"]}

    preview = read_preview(write(log(line), "drafts.jsonl"), spec=outreach.SPEC, kind=SourceKind.DRAFTS)

    assert preview.rows_bad == 1
