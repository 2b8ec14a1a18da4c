"""Reads a chat completion's body strictly: what is not known or not supported is refused by its name, never ignored.

Pure. Knows bounds and types; does not know which models there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from serving.openai import ignored_options, response_format
from serving.openai.errors import ApiError
from serving.openai.response_format import OF_TASK, AnswerForm
from web import strict_json

MAX_BODY_BYTES: Final = 1 << 20
MAX_MESSAGES: Final = 256
MAX_STOPS: Final = 4
MAX_STOP_CHARS: Final = 200
LONGEST_ANSWER: Final = 8192
ROLES: Final = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# Options we do not offer, with the value that asks for nothing.
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "n": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "tools": ([],),
    "modalities": (["text"],),
    "logit_bias": ({},),
    "parallel_tool_calls": (True, False),
    "tool_choice": ("none",),
    "functions": ([],),
    "function_call": ("none",),
    "top_logprobs": (0,),
}
KNOWN: Final = frozenset(
    {
        "model",
        "messages",
        "record",
        "stream",
        "stream_options",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "response_format",
        "logprobs",
        "seed",
        "stop",
        *ignored_options.NAMES,
    }
)


@dataclass(frozen=True)
class ChatRequest:
    """Chat request in our words. `max_tokens`, `seed` and `temperature` are None where the client said nothing.

    `unheeded` names the options it gave that change nothing here. `record` is what a router is asked with in place of messages: the
    id of a record, or its facts by name.
    """

    model: str
    messages: list[dict[str, str]]
    stream: bool = False
    include_usage: bool = False
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    logprobs: bool = False
    stop: tuple[str, ...] = ()
    answer_form: AnswerForm = OF_TASK
    unheeded: tuple[str, ...] = ()
    record: str | dict[str, Any] | None = None

    def as_ask(self, model: str) -> dict[str, Any]:
        return {
            "model": model,
            "messages": self.messages,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature or 0.0,
            "top_p": 1.0 if self.top_p is None else self.top_p,
            "seed": self.seed,
            "stop": list(self.stop),
            "stream": self.stream,
            **({"logprobs": True} if self.logprobs else {}),
            **self.answer_form.as_ask(),
        }


def parse_chat_request(content: bytes, *, grammar: str = "") -> ChatRequest:
    """Read a body.

    Args:
        grammar: The header that says what an answer without a format is held to.

    Raises:
        ApiError: 400 or 413; names the option and what it may be.
    """
    body = _json_object(content)
    for name in body:
        if name not in KNOWN:
            _refuse_unless_neutral(name, body[name])
    stream, record = _flag(body, "stream"), _record(body)
    return ChatRequest(
        model=_text(body.get("model"), "model"),
        messages=_messages(body.get("messages")) if record is None else [],
        record=record,
        stream=stream,
        include_usage=_include_usage(body, stream=stream),
        temperature=_number(body, "temperature", 0, 2),
        top_p=_number(body, "top_p", 0, 1, above=True),
        max_tokens=_max_tokens(body),
        seed=_integer(body, "seed", -(1 << 63), (1 << 63) - 1),
        logprobs=_flag(body, "logprobs"),
        stop=_stops(body.get("stop")),
        answer_form=_answer_form(body, grammar),
        unheeded=ignored_options.ignored_options(body),
    )


def _json_object(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BODY_BYTES:
        raise ApiError(413, f"The body is larger than {MAX_BODY_BYTES >> 20} MiB.", code="request_too_large")
    try:
        body = strict_json.parse(content.decode("utf-8"))
        # A lone surrogate passes JSON and is no text.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeError:
        raise ApiError(400, "The body is not valid UTF-8 text.", code="invalid_json") from None
    except ValueError as error:
        raise ApiError(400, f"The body is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object.", code="invalid_json")
    return body


def _refuse_unless_neutral(name: str, value: object) -> None:
    if name not in NEUTRAL:
        raise ApiError(
            400,
            f"Unrecognized request argument: '{name[:80]}'. It is refused rather than ignored.",
            code="unknown_parameter",
            param=name[:80],
        )
    if value is not None and not any(
        value == known and isinstance(value, bool) == isinstance(known, bool) for known in NEUTRAL[name]
    ):
        raise ApiError(
            400,
            f"'{name}' is not supported by miniatures: leave it out{_or_give(name)}.",
            code="unsupported_parameter",
            param=name,
        )


def _or_give(name: str) -> str:
    """Name the neutral value of an option, where there is one."""
    given = NEUTRAL[name][0]
    return f", or give {json.dumps(given)}" if isinstance(given, int | str) else ""


def _record(body: dict[str, Any]) -> str | dict[str, Any] | None:
    record = body.get("record")
    if record is None:
        return None
    if not isinstance(record, str | dict) or not record:
        raise _wrong("record", "must be the id of a record, or an object of its facts")
    if body.get("messages"):
        raise _wrong("messages", "must be empty beside 'record': every model is asked with its own prompt")
    return record


def _messages(value: object) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise _wrong("messages", "must be a list with at least one message")
    if len(value) > MAX_MESSAGES:
        raise _wrong("messages", f"holds more than {MAX_MESSAGES} messages")
    return [_message(message, f"messages[{at}]") for at, message in enumerate(value)]


def _message(value: object, place: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object with role and content")
    role = value.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise _wrong(f"{place}.role", f"must be one of {', '.join(ROLES)}")
    for name in value:
        if name not in ("role", "content") and value[name] not in (None, []):
            raise ApiError(
                400,
                f"'{name[:80]}' in {place} is not supported.",
                code="unsupported_parameter",
                param=f"{place}.{name[:80]}",
            )
    return {"role": ROLES[role], "content": _content(value.get("content"), f"{place}.content")}


def _content(value: object, place: str) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise _wrong(place, "must be text, or a list of text parts")
    for part in value:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise _wrong(place, "may hold parts of the type 'text' only")
    return "".join(part["text"] for part in value)


def _include_usage(body: dict[str, Any], *, stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise _wrong("stream_options", "is only for stream: true")
    if not isinstance(options, dict):
        raise _wrong("stream_options", "must be an object")
    for name in options:
        if name != "include_usage":
            raise ApiError(
                400,
                f"'stream_options.{name[:80]}' is not supported.",
                code="unsupported_parameter",
                param=f"stream_options.{name[:80]}",
            )
    return _flag(options, "include_usage")


def _max_tokens(body: dict[str, Any]) -> int | None:
    known = [_integer(body, name, 1, LONGEST_ANSWER) for name in ("max_completion_tokens", "max_tokens")]
    return next((value for value in known if value is not None), None)


def _answer_form(body: dict[str, Any], grammar: str) -> AnswerForm:
    form = response_format.answer_form(body.get("response_format"), header=grammar)
    if form.kind in ("json_object", "json_schema") and _stops(body.get("stop")):
        raise _wrong("stop", "cannot be combined with response_format: it would cut the answer before it is whole")
    return form


def _stops(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or len(stops) > MAX_STOPS or not all(isinstance(stop, str) for stop in stops):
        raise _wrong("stop", f"must be a text, or a list of up to {MAX_STOPS} texts")
    if any(not stop or len(stop) > MAX_STOP_CHARS for stop in stops):
        raise _wrong("stop", f"texts must have 1 to {MAX_STOP_CHARS} characters")
    return tuple(stops)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(name, "must be a text")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong(name, "must be true or false")
    return bool(value)


def _number(body: dict[str, Any], name: str, low: float, high: float, *, above: bool = False) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not low <= value <= high
        or (above and value <= low)
    ):
        raise _wrong(name, f"must be a number {'above' if above else 'from'} {low} to {high}")
    return float(value)


def _integer(body: dict[str, Any], name: str, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(name, f"must be a whole number from {low} to {high}")
    return value


def _wrong(name: str, says: str) -> ApiError:
    return ApiError(400, f"'{name}' {says}.", code="invalid_value", param=name)
