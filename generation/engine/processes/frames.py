"""Frames over the socket between the engine and a process that makes its calls: JSON, with its length before it.

Both ends are of one release, so that there is no version and no unknown member.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import fields
from typing import Any

from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.contracts import Limits, TeacherSpec
from jobs.contracts import Wire

_LENGTH = struct.Struct("!I")
_REPLY = tuple(field.name for field in fields(Reply))
_ERROR = ("fate", "code", "message", "wait_s", "slow_down", "request_id")


class OpenTeacher(Wire):
    """One teacher as a process opens it. Carries the key: it goes over the socket and nowhere else."""

    teacher: TeacherSpec
    key: str
    sample: list[list[dict[str, str]]]


class Opening(Wire):
    """The first frame: whom calls go to."""

    task: dict[str, Any]
    limits: Limits
    teachers: list[OpenTeacher]


def packed(frame: dict[str, Any]) -> bytes:
    """A frame as bytes. Plain ASCII, so that even half a surrogate pair of a mangled answer arrives as it is."""
    body = json.dumps(frame, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


class FrameWriter:
    """Sends frames of one turn of the event loop together: a system call for many instead of one each."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[bytes] = []

    def put(self, frame: dict[str, Any]) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send)
        self._waiting.append(packed(frame))

    def _send(self) -> None:
        sent, self._waiting = b"".join(self._waiting), []
        if not self._writer.is_closing():
            self._writer.write(sent)


async def read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next frame; None when the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        frame: dict[str, Any] = json.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return frame


def of_question(number: int, question: Question) -> dict[str, Any]:
    """A question without its facts, which no wire format sends."""
    return {
        "number": number,
        "call_id": question.call_id,
        "messages": question.messages,
        "seed": question.seed,
        "repeat": question.repeat,
        "teacher": question.teacher,
        "temperature": question.temperature,
    }


def to_question(frame: dict[str, Any]) -> Question:
    return Question(facts={}, **{name: value for name, value in frame.items() if name != "number"})


def of_reply(number: int, reply: Reply) -> dict[str, Any]:
    return {"number": number, "reply": {name: getattr(reply, name) for name in _REPLY}}


def of_error(number: int, error: CallError) -> dict[str, Any]:
    return {"number": number, "error": {name: getattr(error, name) for name in _ERROR}}


def to_reply(frame: dict[str, Any]) -> Reply:
    """Read the answer to a call.

    Raises:
        CallError: It brought no answer.
        RuntimeError: The process met something nobody had thought of.
    """
    if "reply" in frame:
        values = frame["reply"]
        return Reply(**values | {name: tuple(values[name]) for name in ("flaws", "labelled_defects")})
    if "error" in frame:
        raise CallError(**frame["error"])
    raise RuntimeError(frame["crash"])
