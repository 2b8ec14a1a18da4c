"""Reads a chat completion's body strictly: what is not known or not supported is refused by its name, never ignored.

Pure. Knows bounds and types; does not know which models there are.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from serving.openai import drawing, ignored_options, messages, response_format, values
from serving.openai.drawing import Drawing
from serving.openai.errors import ApiError
from serving.openai.response_format import OF_TASK, AnswerForm
from web import strict_json

MAX_BODY_BYTES: Final = 1 << 20
MAX_STOPS: Final = 4
MAX_STOP_CHARS: Final = 200
MOST_CHOICES: Final = 8
MOST_TOP_LOGPROBS: Final = 20
LONGEST_ANSWER: Final = 8192
# OpenAI's default where several choices are wanted: the likeliest text several times over would be none.
TEMPERATURE_OF_SEVERAL: Final = 1.0
# Options we do not offer, with the values that ask for nothing: OpenAI's, then those of vLLM and llama.cpp.
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "tools": ([],),
    "modalities": (["text"],),
    "parallel_tool_calls": (True, False),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "reasoning_effort": ("none",),
    "verbosity": ("medium",),
    "add_generation_prompt": (True,),
    "best_of": (1,),
    "cache_prompt": (True, False),
    "continue_final_message": (False,),
    "echo": (False,),
    "ignore_eos": (False,),
    "include_stop_str_in_output": (False,),
    "length_penalty": (1,),
    "min_tokens": (0,),
    "mirostat": (0,),
    "repeat_penalty": (1,),
    "skip_special_tokens": (True,),
    "stop_token_ids": ([],),
    "typical_p": (1,),
    "use_beam_search": (False,),
}
NEUTRAL_OF_STREAMS: Final = {"include_obfuscation": (True, False), "continuous_usage_stats": (False,)}
KNOWN: Final = frozenset(
    {
        "model",
        "messages",
        "record",
        "n",
        "stream",
        "stream_options",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "response_format",
        "logprobs",
        "top_logprobs",
        "seed",
        "stop",
        *drawing.NAMES,
        *ignored_options.NAMES,
    }
)


@dataclass(frozen=True)
class ChatRequest:
    """Chat request in our words. `max_tokens`, `seed` and `temperature` are None where the client said nothing.

    `unheeded` names the options it gave that change nothing here. `record` is what a router is asked with in place of
    messages: the id of a record, or its facts by name.
    """

    model: str
    messages: list[dict[str, str]]
    stream: bool = False
    include_usage: bool = False
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    choices: int = 1
    drawing: Drawing = drawing.PLAIN
    logprobs: bool = False
    top_logprobs: int = 0
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
            **({"top_logprobs": self.top_logprobs} if self.top_logprobs else {}),
            **self.drawing.as_ask(),
            **self.answer_form.as_ask(),
        }

    def as_asks(self, model: str) -> list[dict[str, Any]]:
        """Ask for each choice by itself; the first draws as a question for one choice does."""
        ask = self.as_ask(model)
        if self.choices > 1 and self.temperature is None:
            ask["temperature"] = TEMPERATURE_OF_SEVERAL
        return [ask, *({**ask, "seed": _choice_seed(self.seed, at)} for at in range(1, self.choices))]


def parse_chat_request(content: bytes, *, grammar: str = "") -> ChatRequest:
    """Read a body.

    Args:
        grammar: The header that says what an answer without a format is held to.

    Raises:
        ApiError: 400 or 413; names the option and what it may be.
    """
    # A null asks for nothing, whatever option it stands for.
    body = {name: value for name, value in _json_object(content).items() if value is not None}
    for name in body:
        if name not in KNOWN:
            _refuse_unless_neutral(name, body[name])
    logprobs = values.flag(body, "logprobs")
    stream, record = values.flag(body, "stream"), _record(body)
    return ChatRequest(
        model=values.text(body.get("model"), "model"),
        messages=messages.read_messages(body.get("messages")) if record is None else [],
        record=record,
        stream=stream,
        include_usage=_include_usage(body, stream=stream),
        temperature=values.number(body, "temperature", 0, 2),
        top_p=values.number(body, "top_p", 0, 1, above=True),
        max_tokens=_max_tokens(body),
        seed=values.integer(body, "seed", -(1 << 63), (1 << 63) - 1),
        choices=values.integer(body, "n", 1, MOST_CHOICES) or 1,
        drawing=drawing.read_drawing(body),
        logprobs=logprobs,
        top_logprobs=_top_logprobs(body, logprobs=logprobs),
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
    if not _is_among(value, NEUTRAL[name]):
        raise values.unsupported(name, f"'{name}' is not supported by miniatures: leave it out{_or_give(name)}.")


def _is_among(value: object, choices: tuple[Any, ...]) -> bool:
    """Look a value up; `true` is no 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in choices)


def _or_give(name: str) -> str:
    """Name the neutral value of an option, where there is one."""
    neutral = NEUTRAL[name][0]
    return f", or give {json.dumps(neutral)}" if isinstance(neutral, int | str) else ""


def _record(body: dict[str, Any]) -> str | dict[str, Any] | None:
    record = body.get("record")
    if record is None:
        return None
    if not isinstance(record, str | dict) or not record:
        raise values.wrong("record", "must be the id of a record, or an object of its facts")
    if body.get("messages"):
        raise values.wrong("messages", "must be empty if 'record' is set: every model gets its own prompt")
    return record


def _include_usage(body: dict[str, Any], *, stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise values.wrong("stream_options", "is only for stream: true")
    if not isinstance(options, dict):
        raise values.wrong("stream_options", "must be an object")
    for name, value in options.items():
        if name != "include_usage" and value is not None and not _is_among(value, NEUTRAL_OF_STREAMS.get(name, ())):
            option = f"stream_options.{name[:80]}"
            raise values.unsupported(option, f"'{option}' is not supported.")
    return values.flag(options, "include_usage")


def _max_tokens(body: dict[str, Any]) -> int | None:
    limits = [values.integer(body, name, 1, LONGEST_ANSWER) for name in ("max_completion_tokens", "max_tokens")]
    return next((value for value in limits if value is not None), None)


def _top_logprobs(body: dict[str, Any], *, logprobs: bool) -> int:
    count = values.integer(body, "top_logprobs", 0, MOST_TOP_LOGPROBS) or 0
    if count and not logprobs:
        raise values.wrong("top_logprobs", "is only for logprobs: true")
    return count


def _choice_seed(seed: int | None, at: int) -> int | None:
    """Seed a further choice by a hash: it shares its draws with no neighbouring seed's first choice."""
    if seed is None:
        return None
    return int.from_bytes(hashlib.sha256(f"{seed} {at}".encode()).digest()[:5])


def _answer_form(body: dict[str, Any], grammar: str) -> AnswerForm:
    form = response_format.answer_form(body.get("response_format"), header=grammar)
    if form.kind in ("json_object", "json_schema") and _stops(body.get("stop")):
        raise values.wrong(
            "stop", "cannot be combined with response_format: it would cut the answer before it is whole"
        )
    return form


def _stops(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or len(stops) > MAX_STOPS or not all(isinstance(stop, str) for stop in stops):
        raise values.wrong("stop", f"must be a text, or a list of up to {MAX_STOPS} texts")
    if any(not stop or len(stop) > MAX_STOP_CHARS for stop in stops):
        raise values.wrong("stop", f"texts must have 1 to {MAX_STOP_CHARS} characters")
    return tuple(stops)
