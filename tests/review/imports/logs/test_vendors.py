"""Logs of every vendor read the same: what was asked, what was answered, by which model; or why a row is not taken."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from review.sources.imports.logs.exchange import Exchange
from review.sources.imports.logs.reading import read_log, shapes_in
from review.sources.imports.tables import Row, open_table
from tests.review.imports.logs.vendors import (
    ASKED,
    CLAUDE_REQUEST,
    FLAT_SPAN,
    GEMINI_CHUNKS,
    GEMINI_REQUEST,
    LOGS,
    MODEL,
    PROMPT,
    RULE,
    SAID,
    bedrock,
    claude,
    completion,
    gemini,
    response,
    turns,
)

TOOL = {"id": "call_3", "type": "function", "function": {"name": "find_order", "arguments": '{"number": 1207}'}}
CALLED = [*turns(("user", ASKED)), {"role": "assistant", "content": None, "tool_calls": [TOOL]}]
RESULT = {"role": "tool", "tool_call_id": "call_3", "content": "at the depot"}


@dataclass(frozen=True)
class Lines:
    lines: tuple[dict[str, Any], ...]

    def rows(self) -> Iterator[Row]:
        yield from (Row(number, json.loads(json.dumps(line))) for number, line in enumerate(self.lines, 1))


def exchanges(*lines: dict[str, Any]) -> list[Exchange]:
    rows = list(read_log(Lines(lines)))
    assert [row.problem for row in rows if row.problem] == []
    return [row.exchange for row in rows if row.exchange]


def problems(*lines: dict[str, Any]) -> list[tuple[int, str]]:
    found = []
    for row in read_log(Lines(lines)):
        reasons = [row.problem] if row.exchange is None else [answer.problem for answer in row.exchange.answers]
        found += [(row.number, reason) for reason in reasons if reason]
    return found


@pytest.mark.parametrize("vendor", LOGS)
def test_a_log_is_read_whole(vendor: str) -> None:
    lines = LOGS[vendor]
    joined = 2 if "batch" in vendor else 1

    read = exchanges(*lines)

    assert len(read) == len(lines) // joined
    for exchange in read:
        assert [(turn.role, turn.content) for turn in exchange.asked] == [("system", RULE), ("user", ASKED)]
        assert [(answer.text, answer.calls) for answer in exchange.answers] == [(SAID, ())]
        assert exchange.model == MODEL
    assert shapes_in(Lines(tuple(lines)))


@pytest.mark.parametrize(("asked", "answered"), [
    ({"inputText": ASKED}, {"results": [{"outputText": SAID, "completionReason": "FINISH"}]}),
    ({"prompt": ASKED}, {"generation": SAID, "stop_reason": "stop"}),
    ({"prompt": ASKED}, {"outputs": [{"text": SAID, "stop_reason": "stop"}]}),
    ({"message": ASKED}, {"text": SAID, "finish_reason": "COMPLETE"}),
])  # fmt: skip
def test_models_with_a_form_of_their_own_on_bedrock_are_read(asked: Any, answered: Any) -> None:
    (exchange,) = exchanges(bedrock("InvokeModel", asked, answered))

    assert [turn.content for turn in exchange.asked] == [ASKED]
    assert exchange.answers[0].text == SAID


def test_a_conversation_with_tools_keeps_every_turn() -> None:
    claude_turns = [
        *turns(("user", ASKED)),
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_3", "name": "find_order",
            "input": {"number": 1207}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_3",
            "content": [{"type": "text", "text": "at the depot"}]}]},
    ]  # fmt: skip
    bedrock_turns = [
        {"role": "user", "content": [{"text": ASKED}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_3", "name": "find_order",
            "input": {"number": 1207}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "call_3", "content": [{"text": "at the depot"}]}}]},
    ]  # fmt: skip
    items = [
        {"role": "user", "content": ASKED},
        {"type": "function_call", "call_id": "call_3", "name": "find_order", "arguments": '{"number": 1207}'},
        {"type": "function_call_output", "call_id": "call_3", "output": "at the depot"},
    ]
    said = {"role": "assistant", "content": SAID}

    read = exchanges(
        {"messages": [*CALLED, RESULT, said]},
        {"request": {"model": MODEL, "messages": claude_turns}, "response": claude()},
        bedrock("Converse", {"messages": bedrock_turns},
            {"output": {"message": {"role": "assistant", "content": [{"text": SAID}]}}}),
        {"request": {"model": MODEL, "input": items}, "response": response()},
    )  # fmt: skip

    wanted = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": '{"tool": "find_order", "arguments": {"number": 1207}}'},
        {"role": "tool", "content": "at the depot"},
    ]
    for exchange in read:
        assert [turn.as_message() for turn in exchange.asked] == wanted


def test_both_answers_of_a_preference_are_kept_apart() -> None:
    line = {
        **LOGS["OpenAI preference"][0],
        "non_preferred_output": turns(("assistant", "No idea.")),
    }

    (exchange,) = exchanges(line)

    assert [(answer.text, answer.preference) for answer in exchange.answers] == [
        (SAID, "preferred"),
        ("No idea.", "not preferred"),
    ]


@pytest.mark.parametrize(("line", "why"), [
    ({"messages": [*CALLED, {"role": "assistant", "content": SAID}]}, "the tool's result for call_3 is missing"),
    ({"messages": [*turns(("user", ASKED)), RESULT, {"role": "assistant", "content": SAID}]},
     "the tool's result for call_3 answers no call of this conversation"),
    ({"request": {"model": MODEL, "input": ASKED, "previous_response_id": "resp_0"}, "response": response()},
        "an earlier response"),
    ({"request": {"model": MODEL, "input": [{"type": "item_reference", "id": "msg_0"}]}, "response": response()},
        "item_reference"),
    ({"request": {"model": MODEL, "input": ASKED}, "response": response(status="incomplete",
        incomplete_details={"reason": "max_output_tokens"})},
     "ended with 'max_output_tokens'"),
    ({"request": {"messages": PROMPT}, "response": completion(finish="content_filter")}, "ended with 'content_filter'"),
    ({"request": {"messages": PROMPT}, "response": completion(None, refusal="No.")}, "the model refused"),
    ({"request": {"model": MODEL, "messages": PROMPT}, "response": claude(stop="max_tokens")},
        "ended with 'max_tokens'"),
    ({"custom_id": "a", "response": None, "error": {"code": "batch_expired", "message": "It took too long."}},
     "the request failed (It took too long.), so there is no answer"),
    ({"custom_id": "a", "result": {"type": "errored", "error": {"type": "error", "error": {"message": "Too long."}}}},
     "the request failed (Too long.)"),
    ({"custom_id": "a", "result": {"type": "expired"}}, "the request was not answered: expired"),
    ({"custom_id": "a", "params": CLAUDE_REQUEST}, "the file holds no result for the request 'a'"),
    ({"schemaType": "ModelInvocationLog", "input": {"inputBodyS3Path": "s3://b/k"}, "output": {}}, "is stored at s3://b/k"),
    ({**bedrock("InvokeModel", {"inputText": ASKED}, {"embedding": [0.1]})}, "answers no text"),
    ({"id": "o", "traceId": "t", "type": "SPAN", "input": "a", "output": "b"}, "an observation of the kind SPAN"),
    ({"name": "r", "span_kind": "RETRIEVER", "attributes": {**FLAT_SPAN, "openinference.span.kind": "RETRIEVER"}},
        "a span of the kind RETRIEVER"),
    ({"name": "r", "span_kind": "LLM", "status_code": "ERROR", "attributes": FLAT_SPAN}, "the request failed"),
    ({"id": "1", "run_type": "chain", "inputs": {}, "outputs": {}}, "a run of the kind chain"),
    ({"id": "1", "call_type": "completion", "status": "failure", "error_str": "429", "messages": PROMPT,
        "response": None},
     "the request failed (429)"),
    ({"conversations": [{"from": "human", "value": ASKED}]}, "its last message is not the assistant's"),
    ({"messages": turns(("user", ASKED), ("narrator", "x"), ("assistant", SAID))},
        "has the role 'narrator', which is unknown"),
])  # fmt: skip
def test_what_is_not_whole_is_named_by_its_row(line: dict[str, Any], why: str) -> None:
    found = problems(LOGS["OpenAI fine-tuning"][0], line)

    assert [number for number, _ in found] == [2]
    assert why in found[0][1]


@pytest.mark.parametrize("line", [
    {"company": "Acme", "messages": 4, "body": "x"},
    {"company": "Acme", "request": "a quote", "response": "sent"},
    {"company": "Acme", "input": "a", "output": "b"},
    {"company": "Acme", "error": "late", "body": "x", "request": "y"},
    {"company": "Acme", "text": "x", "type": "message"},
])  # fmt: skip
def test_plain_tables_are_no_logs(line: dict[str, Any]) -> None:
    assert shapes_in(Lines((line,))) == []


def test_answers_of_gemini_that_are_cut_or_blocked_are_told() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": MODEL}
    stopped = {"candidates": [{"finishReason": "RECITATION", "index": 0}]}

    assert problems(
        {"request": GEMINI_REQUEST, "response": gemini(reason="MAX_TOKENS")},
        {"request": GEMINI_REQUEST, "response": blocked},
        {"request": GEMINI_REQUEST, "response": stopped},
    ) == [
        (1, "the answer ended with 'MAX_TOKENS', so it is not whole"),
        (2, "the request failed (SAFETY), so there is no answer"),
        (3, "the answer ended with 'RECITATION', so it is not whole"),
    ]


def test_tools_that_gemini_called_are_read() -> None:
    called = {"role": "model", "parts": [{"functionCall": {"name": "find_order", "args": {"number": 1207}}}]}
    result = {"role": "user", "parts": [{"functionResponse": {"name": "find_order", "response": {"at": "depot"}}}]}
    asked = {"contents": [*GEMINI_REQUEST["contents"], called, result]}

    (exchange,) = exchanges({"request": asked, "response": gemini()})

    assert [turn.role for turn in exchange.asked] == ["user", "assistant", "tool"]
    assert exchange.asked[1].calls[0].arguments == '{"number": 1207}'
    assert exchange.asked[2].content == '{"at": "depot"}'


@pytest.mark.parametrize(
    "answer",
    [{"label": "late"}, {"subject": "Hi", "message": "Hello there"}, [{"role": "CEO", "name": "Ada"}], {"choices": [{
        "message": "a"}]}, {"candidates": [{"content": "Ada"}]}],
)  # fmt: skip
def test_an_answer_that_is_json_itself_stays_a_text(answer: Any) -> None:
    (exchange,) = exchanges({"messages": PROMPT, "response": json.dumps(answer)})

    assert [answer.text for answer in exchange.answers] == [json.dumps(answer)]


@pytest.mark.parametrize("body", [{"error": {"message": "quota"}}, {"promptFeedback": {"blockReason": "SAFETY"}}])
def test_a_failure_written_as_a_text_is_told(body: Any) -> None:
    row = {"request_body": json.dumps({"messages": PROMPT}), "response_body": json.dumps(body), "status": 429}

    assert "the request failed" in problems(row)[0][1]


def test_an_export_may_write_that_there_is_no_error() -> None:
    row = {"request_body": json.dumps({"messages": PROMPT}), "response_body": json.dumps(completion()), "error": "null"}

    assert exchanges(row)[0].answers[0].text == SAID


def test_gemini_by_its_sdk_is_read() -> None:
    part = {"text": "Dear A, I wr", "thought": None, "function_call": None}
    candidate = {"content": {"role": "model", "parts": [part]}, "finish_reason": "MAX_TOKENS"}
    rule, content = {"parts": [{"text": RULE}]}, {"role": None, "parts": [{"text": ASKED}]}
    asked = {"contents": [content], "system_instruction": rule}
    line = {"request": asked, "response": {"candidates": [candidate], "model_version": MODEL}}

    assert problems(line) == [(1, "the answer ended with 'MAX_TOKENS', so it is not whole")]
    candidate["finish_reason"] = "STOP"
    assert (exchanges(line)[0].model, exchanges(line)[0].asked[0].content) == (MODEL, RULE)


def test_candidates_to_be_ranked_are_no_answers() -> None:
    assert shapes_in(Lines(({"query": "q", "candidates": [{"content": "A"}, {"content": "B"}], "answer": "A"},))) == []


def test_a_log_in_csv_is_read_and_a_table_with_alpacas_columns_is_none(write: Any) -> None:
    def written(**columns: str) -> Any:
        cells = io.StringIO()
        csv.writer(cells).writerows([columns, columns.values()])
        return open_table(write(cells.getvalue()))

    log = written(request_id="1", request_body=json.dumps({"messages": PROMPT}), response_body=json.dumps(completion()))
    assert shapes_in(log) == ["requests and responses"]
    (row,) = read_log(log)
    assert row.exchange is not None
    assert row.exchange.answers[0].text == SAID
    assert shapes_in(written(traceId="t", input=json.dumps(PROMPT), output=SAID)) == ["Langfuse"]
    assert shapes_in(written(instruction=RULE, input=ASKED, output=SAID)) == []
    assert shapes_in(written(question=ASKED, response=SAID, label="late")) == []
    assert shapes_in(written(conversation=json.dumps(PROMPT), reply=SAID)) == []
    assert shapes_in(written(messages=json.dumps(PROMPT), summary=SAID)) == []


def test_a_stream_without_its_end_holds_no_whole_answer() -> None:
    line = {"request": GEMINI_REQUEST, "response": GEMINI_CHUNKS[:1]}

    assert problems(line) == [(1, "the answer ended with 'an open stream', so it is not whole")]
