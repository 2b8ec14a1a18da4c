"""A few lines of each vendor's log, of our own making in the form that the vendor's page gives,
all with the same words.

Each names the page its form is from. What was asked is `ASKED`, what was answered `SAID`, by a model named `MODEL`.
"""

from __future__ import annotations

import json
from typing import Any

RULE, ASKED, SAID, MODEL = "Answer in one sentence.", "Where is order 1207?", "It left the depot on Monday.", "model-7"
Line = dict[str, Any]


def turns(*pairs: tuple[str, Any]) -> list[Line]:
    return [{"role": role, "content": content} for role, content in pairs]


def completion(text: Any = SAID, finish: str = "stop", **message: Any) -> Line:
    choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None, **message}}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{**choice, "finish_reason": finish}],
    }


def response(text: str = SAID, **more: Any) -> Line:
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}  # fmt: skip
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": MODEL,
        "output": [thought, item],
        **more,
    }


def claude(text: str = SAID, stop: str = "end_turn") -> Line:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "stop_reason": stop,
            "content": [{"type": "thinking", "thinking": "Let me look."}, {"type": "text", "text": text}]}  # fmt: skip


def gemini(text: str = SAID, reason: str = "STOP") -> Line:
    content = {"role": "model", "parts": [{"text": "Let me look.", "thought": True}, {"text": text}]}
    return {"candidates": [{"content": content, "finishReason": reason, "index": 0}], "modelVersion": MODEL}


GEMINI_REQUEST = {"systemInstruction": {"parts": [{"text": RULE}]},
                  "contents": [{"role": "user", "parts": [{"text": ASKED}]}]}  # fmt: skip
PROMPT = turns(("system", RULE), ("user", ASKED))
USER = turns(("user", ASKED))
BEDROCK = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-05-03T08:00:00Z",
    "modelId": MODEL,
}


def bedrock(operation: str, asked: Any, answered: Any) -> Line:
    return {**BEDROCK, "operation": operation, "input": {"inputContentType": "application/json",
        "inputBodyJson": asked},
            "output": {"outputContentType": "application/json", "outputBodyJson": answered}}  # fmt: skip


CONVERSE = ({"messages": turns(("user", [{"text": ASKED}])), "system": [{"text": RULE}]},
            {"output": {"message": {"role": "assistant", "content": [{"text": SAID}]}},
                "stopReason": "end_turn"})  # fmt: skip
CLAUDE_REQUEST = {"model": MODEL, "max_tokens": 200, "system": RULE, "messages": USER}
FLAT_SPAN = {
    "openinference.span.kind": "LLM", "llm.model_name": MODEL,
    "llm.input_messages.0.message.role": "system", "llm.input_messages.0.message.content": RULE,
    "llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": ASKED,
    "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": SAID,
}  # fmt: skip
STREAM = [{"type": "message_start", "message": {"model": MODEL}}, {"type": "content_block_delta",
    "delta": {"type": "text_delta", "text": SAID[:9]}},
          {"type": "content_block_delta", "delta": {"type": "text_delta", "text": SAID[9:]}},
          {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}]  # fmt: skip

GEMINI_CHUNKS = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": SAID[:9]}]}}], "modelVersion": MODEL},
    {"candidates": [{"content": {"parts": [{"text": SAID[9:]}]}, "finishReason": "STOP"}], "usageMetadata": {}},
]
CHUNKS = [
    {"object": "chat.completion.chunk", "model": MODEL, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
    for delta, end in (({"role": "assistant", "content": SAID[:9]}, None), ({"content": SAID[9:]}, None), ({}, "stop"))
]
STREAMS = (
    (GEMINI_REQUEST, GEMINI_CHUNKS),
    (json.dumps(GEMINI_REQUEST), GEMINI_CHUNKS),
    ({"messages": PROMPT}, [*CHUNKS, {"choices": [], "usage": {}}]),
    ({**CLAUDE_REQUEST, "stream": True}, STREAM),
    ({"model": MODEL, "instructions": RULE, "input": ASKED},
     [{"type": "response.created"}, {"type": "response.completed", "response": response()}]),
)  # fmt: skip


def sent(events: list[Line]) -> str:
    return "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def constructor(kind: str, text: str) -> Line:
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", kind],
        "kwargs": {"content": text},
    }


# Every one of these is the exchange above.
LOGS: dict[str, list[Line]] = {
    # https://platform.openai.com/docs/api-reference/chat/create
    "OpenAI chat completions": [
        {"request": {"model": MODEL, "messages": PROMPT}, "response": completion()},
        {"body": {"model": MODEL, "messages": PROMPT}, "response": {"status_code": 200, "body": completion()}},
    ],
    # https://platform.openai.com/docs/api-reference/responses/create
    "OpenAI Responses": [
        {"request": {"model": MODEL, "instructions": RULE, "input": ASKED}, "response": response()},
        {"request": {"model": MODEL, "input": [{"role": "developer", "content": RULE},
            {"type": "message", "role": "user",
         "content": [{"type": "input_text", "text": ASKED}]}]}, "response": response()},
        response(instructions=RULE, input=ASKED),
    ],
    # https://platform.openai.com/docs/api-reference/chat/list
    "OpenAI stored completions": [
        {**completion(), "metadata": {"team": "help"}, "messages": PROMPT},
        {**completion(), "messages": {"object": "list", "data": [{"id": "m-0", **each} for each in PROMPT]}},
    ],
    # https://platform.openai.com/docs/api-reference/batch/request-input, …/request-output: one file behind the other
    "OpenAI batch, input and output": [
        {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": MODEL, "messages": PROMPT}},
        {"custom_id": "b", "method": "POST", "url": "/v1/responses",
            "body": {"model": MODEL, "instructions": RULE, "input": ASKED}},
        {"id": "r2", "custom_id": "b", "response": {"status_code": 200, "request_id": "q", "body": response()},
            "error": None},
        {"id": "r1", "custom_id": "a", "response": {"status_code": 200, "request_id": "p", "body": completion()},
            "error": None},
    ],
    # https://platform.openai.com/docs/api-reference/fine-tuning/chat-input
    "OpenAI fine-tuning": [
        {"messages": [*PROMPT, {"role": "assistant", "content": SAID, "weight": 1}], "tools": [],
            "parallel_tool_calls": True, "model": MODEL},
    ],
    # https://platform.openai.com/docs/guides/direct-preference-optimization
    "OpenAI preference": [
        {"input": {"messages": PROMPT, "tools": [], "parallel_tool_calls": True}, "model": MODEL,
         "preferred_output": turns(("assistant", SAID))},
    ],
    # https://docs.claude.com/en/api/messages
    "Anthropic Messages": [
        {"request": CLAUDE_REQUEST, "response": claude()},
        {**CLAUDE_REQUEST, "response": claude()},
    ],
    # https://docs.claude.com/en/api/retrieving-message-batch-results
    "Anthropic batch, requests and results": [
        {"custom_id": "a", "params": CLAUDE_REQUEST},
        {"custom_id": "a", "result": {"type": "succeeded", "message": claude()}},
    ],
    # https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
    "Bedrock": [
        bedrock("Converse", *CONVERSE),
        bedrock("ConverseStream", *CONVERSE),
        bedrock("InvokeModel", {"anthropic_version": "bedrock-2023-05-31", **CLAUDE_REQUEST}, claude()),
        bedrock("InvokeModelWithResponseStream", CLAUDE_REQUEST, STREAM),
        {"timestamp": 1, "message": json.dumps(bedrock("Converse", *CONVERSE))},
    ],
    # https://ai.google.dev/api/generate-content, …/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
    "Gemini": [
        {"request": GEMINI_REQUEST, "response": gemini()},
        {"status": "", "request": {"contents": {"parts": [{"text": ASKED}]}, "system_instruction": RULE},
            "response": gemini()},
        {"model": MODEL, "systemInstruction": {"role": "system", "parts": [{"text": RULE}]},
         "contents": [*GEMINI_REQUEST["contents"], {"role": "model", "parts": [{"text": SAID}]}]},
    ],
    "gateways that write bodies as texts": [
        {"request_id": "1", "request_body": json.dumps({"messages": PROMPT}),
            "response_body": json.dumps(completion())},
        {"requestBody": json.dumps(CLAUDE_REQUEST), "responseBody": json.dumps(claude()), "error": ""},
        {"request": json.dumps(GEMINI_REQUEST), "response": json.dumps(gemini()), "status": 200},
        {"request_body": {"messages": PROMPT}, "response_body": completion()},
        {"messages": json.dumps(PROMPT), "response": SAID, "model": MODEL},
    ],
    # https://langfuse.com/docs/api-and-data-platform/features/export-from-ui
    "Langfuse": [
        {"id": "o1", "traceId": "t1", "type": "GENERATION", "model": MODEL, "level": "DEFAULT", "input": PROMPT,
         "output": {"role": "assistant", "content": SAID}, "usageDetails": {"input": 20}},
        {"id": "o2", "trace_id": "t2", "type": "GENERATION", "provided_model_name": MODEL,
         "input": json.dumps({"messages": PROMPT}), "output": SAID},
        {"id": "o3", "traceId": "t3", "type": "GENERATION", "model": MODEL, "input": {"messages": PROMPT},
            "output": completion()},
    ],
    # https://arize.com/docs/phoenix/tracing/how-to-tracing/importing-and-exporting-traces
    "Phoenix": [
        {"name": "ChatCompletion", "span_kind": "LLM", "context": {"span_id": "1"}, "status_code": "OK",
            "attributes": FLAT_SPAN},
        {"name": "ChatCompletion", "span_kind": "LLM", "attributes": {"llm": {"model_name": MODEL,
         "input_messages": [{"message": each} for each in PROMPT],
         "output_messages": [{"message": {"role": "assistant",
             "contents": [{"message_content": {"type": "text", "text": SAID}}]}}]}}},
        {"name": "ChatCompletion", "span_kind": "LLM", "attributes.llm.model_name": MODEL,
         "attributes.llm.input_messages": [{"message.role": each["role"],
             "message.content": each["content"]} for each in PROMPT],
         "attributes.llm.output_messages": [{"message.role": "assistant", "message.content": SAID}]},
    ],
    # https://docs.langchain.com/langsmith/run-data-format
    "LangSmith": [
        {"id": "1", "run_type": "llm", "inputs": {"messages": PROMPT}, "outputs": completion(), "error": None,
         "extra": {"metadata": {"ls_model_name": MODEL}}},
        {"id": "2", "run_type": "llm", "extra": {"invocation_params": {"model": MODEL}},
         "inputs": {"messages": [[constructor("SystemMessage", RULE), constructor("HumanMessage", ASKED)]]},
         "outputs": {"generations": [[{"text": SAID, "message": constructor("AIMessage", SAID)}]], "llm_output": None}},
        {"id": "3", "run_type": "llm", "inputs": json.dumps({"messages": PROMPT}),
         "outputs": json.dumps({"messages": turns(("assistant", SAID))}),
         "extra": json.dumps({"metadata": {"ls_model_name": MODEL}})},
    ],
    # https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, …/chat-streaming
    "streams": [
        {"request": request, "response": form(events)}
        for request, events in STREAMS
        for form in (list, json.dumps, sent)
        if form is not json.dumps or isinstance(request, str)
    ],
    # https://docs.litellm.ai/docs/proxy/logging_spec
    "LiteLLM": [
        {"id": "1", "call_type": "acompletion", "status": "success", "model": MODEL, "messages": PROMPT,
            "response": completion()},
        {"id": "2", "call_type": "completion", "model": MODEL, "messages": json.dumps(PROMPT),
            "response": json.dumps(completion())},
    ],
    # https://docs.axolotl.ai/docs/dataset-formats/conversation.html
    "ShareGPT": [
        {"id": "1", "system": RULE, "model": MODEL, "conversations": [{"from": "human", "value": ASKED},
            {"from": "gpt", "value": SAID}]},
        {"model": MODEL, "conversations": [{"from": "system", "value": RULE}, {"from": "human", "value": ASKED},
            {"from": "gpt", "value": SAID}]},
    ],
    # https://huggingface.co/datasets/OpenAssistant/oasst2
    "trees of messages": [
        {"message_tree_id": "1", "model": MODEL, "prompt": {"role": "system", "text": RULE, "replies": [
            {"role": "prompter", "text": ASKED, "replies": [
                {"role": "assistant", "text": "Worse.", "rank": 1, "replies": []},
                {"role": "assistant", "text": SAID, "rank": 0, "replies": [
                    {"role": "prompter", "text": "Thanks.", "replies": []}]}]}]}},
    ],
    # https://github.com/tatsu-lab/stanford_alpaca#data-release
    "Alpaca": [
        {"system": RULE, "instruction": ASKED, "input": "", "output": SAID, "model": MODEL},
    ],
    "a log of one's own": [
        {"messages": PROMPT, "response": SAID, "model": MODEL},
        {"input": {"messages": PROMPT}, "output": {"role": "assistant", "content": SAID}, "model": MODEL},
        {"inputs": {"model": MODEL, "messages": PROMPT}, "output": completion()},
        {"inputs": {"messages": PROMPT}, "outputs": {"messages": turns(("assistant", SAID))}, "model": MODEL},
    ],
    # https://docs.cohere.com/docs/chat-preparing-the-data
    "Cohere": [
        {"messages": turns(("System", RULE), ("User", ASKED), ("Chatbot", SAID)), "model": MODEL},
    ],
}  # fmt: skip
