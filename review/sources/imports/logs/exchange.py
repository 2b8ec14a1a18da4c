"""One exchange with a model, and the envelopes that hold one: requests with responses, batches, files for tuning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from review.sources.imports.logs import streams
from review.sources.imports.logs.bodies import (
    Answer,
    answers_in,
    asked_in,
    contents_in,
    decoded,
    failure,
    finish_of,
    given_in,
    model_in,
)
from review.sources.imports.logs.messages import ASSISTANT, Json, Turn, has_messages

_OK = 200
# Names of gateways for the two bodies; what may be a text, and which names stand beside it then.
_BODIES = {"requestbody": "request", "responsebody": "response"}
_WRITTEN = {"request": {"response"}, "messages": {"response", "output", "completion", "answer"}}
# Names in a response without an answer of its own form: a failure, a block, Bedrock's envelope.
_OF_A_RESPONSE = frozenset({"error", "promptFeedback", "prompt_feedback", "stopReason"})
# Texts of an export for no error.
_NO_ERROR = frozenset({"null", "none", "nan"})
NO_MESSAGES = "it holds no messages"
NOT_LAST = "its last message is not the assistant's"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Exchange with a model: the request, and each of its answers.

    Attributes:
        asked: System text, messages and results of tools, up to the answer.
        answers: One, or each of several choices.
        model: Its name as the log has it.
        custom_id: The request's id in a batch.
    """

    asked: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    model: str = ""
    custom_id: str = ""


@dataclass(frozen=True, slots=True)
class Half:
    """A request of a batch without its result; the line that brings the result names it by its id."""

    asked: tuple[Turn, ...]
    custom_id: str
    model: str = ""


def ending_in_answer(turns: list[Turn], *, model: str = "") -> Exchange:
    """An exchange of a conversation whose last message is the answer.

    Raises:
        ValueError: It is not.
    """
    if not turns:
        raise ValueError(NO_MESSAGES)
    last = turns[-1]
    if last.role != ASSISTANT:
        raise ValueError(NOT_LAST)
    if last.is_refusal:
        raise ValueError("the model refused to answer")
    if not last.content.strip() and not last.calls:
        raise ValueError("the assistant's message holds no text")
    return Exchange(tuple(turns[:-1]), (Answer(last.content, last.calls),), model)


def is_call(values: Row) -> bool:
    """Return whether a row is a request with its response, a line of a batch, or the one body of both."""
    return _response(values) is not None or _is_failed(values) or is_request_of_batch(values)


def with_bodies(values: Row) -> Row:
    """Return a row whose request and response are objects: gateways write them as texts, under names of their own."""
    names = {name: _BODIES.get(name.replace("_", "").casefold(), name) for name in values}
    named = {name if names[name] in values else names[name]: value for name, value in values.items()}
    read: Row = {}
    for name, others in _WRITTEN.items():
        if isinstance(named.get(name), str) and others & named.keys() and _is_body(body := decoded(named[name])):
            read[name] = body
    # An answer that is JSON itself stands beside a request that is an object.
    response = streams.opened(decoded(named.get("response"))) if "request" in read else None
    if _is_of_an_api(response) or (isinstance(response, dict) and not _OF_A_RESPONSE.isdisjoint(response)):
        read["response"] = response
    return {**named, **read} if read or named.keys() != values.keys() else values


def is_request_of_batch(values: Row) -> bool:
    """Return whether a row is a line of a batch's request file.

    https://platform.openai.com/docs/guides/batch, https://docs.claude.com/en/api/creating-message-batches
    """
    body = values.get("body", values.get("params"))
    return isinstance(body, dict) and "response" not in values and "result" not in values and _is_body(body)


def read_call(values: Row) -> Exchange | Half:
    """A request with its response, wherever the row keeps the two.

    Raises:
        ValueError: The request failed, or a message cannot be read.
    """
    custom_id = str(values.get("custom_id") or values.get("recordId") or "")
    if _is_failed(values):
        raise ValueError(_failure_of(values))
    request = next((body for body in _requests(values) if _is_body(body)), None)
    turns = tuple(asked_in(request) or ())
    if is_request_of_batch(values):
        return Half(turns, custom_id, model_in(request))
    response = _response(values)
    if response is None:
        raise ValueError(NO_MESSAGES)
    return Exchange(turns, tuple(given_in(response)), model_in(response, request, values), custom_id)


def joined(result: Exchange, request: Half | None) -> Exchange:
    """A result of a batch with the request that it answers."""
    if request is None or result.asked:
        return result
    return replace(result, asked=request.asked, model=result.model or request.model)


def is_conversation(values: Row) -> bool:
    """A line of a file for tuning, of OpenAI or Gemini.

    https://platform.openai.com/docs/api-reference/fine-tuning/chat-input,
    https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
    """
    return any(_is_conversation(body) for body in _requests(values))


def read_conversation(values: Row) -> Exchange:
    """A conversation that ends with the answer.

    Raises:
        ValueError: It does not, or a message cannot be read.
    """
    body = next(body for body in _requests(values) if _is_conversation(body))
    return ending_in_answer(asked_in(body) or [], model=model_in(body, values))


def _is_conversation(body: object) -> bool:
    return isinstance(body, dict) and (has_messages(body.get("messages")) or bool(contents_in(body)))


def _requests(values: Row) -> list[Any]:
    request = values.get("request")
    body = request.get("body") if isinstance(request, dict) else None
    return [request, body, *(values.get(name) for name in ("body", "params", "modelInput", "input", "inputs")), values]


def _is_body(body: object) -> bool:
    """Return whether a body is a request, without reading its messages."""
    if isinstance(body, (str, list)):
        return has_messages(body)
    if not isinstance(body, dict):
        return False
    if _has_messages(body):
        return True
    is_asked = isinstance(body.get("input"), (str, list)) and ("model" in body or "instructions" in body)
    return is_asked or any(isinstance(body.get(key), str) for key in ("prompt", "inputText", "message"))


def _response(values: Row) -> Any:
    """The body of a response, wherever the row keeps it; None where it has none."""
    response, result = values.get("response"), values.get("result")
    body = response.get("body") if isinstance(response, dict) else None
    message = result.get("message") if isinstance(result, dict) else None
    outputs = (values.get(key) for key in ("modelOutput", "output", "outputs"))
    for held in map(streams.opened, (body, message, response, *outputs)):
        if (
            isinstance(held, (dict, list))
            and answers_in(held) is not None
            and (_is_of_an_api(held) or _is_asked(values))
        ):
            return held
    if _is_of_an_api(values):
        return values
    # Logs of one's own: messages, and beside them the text or the message that came back.
    for key in ("response", "output", "outputs", "completion", "answer"):
        held = values.get(key)
        if (
            isinstance(held, (str, dict))
            and held
            and any(isinstance(body, dict) and _has_messages(body) for body in _requests(values))
        ):
            return held
    return None


def _is_of_an_api(body: object) -> bool:
    """Return whether a body looks like an API response and like no row of a plain table."""
    if not isinstance(body, dict):
        return False
    choices, candidates = body.get("choices"), body.get("candidates")
    if isinstance(candidates, list) and candidates:
        rows = [each for each in candidates if isinstance(each, dict)]
        return rows == candidates and all(isinstance(each.get("content"), dict) or finish_of(each) for each in rows)
    if isinstance(choices, list) and choices:
        return all(isinstance(each, dict) and ("message" in each or "finish_reason" in each) for each in choices)
    is_message = body.get("type") == "message" and body.get("role") == ASSISTANT
    return is_message or (body.get("object") == "response" and isinstance(body.get("output"), list))


def _is_asked(values: Row) -> bool:
    return bool({"custom_id", "recordId"} & values.keys()) or any(_is_body(body) for body in _requests(values))


def _has_messages(body: Json) -> bool:
    messages = body.get("messages")
    return has_messages(messages.get("data") if isinstance(messages, dict) else messages) or bool(contents_in(body))


def _is_failed(values: Row) -> bool:
    response, result, error = values.get("response"), values.get("result"), values.get("error")
    status = response.get("status_code", _OK) if isinstance(response, dict) else _OK
    kind = result.get("type") if isinstance(result, dict) else None
    if status != _OK or (kind in ("errored", "canceled", "expired") and "custom_id" in values):
        return True
    is_told = bool(error) and str(error).casefold() not in _NO_ERROR
    return is_told and (
        any(isinstance(values.get(key), dict) for key in ("response", "request", "body"))
        or (isinstance(error, dict) and "custom_id" in values)
    )


def _failure_of(values: Row) -> str:
    response, result = values.get("response"), values.get("result")
    if isinstance(result, dict) and result.get("type") in ("canceled", "expired"):
        return f"the request was not answered: {result['type']}"
    held = result.get("error") if isinstance(result, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    return failure(held or values.get("error") or (body.get("error") if isinstance(body, dict) else None))
