"""Messages of any vendor as turns of a conversation: who speaks, the text, tools called and what they gave back.

Roles, texts and tools have a handful of spellings, and logs mix them: a gateway writes one vendor's messages into
another vendor's envelope. One reader of all spellings is therefore shorter, and more often right, than one for each
vendor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web import strict_json

Json = Mapping[str, Any]
SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
ROLES = {
    **dict.fromkeys(("system", "developer", "systemmessage"), SYSTEM),
    **dict.fromkeys(("user", "human", "prompter", "humanmessage", "humanmessagechunk"), USER),
    **dict.fromkeys(
        ("assistant", "ai", "gpt", "bot", "chatbot", "model", "chatgpt", "aimessage", "aimessagechunk"), ASSISTANT
    ),
    **dict.fromkeys(("tool", "function", "observation", "toolmessage", "functionmessage"), TOOL),
    "function_call": ASSISTANT,
}
_CONTENTS = ("content", "contents", "value", "text", "parts")
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_CALLS, _RESULTS = ("functionCall", "function_call"), ("functionResponse", "function_response")
_HOLDING_PARTS = ("toolUse", "toolResult", *_CALLS, *_RESULTS)
# What a model thought before it answered, and marks of a cache: no part of what was said.
_SILENT_PARTS = frozenset(
    {"thinking", "redacted_thinking", "reasoning", "reasoning_content", "reasoningContent", "cachePoint"}
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a model asks for; its arguments are JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message.

    Attributes:
        role: `system`, `user`, `assistant` or `tool`.
        name: The name its author goes by, if any.
        calls: Tools that an assistant asks for.
        result_of: Of a tool's result the id of the call it answers; empty where the log names none.
        is_refusal: Whether the model refused to answer.
    """

    role: str
    content: str = ""
    name: str = ""
    calls: tuple[ToolCall, ...] = ()
    result_of: str = ""
    is_refusal: bool = False

    def as_message(self) -> dict[str, str]:
        """The turn as a message of a conversation; calls stand in its text, one JSON object a line."""
        lines = [self.content] if self.content else []
        lines += [
            json.dumps({"tool": call.name, "arguments": _loaded(call.arguments)}, ensure_ascii=False)
            for call in self.calls
        ]
        return {"role": self.role, "content": "\n".join(lines)}


def read_turns(messages: object) -> list[Turn]:
    """Read a list of messages, one message, or a text, which is a user's.

    Raises:
        ValueError: A message is none, or holds what is no text; says what.
    """
    if isinstance(messages, str):
        return [Turn(USER, messages)] if messages else []
    if isinstance(messages, Mapping):
        messages = [messages]
    if not isinstance(messages, Sequence):
        return []
    if len(messages) == 1 and isinstance(messages[0], list):
        # LangChain keeps a list of conversations, of which a run has one.
        messages = messages[0]
    return merged(turn for message in messages for turn in _turns(message))


def has_messages(value: object) -> bool:
    """Return whether a value is a list of messages, of any vendor."""
    if not isinstance(value, list) or not value:
        return False
    if len(value) == 1 and isinstance(value[0], list):
        return has_messages(value[0])
    return all(isinstance(each, Mapping) and bool(_role_word(_unwrapped(each))) for each in value)


def merged(turns: Iterable[Turn]) -> list[Turn]:
    """Calls that a log lists one by one belong to one turn of the assistant."""
    result: list[Turn] = []
    for turn in turns:
        last = result[-1] if result else None
        if last and turn.calls and not turn.content and last.role == ASSISTANT and (last.calls or last.content):
            result[-1] = Turn(ASSISTANT, last.content, last.name, last.calls + turn.calls)
        else:
            result.append(turn)
    return result


def require_tool_results(turns: Sequence[Turn]) -> None:
    """Refuse a conversation that lacks the result of a tool, or holds one that nothing asked for.

    Raises:
        ValueError: Names the call.
    """
    waiting: dict[str, None] = {}
    called: set[str] = set()
    for turn in turns:
        for place, call in enumerate(turn.calls, 1):
            waiting[call.id or f"{call.name} ({place})"] = None
            called.add(call.id)
        if turn.role != TOOL:
            continue
        if turn.result_of and turn.result_of not in called:
            raise ValueError(f"the tool's result for {turn.result_of} answers no call of this conversation")
        # A result without an id answers the oldest call.
        waiting.pop(turn.result_of or next(iter(waiting), ""), None)
    if waiting:
        raise ValueError(f"the tool's result for {next(iter(waiting))} is missing")


def _turns(message: object) -> Iterator[Turn]:
    if isinstance(message, str):
        yield Turn(USER, message)
        return
    if not isinstance(message, Mapping):
        raise ValueError(f"a message is {_kind(message)}, expected an object with a role and a content")
    message = _unwrapped(message)
    kind = message.get("type")
    if kind in _SILENT_PARTS:
        return
    if kind in ("function_call", "custom_tool_call"):
        call_id = str(message.get("call_id") or message.get("id") or "")
        yield Turn(
            ASSISTANT, calls=(_call(call_id, message.get("name"), message.get("arguments", message.get("input"))),)
        )
        return
    if kind in ("function_call_output", "custom_tool_call_output"):
        yield Turn(TOOL, _text(message.get("output"), TOOL), result_of=str(message.get("call_id") or ""))
        return
    word = _role_word(message)
    if word not in ROLES:
        if isinstance(kind, str) and not word:
            raise ValueError(f"it holds a '{kind}', whose text is not in the log")
        raise ValueError(f"a message has the role '{word}', which is unknown" if word else "a message has no role")
    yield from _spoken(message, ROLES[word], word)


def _spoken(message: Json, role: str, word: str) -> Iterator[Turn]:
    content = next((message[key] for key in _CONTENTS if key in message), None)
    if word == "function_call" and isinstance(content, str):
        yield Turn(ASSISTANT, calls=(_call_in_text(content),))
        return
    parts, calls = content, [_openai_call(call) for call in _list(message.get("tool_calls"))]
    if isinstance(function := message.get("function_call"), Mapping):
        calls.append(_call("", function.get("name"), function.get("arguments")))
    if isinstance(content, list):
        parts = []
        for part in content:
            kind, inner = _part(part)
            if kind in ("tool_use", "toolUse", *_CALLS):
                arguments = inner.get("input", inner.get("args"))
                calls.append(_call(inner.get("id") or inner.get("toolUseId"), inner.get("name"), arguments))
            elif kind in _RESULTS:
                given = json.dumps(inner.get("response"), ensure_ascii=False)
                yield Turn(TOOL, given, result_of=str(inner.get("id") or ""))
            elif kind in ("tool_result", "toolResult"):
                result_of = str(inner.get("tool_use_id") or inner.get("toolUseId") or "")
                yield Turn(TOOL, _text(inner.get("content"), TOOL), result_of=result_of)
            else:
                parts.append(part)
        if not parts and not calls:
            return
    name = message.get("name")
    answers_call = message.get("tool_call_id") if role == TOOL else ""
    is_refusal = bool(message.get("refusal")) or (
        isinstance(parts, list) and any(_part(part)[0] == "refusal" for part in parts)
    )
    text = "" if is_refusal else _text(parts, word if role != ASSISTANT else ASSISTANT)
    yield Turn(role, text, name if isinstance(name, str) else "", tuple(calls), str(answers_call or ""), is_refusal)


def _role_word(message: Json) -> str:
    for key in ("role", "from"):
        if isinstance(word := message.get(key), str):
            return word.lower()
    # LangChain tells roles by type, and Responses has items whose type alone says what they are.
    kind = message.get("type")
    return kind.lower() if isinstance(kind, str) and kind.lower() in ROLES and kind != "function_call" else ""


def _unwrapped(message: Json) -> Json:
    """The message in the envelope of LangChain's serialisation or of OpenInference."""
    inner = message.get("kwargs")
    if isinstance(inner, Mapping) and isinstance(path := message.get("id"), list) and path:
        return {"role": str(path[-1]), **inner}
    if isinstance(inner := message.get("data"), Mapping) and isinstance(message.get("type"), str):
        return {"role": message["type"], **inner}
    if isinstance(inner := message.get("message"), Mapping) and "role" not in message:
        return inner
    return message


def _text(content: object, speaker: str) -> str:
    """All of a text, which may come in parts; ValueError where a part is no text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False)
    texts: list[str] = []
    for part in content:
        kind, inner = _part(part)
        if kind in _SILENT_PARTS:
            continue
        if kind == "json" and speaker == TOOL:
            texts.append(json.dumps(inner.get("json"), ensure_ascii=False))
        elif kind in _TEXT_PARTS and isinstance(inner.get("text"), str):
            texts.append(inner["text"])
        else:
            raise ValueError(f"the {speaker}'s message holds a part of type '{kind}'; this task takes texts alone")
    # An answer is cut into blocks in the middle of sentences (citations); what is asked has a block for each paragraph.
    return ("" if speaker == ASSISTANT else "\n").join(texts)


def _part(part: object) -> tuple[str, Json]:
    """The kind of a part of a message and what it holds; parts of Bedrock and Gemini are told by their one key."""
    if isinstance(part, str):
        return "text", {"text": part}
    if not isinstance(part, Mapping):
        return _kind(part), {}
    if isinstance(inner := part.get("message_content"), Mapping):
        return _part(inner)
    if isinstance(kind := part.get("type"), str):
        return kind, part
    if part.get("thought") is True:
        # Gemini marks so what it thought.
        return "thinking", part
    for kind in ("text", "json", *_HOLDING_PARTS, "reasoningContent", "cachePoint"):
        # The SDK of Gemini writes names without a value.
        if (held := part.get(kind)) is not None:
            return kind, held if isinstance(held, Mapping) and kind in _HOLDING_PARTS else part
    return next(iter(part), "object"), part


def _openai_call(call: object) -> ToolCall:
    if not isinstance(call, Mapping):
        raise ValueError(f"a tool call is {_kind(call)}, expected an object")
    if isinstance(inner := call.get("tool_call"), Mapping):
        call = inner
    function = call.get("function")
    source: Json = function if isinstance(function, Mapping) else call
    return _call(call.get("id"), source.get("name"), source.get("arguments", source.get("args")))


def _call(call_id: object, name: object, arguments: object) -> ToolCall:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(str(call_id or ""), str(name or ""), written)


def _call_in_text(text: str) -> ToolCall:
    """A call as ShareGPT files write it: its name and arguments as JSON."""
    held = _loaded(text)
    if isinstance(held, Mapping):
        return _call("", held.get("name"), held.get("arguments", held.get("parameters")))
    return ToolCall("", "", text)


def _loaded(text: str) -> Any:
    try:
        return strict_json.parse(text)
    except ValueError:
        return text


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "a boolean", dict: "an object"}
    return names.get(type(value), "null")
