"""Bodies of requests and responses: the question in one, the answer in the other, whichever API they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from review.sources.imports.logs import chat_templates, streams
from review.sources.imports.logs.messages import (
    ASSISTANT,
    SYSTEM,
    USER,
    Json,
    ToolCall,
    Turn,
    has_messages,
    read_turns,
)
from web import strict_json

_WHOLE = frozenset(
    {
        "",
        "stop",
        "end_turn",
        "stop_sequence",
        "eos",
        "eos_token",
        "complete",
        "completed",
        "finish",
        "finished",
        "success",
    }
)
_WITH_CALLS = frozenset({"tool_calls", "tool_use", "function_call", "tool_call"})
NO_ANSWER = "the request failed{}, so there is no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a model, or in its place what is wrong with it.

    Attributes:
        problem: Why it cannot be taken; empty for a whole answer.
        preference: Of a pair `preferred` or `not preferred`.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    problem: str = ""
    preference: str = ""


def decoded(value: object) -> Any:
    """JSON that an export wrote as a text; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            return strict_json.parse(value)
        except ValueError:
            return value
    return value


def asked_in(body: object) -> list[Turn] | None:
    """Return the messages of a request; None where the body is no request.

    Raises:
        ValueError: A message is none, or a part of the conversation is elsewhere.
    """
    if isinstance(body, str):
        return _written(body) or None
    if has_messages(body):
        return read_turns(body)
    if not isinstance(body, dict):
        return None
    messages = body.get("messages")
    if isinstance(messages, dict) and isinstance(messages.get("data"), list):
        messages = messages["data"]
    if has_messages(messages):
        return [*_system(body.get("system")), *read_turns(messages)]
    if contents := contents_in(body):
        rule = body.get("systemInstruction", body.get("system_instruction"))
        return [*_system(rule.get("parts") if isinstance(rule, dict) else rule), *read_turns(contents)]
    if "input" in body and isinstance(body["input"], (str, list)):
        return _asked_of_responses(body)
    if isinstance(message := body.get("message"), str):
        return [*read_turns(_cohere_history(body.get("chat_history"))), Turn(USER, message)]
    for key in ("prompt", "inputText", "inputs"):
        if isinstance(text := body.get(key), str) and text.strip():
            return [*_system(body.get("system")), *_written(text)]
    return None


def _written(prompt: str) -> list[Turn]:
    return chat_templates.turns_in(prompt) or ([Turn(USER, prompt)] if prompt.strip() else [])


def contents_in(body: object) -> list[Json]:
    """Return the messages of a request to Gemini; one without a role is the user's. Empty for any other body."""
    contents = body.get("contents") if isinstance(body, dict) else None
    contents = [contents] if isinstance(contents, dict) else contents
    if not isinstance(contents, list) or not all(isinstance(each, dict) and "parts" in each for each in contents):
        return []
    return [{**each, "role": each.get("role") or USER} for each in contents]


def answers_in(body: object) -> list[Answer] | None:
    """Return the answers of a response, one for each choice; None where the body is no response."""
    body = streams.opened(body)
    if not isinstance(body, dict):
        return None
    if isinstance(choices := body.get("choices"), list) and choices:
        return [_chosen(choice, number, len(choices)) for number, choice in enumerate(choices, 1)]
    if isinstance(candidates := body.get("candidates"), list) and candidates:
        return [_candidate(each, number, len(candidates)) for number, each in enumerate(candidates, 1)]
    feedback = body.get("promptFeedback", body.get("prompt_feedback"))
    if isinstance(feedback, dict) and (why := feedback.get("blockReason", feedback.get("block_reason"))):
        return [Answer(problem=failure(str(why)))]
    output = body.get("output")
    if isinstance(output, list) and (body.get("object") == "response" or _has_items(output)):
        return [_answer_of_responses(body, output)]
    if isinstance(output, dict) and isinstance(message := output.get("message"), dict):
        return [answer_in(message, finish=body.get("stopReason"))]
    if body.get("type") == "message" or ("stop_reason" in body and "content" in body):
        return [answer_in({"role": ASSISTANT, "content": body.get("content")}, finish=body.get("stop_reason"))]
    return _native(body)


def answer_in(message: object, *, finish: object = None, which: str = "") -> Answer:
    """The answer that an assistant's message holds; one that was cut off, refused or is empty says so."""
    if isinstance(message, str):
        message = {"role": ASSISTANT, "content": message}
    try:
        turns = read_turns([{"role": ASSISTANT, **message}] if isinstance(message, dict) else message)
    except ValueError as error:
        return Answer(problem=f"{which}{error}")
    spoken = [turn for turn in turns if turn.role == ASSISTANT]
    calls = tuple(call for turn in spoken for call in turn.calls)
    text = "".join(turn.content for turn in spoken)
    ending = str(finish or "").lower()
    if any(turn.is_refusal for turn in spoken) or ending == "refusal":
        return Answer(problem=f"{which}the model refused to answer")
    if ending not in _WHOLE and not (calls and ending in _WITH_CALLS):
        return Answer(problem=f"{which}the answer ended with '{finish}', so it is not whole")
    if not text.strip() and not calls:
        return Answer(problem=f"{which}the assistant's message holds no text")
    return Answer(text, calls)


def given_in(output: object) -> list[Answer]:
    """Answers in whatever was kept of an output: a response, a message, a list of messages, or the text alone."""
    if isinstance(output, str):
        return [answer_in(output)]
    if (answers := answers_in(output)) is not None:
        return answers
    if isinstance(output, dict):
        if output.get("error"):
            return [Answer(problem=failure(output["error"]))]
        for key in ("messages", "message", "output", "content", "text", "generation", "completion"):
            inner = output.get(key)
            if key == "content" and "role" in output:
                return [answer_in(output)]
            if inner:
                return given_in(inner)
        if output.get("tool_calls"):
            return [answer_in(output)]
    if has_messages(output) and isinstance(output, list):
        return [answer_in(output[-1:])]
    return [Answer(problem="its answer holds no message")]


def model_in(*bodies: object) -> str:
    """The first name of a model that these name."""
    for body in bodies:
        if isinstance(body, dict):
            for key in ("model", "modelId", "model_name", "modelVersion", "model_version"):
                if isinstance(name := body.get(key), str) and name:
                    return name
    return ""


def _system(value: object) -> list[Turn]:
    """Anthropic and Bedrock keep the system text beside the messages, as a text or in parts."""
    if isinstance(value, str):
        return [Turn(SYSTEM, value)] if value else []
    return read_turns([{"role": SYSTEM, "content": value}]) if isinstance(value, list) and value else []


def _asked_of_responses(body: Json) -> list[Turn]:
    if body.get("previous_response_id"):
        raise ValueError("it continues an earlier response (previous_response_id), which is not in this row")
    if body.get("conversation"):
        raise ValueError("it continues a stored conversation, which is not in this row")
    return [*_system(body.get("instructions")), *read_turns(body["input"])]


def _has_items(output: Sequence[Any]) -> bool:
    return bool(output) and all(isinstance(item, dict) and isinstance(item.get("type"), str) for item in output)


def _answer_of_responses(body: Json, output: list[Any]) -> Answer:
    details, error = body.get("incomplete_details"), body.get("error")
    if body.get("status") == "failed":
        return Answer(problem=failure(error))
    if body.get("status") == "incomplete":
        reason = details.get("reason") if isinstance(details, dict) else "incomplete"
        return Answer(problem=f"the answer ended with '{reason}', so it is not whole")
    return answer_in(output)


def failure(error: object) -> str:
    """Why there is no answer, with what the provider said."""
    if isinstance(error, dict):
        inner = error.get("error")
        error = error.get("message") or (inner.get("message") if isinstance(inner, dict) else inner)
    message = " ".join(str(error).split())[:120] if isinstance(error, str) and error else ""
    return NO_ANSWER.format(f" ({message})" if message else "")


def _chosen(choice: object, number: int, count: int) -> Answer:
    which = f"choice {number} of {count}: " if count > 1 else ""
    message = choice.get("message", choice.get("text")) if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, (dict, str)):
        return Answer(problem=f"{which}its answer holds no message")
    return answer_in(message, finish=choice.get("finish_reason"), which=which)


def _candidate(candidate: object, number: int, count: int) -> Answer:
    """Answer of Gemini, one of several; one that was stopped may have no content."""
    if not isinstance(candidate, dict):
        return _chosen(None, number, count)
    content = candidate.get("content")
    message = {**(content if isinstance(content, dict) else {"parts": []}), "role": ASSISTANT}
    return _chosen({"message": message, "finish_reason": finish_of(candidate)}, number, count)


def finish_of(candidate: Json) -> object:
    """Return why Gemini stopped, as its API or its SDK spells it."""
    return candidate.get("finishReason", candidate.get("finish_reason"))


def _cohere_history(history: object) -> list[Any]:
    return [
        {"role": turn.get("role"), "content": turn.get("message")}
        for turn in (history if isinstance(history, list) else [])
        if isinstance(turn, dict)
    ]


def _native(body: Json) -> list[Answer] | None:
    """Answers of models that Bedrock calls in their own shapes: Titan, Llama, Mistral, Cohere, and early Claude."""
    for key, text, finish in (
        ("results", "outputText", "completionReason"),
        ("outputs", "text", "stop_reason"),
        ("generations", "text", "finish_reason"),
    ):
        if isinstance(rows := body.get(key), list) and rows and all(isinstance(row, dict) for row in rows):
            return [answer_in(str(row.get(text) or ""), finish=row.get(finish)) for row in rows]
    for text, finish in (("generation", "stop_reason"), ("completion", "stop_reason"), ("text", "finish_reason")):
        if isinstance(answer_text := body.get(text), str):
            return [answer_in(answer_text, finish=body.get(finish))]
    return None
