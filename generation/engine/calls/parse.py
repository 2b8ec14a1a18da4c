"""Decides what a paid answer is: a draft, or a failure that costs the same. Pure; knows no network and no file."""

from __future__ import annotations

import json
from dataclasses import dataclass

from generation.engine.clients.interface import Reply
from review.spec.prompting import CompletionError, parse
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from web import strict_json

EXCERPT_CHARS = 1000
LARGEST_DRAFT_BYTES = 64 * 1024
UNFINISHED = {
    "length": ("truncated", "The answer was cut off at the length limit of the call."),
    "context_window": ("context_full", "Prompt and answer together were longer than the model can hold."),
    "content_filter": ("content_filter", "The provider's content filter withheld the answer."),
    "safety": ("safety", "The provider's safety rules withheld the answer."),
    "refusal": ("refused", "The model declined to write this."),
    "tool_use": ("tool_use", "The model called a tool instead of answering."),
    "paused": ("paused", "The model paused before it was done."),
    "failed": ("stopped_short", "The provider broke the answer off."),
}


@dataclass(frozen=True)
class FailedAnswer:
    """A paid answer that is no draft: a stable code, what was wrong, and the beginning of what came."""

    code: str
    message: str
    excerpt: str = ""


@dataclass(frozen=True)
class ParsedAnswer:
    fields: Fields


def parse_answer(task: TaskSpec, reply: Reply) -> ParsedAnswer | FailedAnswer:
    """Read a paid answer by the task's output schema."""
    if reply.unreadable:
        code, _, why = reply.unreadable.partition(": ")
        return FailedAnswer(code, why)
    if damage := decoding_fault(reply.text):
        return FailedAnswer("mis_encoded", damage, excerpt(reply.text))
    if reply.finish in UNFINISHED:
        return FailedAnswer(*UNFINISHED[reply.finish], excerpt(reply.text))
    if reply.finish == "other":
        # It may be a new word for cut off; a draft must not be cut off in silence.
        reason = f"'{reply.stop_reason[:60]}'" if reply.stop_reason else "none was given"
        return FailedAnswer(
            "unknown_stop", f"The reason why the model stopped is not known: {reason}.", excerpt(reply.text)
        )
    if not reply.text.strip():
        return FailedAnswer("empty", "The answer holds no text.")
    try:
        fields = parse(task, reply.text)
    except CompletionError as error:
        return FailedAnswer("malformed", str(error), excerpt(reply.text))
    for path, (mistake,) in strict_json.unstorable_texts(fields, reply.text):
        # It stood there as an escape, which the text itself does not show.
        return FailedAnswer("mis_encoded", f"'{path}': {mistake}", excerpt(reply.text))
    if len(json.dumps(fields, ensure_ascii=False).encode()) > LARGEST_DRAFT_BYTES:
        return FailedAnswer(
            "too_large", f"The draft is larger than {LARGEST_DRAFT_BYTES // 1024} KB.", excerpt(reply.text)
        )
    return ParsedAnswer(fields)


def decoding_fault(text: str) -> str:
    """Why a text must have been decoded wrongly on its way; empty when it looks sound."""
    if "\ufffd" in text:
        return "The text holds replacement characters: it was decoded wrongly before it came."
    if any("\ud800" <= ch <= "\udfff" for ch in text):
        return "The text holds half a surrogate pair: it is not valid Unicode."
    if "\x00" in text:
        return "The text holds a NUL character."
    return "The text is UTF-8 read as Latin-1, such as 'Ã¼' for 'ü'." if _is_read_as_latin(text) else ""


def _is_read_as_latin(text: str) -> bool:
    """Test if undoing a wrong decoding works for the whole text; for honest accented text it almost never does."""
    if text.isascii():
        return False
    for encoding in ("cp1252", "latin-1"):
        try:
            text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return True
    return False


def excerpt(text: str) -> str:
    """The beginning of an answer, safe to write as UTF-8 anywhere."""
    return text[:EXCERPT_CHARS].encode("utf-8", "replace").decode().replace("\x00", "")
